"""What the views of coverage, of clock changes and of rest show."""

import csv
import io
import re

import pytest
from webtest import TestApp

from ftlcommon.sentences import WEEKDAYS
from ftlserver.domain import instants
from ftlserver.domain.instants import DAY, HOUR
from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from ftlserver.web.middleware import Policy
from tests.helpers import EGON, GLINDA, ask, make_token
from tests.server.web.pages.conftest import FORM, QUIET, period

BOTH = f"{EGON.id},{GLINDA.id}"
REFUSAL = "The rest of others is shown to the scope admin alone, which no page has"


def cells(text: str, caption: str) -> list[list[str]]:
    """Return the rows of the table of a page whose caption begins so, without markup."""
    (table,) = re.findall(rf"<caption>{re.escape(caption)}.*?</table>", text, re.DOTALL)
    rows = re.findall(r"<tr>(.*?)</tr>", table.partition("<tbody>")[2], re.DOTALL)
    return [[re.sub("<[^>]*>", "", cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", row)] for row in rows]


def test_a_coverage_has_its_gaps_its_week_and_its_hand_overs(browser: TestApp, today: Storage) -> None:
    noon = (instants.now() // DAY - 3) * DAY + 12 * HOUR  # when Glinda leaves
    today.bulk_import.store([], [period(EGON, noon - HOUR, noon + 2 * HOUR)])
    text = browser.get("/coverage", {"members": BOTH}).text
    answer = browser.get("/coverage.json", {"members": BOTH}).json
    covered, in_gaps, counted = cells(text, "Time with anyone active")
    assert (covered[0], in_gaps[0], counted[:2]) == ("Covered", "In gaps", ["Counted in all", counted[1]])
    gaps = cells(text, "Gaps")
    assert len(gaps) == len(answer["gaps"]) > 5
    left = [gap[3] for gap in gaps[1:]]
    assert (left.count(EGON.real_name), left.count(GLINDA.real_name)) == (1, len(left) - 1)
    assert [row[0] for row in cells(text, "Covered share of each hour")] == list(WEEKDAYS)
    assert cells(text, "Hand-overs") == [[GLINDA.real_name, EGON.real_name, "1", "1:00"]]
    rows = list(csv.reader(io.StringIO(browser.get("/coverage.csv", {"members": BOTH}).text)))
    assert rows[0] == ["start_time", "end_time", "seconds", "left_last", "came_first"]
    assert len(rows) == 1 + len(gaps)


def test_a_coverage_counts_neither_what_is_meant_nor_fewer_than_so_many(browser: TestApp) -> None:
    text = browser.get("/coverage", {"members": BOTH, "quiet": "Mon-Sun 20:00-06:00", "at_most": "1"}).text
    assert "Gaps in Mon-Sun 20:00-06:00 are meant and not counted; of all 24 hours, " in text
    assert cells(text, "Gaps; gaps in Mon-Sun 20:00-06:00 are meant and do not count")
    assert cells(text, "Time with more than 1 active")[3][0] == "Covered of all 24 hours"
    night = [row[1] for row in cells(text, "Covered share of each hour")]
    assert night == [""] * 7


def test_clock_changes_say_whose_and_what_becomes_of_the_overlap(browser: TestApp) -> None:
    window = {"members": BOTH, "weeks": "53"}
    text = browser.get("/clock-changes", window).text
    answer = browser.get("/clock-changes.json", window).json
    changes = cells(text, "Clock changes ahead, in UTC")
    assert len(changes) == len(answer["changes"]) >= 2
    assert {row[1] for row in changes} == {EGON.tz}
    assert {row[-1] for row in changes} == {EGON.real_name}
    assert "from the activity of " in text


def test_times_to_meet_in_turn_say_how_often_each_member_is_outside_their_hours(browser: TestApp) -> None:
    asked = {"members": BOTH, "rotate": "3"}
    rotation = browser.get("/meeting.json", asked).json["rotation"]
    rows = cells(browser.get("/meeting", asked).text, "In turn: no member is outside ")
    shares = {member["id"]: member["outside_share"] for member in rotation["members"]}
    names = {user.real_name: user.id for user in (EGON, GLINDA)}
    assert {names[row[0]]: row[-1] for row in rows} == {id_: f"{share:.0%}" for id_, share in shares.items()}
    assert {len(row) for row in rows} == {1 + 3 + 1}
    written = list(csv.DictReader(io.StringIO(browser.get("/meeting.csv", asked).text)))
    assert {row["user_id"]: float(row["outside_share"]) for row in written} == shares
    assert len(written) == 2 * 3


def test_a_standing_meeting_says_when_it_moves_for_whom(browser: TestApp) -> None:
    asked = {"members": BOTH, "meeting": "Tue 17:00 Europe/Berlin"}
    text = browser.get("/clock-changes", asked).text
    meeting = browser.get("/clock-changes.json", asked).json["meeting"]
    egon, _ = cells(text, "Tuesday 17:00 Europe/Berlin, 60 minutes: moves ")
    assert egon[0] == EGON.real_name
    moved = [", was " in cell for cell in egon[1:]]
    assert moved == [False, *(EGON.id in move["moved"] for move in meeting["moves"])]
    assert sum(moved) >= 2
    assert re.fullmatch(r"0[789]:00 \w+, was 0[789]:00", egon[1 + moved.index(True)])
    rows = list(csv.DictReader(io.StringIO(browser.get("/clock-changes.csv", asked).text)))
    assert len(rows) == 2 * len(moved)


def test_rest_has_a_row_for_each_member_on_their_own_clock(browser: TestApp) -> None:
    named = {"members": f"{GLINDA.id},{QUIET.id}"}
    text = browser.get("/rest", named).text
    assert "on each member&#039;s own clock" in text
    (member, _) = ask(browser, "rest", id_list=[GLINDA.id, QUIET.id])["members"]
    glinda, quiet = cells(text, "Rest and load")
    assert (glinda[0], glinda[2]) == (GLINDA.real_name, str(member["active_days"]))
    assert glinda[9] == str(member["days_in_a_row"]["days"])
    assert quiet == [QUIET.real_name, "0:00", "0", *["-"] * 8]
    assert "times in Asia/Tokyo" in browser.get("/rest", named | {"zone": "Asia/Tokyo"}).text


def logged_in(storage: Storage, *scopes: str, **bound: object) -> TestApp:
    """Return a browser that is logged in with a new token."""
    secret = make_token(storage, *scopes, **bound)["Authorization"].removeprefix("Bearer ")
    app = TestApp(create_app(storage), extra_environ={"HTTP_HOST": "localhost:80"})
    assert app.post("/login", {"token": secret, "next": "/"}, headers=FORM).status_int == 303
    return app


@pytest.mark.parametrize("scope", ["read", "admin"])
def test_the_rest_of_everybody_is_refused_with_a_sentence(today: Storage, scope: str) -> None:
    app = logged_in(today, scope)
    for path in ("/rest", "/rest.csv", "/rest.json", f"/rest?members={EGON.id}"):
        answer = app.get(path, expect_errors=True)
        assert (answer.status_int, answer.content_type) == (403, "text/html")
        assert REFUSAL in answer.text
        assert "<table" not in answer.text
    assert '<form class="question"' in app.get("/rest", expect_errors=True).text


def test_who_is_bound_to_themselves_sees_their_own_rest(today: Storage) -> None:
    app = logged_in(today, "read", users=(GLINDA.id,))
    assert [row[0] for row in cells(app.get("/rest").text, "Rest and load")] == [GLINDA.real_name]
    assert app.get("/rest", {"members": EGON.id}, expect_errors=True).status_int == 404


def test_a_reader_without_a_token_is_asked_for_one(today: Storage) -> None:
    make_token(today, "read")
    app = TestApp(create_app(today, Policy(public_read=True)), extra_environ={"HTTP_HOST": "localhost:80"})
    assert app.get("/coverage").status_int == 200
    answer = app.get("/rest", expect_errors=True)
    assert (answer.status_int, answer.forms[0].action) == (401, "/login")
