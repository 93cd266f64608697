"""Every page: complete without script, its form as it was filled in, its links, its policy."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from webtest import TestApp

from ftlserver.domain import instants
from ftlserver.domain.instants import HOUR
from ftlserver.domain.team import Team
from ftlserver.domain.user import User
from ftlserver.errors import DatabaseError
from ftlserver.storage import Storage
from ftlserver.web import responses
from ftlserver.web.app import PAGES, Route, create_app
from ftlserver.web.pages import tables, views
from ftlserver.web.pages import visit as visits
from ftlserver.web.pages.visit import POLICY
from tests.campaigns.fuzz import STRINGS, TIMES
from tests.helpers import EGON, GLINDA, ask
from tests.server.web.pages.conftest import HOSTILE, QUIET, period

VIEWS = [view.path for view in views.VIEWS]
ALL = ["/", *VIEWS, f"/members/{EGON.id}", "/login"]


class Page(HTMLParser):
    """The addresses, the fields and the tables of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.values: dict[str, str] = {}
        self.tags: list[str] = []
        self._select = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append(tag)
        assert not [name for name in found if name.startswith("on") or name == "style"], (tag, found)
        self.addresses += [value for name in ("href", "src", "action") if (value := found.get(name))]
        if tag == "input":
            self.values[found["name"] or ""] = found.get("value") or ""
        elif tag == "select":
            self._select = found["name"] or ""
        elif tag == "option" and "selected" in found:
            self.values[self._select] = found.get("value") or ""


@pytest.mark.parametrize("path", ALL)
def test_every_link_of_every_page_leads_somewhere(browser: TestApp, path: str) -> None:
    page = Page(browser.get(path).text)
    assert len(page.addresses) > 4
    for address in sorted({urljoin(path, address).split("#")[0] for address in page.addresses} - {"/logout"}):
        assert address.startswith("/")
        assert browser.get(address).status_int == 200, address


@pytest.mark.parametrize("path", ALL)
def test_a_page_has_one_heading_landmarks_a_skip_link_and_captions(browser: TestApp, path: str) -> None:
    text = browser.get(path).text
    tags = Page(text).tags
    assert [tags.count(tag) for tag in ("h1", "main", "header", "footer", "title")][:4] == [1, 1, 1, 1]
    assert tags.count("table") == tags.count("caption")
    assert '<a class="skip" href="#content">' in text
    assert text.startswith('<!doctype html>\n<html lang="en">')
    labelled = set(re.findall(r'<label for="(\w+)"', text))
    assert labelled == set(re.findall(r'<(?:input|select) id="(\w+)"', text))


@pytest.mark.parametrize("path", ALL)
def test_a_page_has_a_strict_policy_and_names_no_other_host(browser: TestApp, path: str) -> None:
    answer = browser.get(path)
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert "'unsafe" not in POLICY
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert re.findall(r"https?://[^\s\"'<]+", answer.text) == []
    assert re.findall(r"<script(?![^>]* src=)", answer.text) == []


@pytest.mark.parametrize("path", ["/", *VIEWS, f"/members/{EGON.id}"])
def test_a_browser_asks_again_and_is_not_sent_the_same_page(browser: TestApp, path: str) -> None:
    answer = browser.get(path)
    tag = answer.headers["ETag"]
    assert answer.headers["Cache-Control"] == "private, no-cache"
    for sent in (tag, f"W/{tag}", f'"x", {tag}'):
        again = browser.get(path, headers={"If-None-Match": sent})
        if again.headers["ETag"] == tag:  # unless a minute has begun since
            assert (again.status_int, again.body) == (304, b"")
    assert browser.get(path, headers={"If-None-Match": '"x"'}).status_int == 200
    assert browser.head(path).status_int == 200


@pytest.mark.parametrize("path", ALL)
def test_another_method_is_refused_with_a_page(browser: TestApp, path: str) -> None:
    for method in ("PUT", "DELETE", "OPTIONS"):
        answer = browser.request(path, method=method, expect_errors=True)
        assert (answer.status_int, answer.content_type) == (405, "text/html")
        assert "GET" in answer.headers["Allow"]


def test_an_unknown_page_is_html_for_a_browser_and_json_for_a_program(browser: TestApp) -> None:
    assert browser.get("/nothing", expect_errors=True).json["error"] == "not_found"
    answer = browser.get("/nothing", headers={"Accept": "text/html,*/*"}, expect_errors=True)
    assert (answer.status_int, answer.content_type) == (404, "text/html")
    api = browser.get("/api/nothing", headers={"Accept": "text/html"}, expect_errors=True)
    assert api.json["error"] == "not_found"


@pytest.mark.parametrize("path", ["/", *VIEWS])
def test_a_hostile_name_is_text_everywhere(browser: TestApp, path: str) -> None:
    text = browser.get(path).text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text or path in ("/overlap", "/meeting", "/clock-changes")
    hostile = browser.get("/members/x.y@z%2B1")
    assert "<script>alert" not in hostile.text
    assert "{{1+1}}" in hostile.text.replace("&#039;", "'")


def test_what_was_filled_in_is_text_and_stays(browser: TestApp) -> None:
    filled = {
        "from": '2026-11-"><script>',
        "to": "x",
        "zone": "'\"<b>",
        "members": '"><img src=x onerror=alert(1)>',
        "team": "<i>",
    }
    for path in VIEWS:
        answer = browser.get(path, filled, expect_errors=True)
        assert answer.status_int in (400, 404, 422)
        assert not re.search(r"<(script>|b>|i>|img)", answer.text)
        assert {name: Page(answer.text).values[name] for name in filled} == filled


@pytest.mark.parametrize(
    ("filled", "status", "sentence"),
    [
        ({"from": "2026-02-30"}, 400, "From is not a date on the calendar; write it as 2026-11-25"),
        ({"to": "1969-12-31"}, 400, "To must lie between 1970 and 9998"),
        ({"from": "2026-01-02", "to": "2026-01-01"}, 400, "The window is empty"),
        ({"zone": "Europe/Nowhere"}, 422, "zone"),
        ({"team": "nobody"}, 404, "There is no such team."),
        ({"members": "Egon Spenglar"}, 404, "No such member: Egon Spenglar; did you mean Egon Spengler"),
        ({"members": "g"}, 400, "G may be "),
        ({"members": EGON.id, "team": "backend"}, 400, "Choose a team, or name members; not both"),
        ({"page": "7"}, 400, "There is no such page"),
        ({"page": "x"}, 400, "There is no such page"),
    ],
)
def test_a_refusal_is_one_sentence_above_the_form_as_it_was(
    browser: TestApp, filled: dict[str, str], status: int, sentence: str
) -> None:
    for path in VIEWS:
        answer = browser.get(path, filled, expect_errors=True)
        assert answer.status_int == status
        assert sentence in answer.text.replace("&#039;", "'")
        assert 'role="alert"' in answer.text
        values = Page(answer.text).values
        assert {name: values.get(name, text) for name, text in filled.items()} == filled
        assert "ETag" not in answer.headers


@pytest.mark.parametrize(
    ("path", "filled", "sentence"),
    [
        ("/overlap", {"at_least": "x"}, "At least must be a whole number"),
        ("/overlap", {"at_least": "99"}, "At least: min_members is 99"),
        ("/coverage", {"at_most": "-1"}, "At most must be a whole number"),
        ("/coverage", {"at_most": "99"}, "At most: max_members is 99"),
        ("/coverage", {"quiet": "at noon"}, "Hours in which gaps are meant: "),
        ("/clock-changes", {"weeks": "54"}, "Weeks ahead: expected at most 53"),
        ("/clock-changes", {"meeting": "soon"}, "Standing meeting: expected a weekday, a time and a zone"),
        ("/meeting", {"minutes": "1"}, "minutes: expected at least 15"),
        ("/meeting", {"week": "soon"}, "week: expected a time"),
        ("/summary", {"per": "year"}, "Per is day, week or month"),
        ("/timeline", {"unknown": "1"}, "query string"),
    ],
)
def test_a_field_of_one_view_is_checked(
    browser: TestApp, path: str, filled: dict[str, str], sentence: str
) -> None:
    answer = browser.get(path, filled, expect_errors=True)
    assert answer.status_int == 400
    assert sentence.lower() in answer.text.lower()


FIELDS = {
    "from": st.sampled_from([*TIMES, "2026-11-01"]),
    "to": st.sampled_from([*TIMES, "2026-11-02"]),
    "zone": st.sampled_from([*STRINGS, "Pacific/Apia", "Africa/Monrovia"]),
    "members": st.sampled_from([*STRINGS, EGON.id, "glinda", f"{EGON.id},{GLINDA.id}"]),
    "team": st.sampled_from([*STRINGS, "backend"]),
    "page": st.sampled_from([*STRINGS, "1"]),
    "per": st.sampled_from(["day", "week", "month"]),
    "at_least": st.sampled_from([*STRINGS, "1", "0", "1001"]),
    "at_most": st.sampled_from([*STRINGS, "0", "1"]),
    "quiet": st.sampled_from([*STRINGS, "Sat-Sun"]),
    "weeks": st.sampled_from(["1", "53", "0", "54", "x"]),
    "meeting": st.sampled_from([*STRINGS, "Tue 17:00 Europe/Berlin"]),
    "week": st.sampled_from(TIMES),
    "minutes": st.sampled_from(["15", "1440", "0", "-1", "1e9", "٣"]),
    "rotate": st.sampled_from(["2", "12", "1", "x"]),
}


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(PAGES), st.fixed_dictionaries({}, optional=FIELDS))
def test_no_form_is_an_unexpected_error(browser: TestApp, page: Route, filled: dict[str, str]) -> None:
    known = {name: value.encode(errors="surrogatepass") for name, value in filled.items() if name in page.query}
    path = f"{sample(page.path)}?{urlencode(known)}"
    answer = browser.request(
        path, method=page.method, headers={"Sec-Fetch-Site": "same-origin"}, expect_errors=True
    )
    assert answer.status_int < 500


def test_a_field_given_twice_is_refused(browser: TestApp) -> None:
    assert browser.get("/timeline?zone=UTC&zone=UTC", expect_errors=True).status_int == 400
    assert browser.get("/?zone=%ff", expect_errors=True).status_int == 400


def test_members_are_named_by_ids_names_and_parts_of_names(browser: TestApp) -> None:
    text = browser.get("/timeline", {"members": f" spengler ,{GLINDA.id},"}).text
    assert EGON.real_name in text
    assert GLINDA.real_name in text
    assert HOSTILE.id not in text
    quiet = browser.get("/summary", {"members": QUIET.id}).text
    assert QUIET.real_name in quiet  # who is named is there also without activity


def test_the_window_is_the_last_7_days_in_the_zone_of_the_team_and_says_so(browser: TestApp) -> None:
    answer = browser.get("/timeline")
    assert "times in UTC" in answer.text
    values = Page(answer.text).values
    assert values["from"] < values["to"]
    assert "times in America/Los_Angeles" in browser.get("/timeline", {"members": EGON.id}).text
    assert "times in Asia/Tokyo" in browser.get("/timeline", {"team": "backend", "zone": "Asia/Tokyo"}).text
    assert "on each member&#039;s own clock" in browser.get("/hours").text


@pytest.mark.parametrize("path", VIEWS)
def test_csv_and_json_have_the_data_of_the_page(browser: TestApp, path: str) -> None:
    answer = browser.get(f"{path}.csv", {"team": "backend"})
    assert answer.content_type == "text/csv"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{path[1:]}.csv"'
    head, *rows = csv.reader(io.StringIO(answer.text))
    assert rows
    assert all(len(row) == len(head) for row in rows)
    document = browser.get(f"{path}.json", {"team": "backend"}).json
    assert document["ok"]
    assert document.get("members") or document.get("slots")


def test_the_json_of_a_page_is_the_answer_of_the_api(browser: TestApp) -> None:
    window = {"from": "2020-01-01", "to": "2020-12-31", "zone": "UTC", "members": EGON.id}
    asked = {"id_list": [EGON.id], "from": "2020-01-01", "to": "2021-01-01", "tz": "UTC"}
    assert browser.get("/hours.json", window).json == ask(browser, "hours", **asked)


def test_a_name_is_no_formula_in_a_csv(browser: TestApp, today: Storage) -> None:
    today.users.change(QUIET.id, {"real_name": "=1+1"})
    assert "'=1+1" in browser.get("/summary.csv", {"members": QUIET.id}).text


def test_refused_data_is_a_page_too(browser: TestApp) -> None:
    answer = browser.get("/timeline.csv", {"members": "nobody"}, expect_errors=True)
    assert (answer.status_int, answer.content_type) == (404, "text/html")


def test_a_bad_date_on_the_page_of_a_member_is_one_sentence(browser: TestApp) -> None:
    answer = browser.get(f"/members/{EGON.id}", {"from": "soon"}, expect_errors=True)
    assert (answer.status_int, "From is not a date" in answer.text) == (400, True)
    assert Page(answer.text).values["from"] == "soon"


def test_too_many_names_are_refused(browser: TestApp) -> None:
    names = ",".join(f"u{number}" for number in range(1_001))
    answer = browser.get("/timeline", {"members": names}, expect_errors=True)
    assert (answer.status_int, "at most 1,000 members can be named" in answer.text.lower()) == (400, True)


def test_a_window_that_begins_in_the_future_is_as_long_as_ever(browser: TestApp) -> None:
    assert "2126-01-01 to 2126-01-07" in browser.get("/timeline", {"from": "2126-01-01"}).text


def test_a_meeting_far_ahead_names_the_clock_changes_until_then(browser: TestApp) -> None:
    week = (datetime.now(UTC) + timedelta(days=300)).date().isoformat()
    text = browser.get("/meeting", {"members": f"{EGON.id},{GLINDA.id}", "week": week}).text
    assert "Clock changes until then, in UTC" in text
    assert "UTC-07:00" in text


def test_of_many_members_those_pairs_are_shown_that_share_most(browser: TestApp, today: Storage) -> None:
    now = instants.now()
    users = [User(f"u{number}", f"User {number}", "UTC") for number in range(14)]
    periods = [period(user, now - (number + 2) * HOUR, now - HOUR) for number, user in enumerate(users)]
    today.bulk_import.store(users, periods)
    text = browser.get("/overlap", {"members": ",".join(user.id for user in users)}).text
    assert "The pairs that were active together longest" in text
    assert re.search(r"User 12</a></th><td><a [^>]*>User 13</a></td><td class=.number.>13:00", text)


def test_an_answer_that_is_too_large_for_a_table_is_refused_and_streams_as_json(
    browser: TestApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(responses, "LONGEST_WHOLE", 500)
    monkeypatch.setattr(visits, "LARGEST_ANSWER", 1_000)
    for path in ("/timeline", "/timeline.csv"):
        answer = browser.get(path, expect_errors=True)
        assert (answer.status_int, "This is too much for a table" in answer.text) == (400, True)
    assert browser.get("/timeline.json").json["ok"]
    monkeypatch.setattr(visits, "LARGEST_ANSWER", 1_000_000)
    assert "Glinda Southgood" in browser.get("/timeline").text


def test_a_timeline_of_many_periods_is_a_table_of_days(browser: TestApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST_ROWS", 3)
    text = browser.get("/timeline").text
    assert "Active hours and minutes per day" in text
    assert "CSV and JSON have the " in text
    many = browser.get("/timeline", {"members": GLINDA.id}).text
    assert "The first 3 of " in many


def test_an_empty_server_says_how_to_fill_it(sqlite_storage: Storage) -> None:
    app = TestApp(create_app(sqlite_storage))
    for path in ("/", *VIEWS):
        assert "There are no members here yet" in app.get(path).text


@pytest.mark.parametrize("path", ["/", *VIEWS])
def test_a_team_without_members_is_empty(browser: TestApp, today: Storage, path: str) -> None:
    today.teams.add(Team("empty", "Empty"))
    assert "There are no members here yet" in browser.get(path, {"team": "empty"}).text
    assert browser.get(f"{path if path != '/' else '/board'}.csv", {"team": "empty"}).status_int == 200


def test_a_window_without_activity_says_so(browser: TestApp) -> None:
    text = browser.get("/timeline", {"from": "2001-01-01", "to": "2001-01-02"}).text
    assert "None of the 4 members was active in this window" in text


def test_a_failing_database_is_a_page(browser: TestApp, today: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object) -> None:
        raise DatabaseError("database_busy", "the database is busy", "x", "secret")

    monkeypatch.setattr(today.users, "find_many", fail)
    answer = browser.get("/timeline", expect_errors=True)
    assert (answer.status_int, answer.headers["Retry-After"], answer.content_type) == (503, "1", "text/html")
    assert "secret" not in answer.text
    monkeypatch.setattr(today.users, "find_many", lambda *_: 1 / 0)
    answer = browser.get("/timeline", expect_errors=True)
    assert (answer.status_int, answer.content_type) == (500, "text/html")


def test_files_are_named_by_their_content_and_kept(browser: TestApp) -> None:
    files = [address for address in Page(browser.get("/").text).addresses if address.startswith("/static/")]
    assert len(files) == 3
    types = set()
    for address in files:
        answer = browser.get(address)
        types.add(answer.content_type)
        assert re.fullmatch(r"/static/\w+-[0-9a-f]{16}\.\w+", address)
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert len(answer.body) < 32_000
    assert types == {"text/css", "text/javascript", "image/svg+xml"}
    for name in ("page.css", "..%2f__init__.py", "page-0.css", "%00"):
        assert browser.get(f"/static/{name}", expect_errors=True).status_int == 404


def test_the_script_is_short_and_runs_no_text(browser: TestApp) -> None:
    address = next(a for a in Page(browser.get("/").text).addresses if a.endswith(".js"))
    script = browser.get(address).text
    assert len(script.splitlines()) < 200
    for word in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "Function(",
        "import(",
    ):
        assert word not in script


def sample(path: str) -> str:
    return path.replace("<user_id>", EGON.id).replace("<name>", "x")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.method} {page.path}")
def test_an_unknown_field_of_a_query_string_is_refused(browser: TestApp, page: Route) -> None:
    headers = {"Sec-Fetch-Site": "same-origin"}
    answer = browser.request(
        f"{sample(page.path)}?canary=1", method=page.method, headers=headers, expect_errors=True
    )
    assert (answer.status_int, answer.content_type) == (400, "text/html")
    assert "query string" in answer.text


def test_the_table_of_pages_names_every_page_once() -> None:
    assert len({(page.method, page.path) for page in PAGES}) == len(PAGES)
    assert {page.scope for page in PAGES} == {"read", None}
    assert [page.path for page in PAGES if page.scope is None] == ["/login", "/login", "/logout", "/static/<name>"]
