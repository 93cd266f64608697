"""Feeds: what a calendar or a page elsewhere fetches, at an address that contains the secret of its token."""

import logging
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import icalendar
import pytest
import recurring_ical_events
from webtest import TestApp, TestResponse

from ftlserver.commands import sample_data
from ftlserver.domain import instants, timezones
from ftlserver.domain.period import ActivityPeriod
from ftlserver.domain.token import FEEDS
from ftlserver.domain.user import User
from ftlserver.questions import limits
from ftlserver.storage import Storage
from ftlserver.web import auth
from ftlserver.web.app import ROUTES, create_app
from ftlserver.web.middleware import Policy
from tests.helpers import ask, at, make_feed, make_team, make_token, send

NOW = at("2026-10-21T12:00:00Z")  # a Wednesday, four days before Europe's clocks go back
CALENDARS = [view for view in FEEDS if view.endswith(".ics")]


@pytest.fixture(autouse=True)
def _wednesday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instants, "now", lambda: NOW)
    monkeypatch.setattr(limits, "EVENTS", 50)  # a thousand take half a second to write


@pytest.fixture(scope="module")
def team() -> list[tuple[User, list[ActivityPeriod]]]:
    return sample_data.demo_team(NOW)


@pytest.fixture(scope="module")
def database(team: list[tuple[User, list[ActivityPeriod]]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("demo") / "ftl.sqlite3"
    with Storage.open(str(path)) as storage:
        storage.bulk_import.store([user for user, _ in team], [period for _, found in team for period in found])
    return path


@pytest.fixture
def demo(database: Path, tmp_path: Path) -> Iterator[Storage]:
    copy = shutil.copy(database, tmp_path / "demo.sqlite3")
    with Storage.open(str(copy)) as storage:
        yield storage


@pytest.fixture
def app(demo: Storage) -> TestApp:
    """Give an application that answers the questions with which its feeds are compared, also once it has a token."""
    return TestApp(create_app(demo, Policy(public_read=True)))


def calendar(response: TestResponse) -> Any:
    assert response.status_int == 200
    assert response.headers["Content-Type"] == "text/calendar; charset=utf-8"
    found = icalendar.Calendar.from_ical(response.body)
    assert not [component.errors for component in found.walk() if component.errors]
    return found


def events(response: TestResponse) -> list[Any]:
    return calendar(response).walk("VEVENT")


def instant(value: datetime) -> int:
    return round(value.timestamp()) * instants.SECOND


@pytest.mark.parametrize("view", CALENDARS)
def test_a_calendar_says_how_often_to_fetch_it_and_has_stable_events(
    demo: Storage, app: TestApp, view: str
) -> None:
    path = make_feed(demo, view)
    first = app.get(path)
    found = calendar(first)
    assert found["VERSION"] == "2.0"
    assert found["PRODID"]
    assert b"\r\nREFRESH-INTERVAL;VALUE=DURATION:PT6H\r\nX-PUBLISHED-TTL:PT6H\r\n" in first.body
    uids = [event["UID"] for event in found.walk("VEVENT")]
    assert len(set(uids)) == len(uids) > 0
    assert app.get(path).body == first.body
    for event in found.walk("VEVENT"):
        assert event["DTSTAMP"].dt <= datetime.fromtimestamp(NOW // instants.SECOND, UTC)
        assert not any(text in event.to_ical().decode() for text in ("W012A3CDE", "jonas@"))


def test_activity_is_what_was_over_at_midnight(
    demo: Storage, app: TestApp, team: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "EVENTS", 5_000)
    shown = ("W012A3CDE", "jonas", "chloe", "kai")
    today, first = at("2026-10-21T00:00:00Z"), at("2026-07-23T00:00:00Z")
    expected = set()
    for user, periods in (pair for pair in team if pair[0].id in shown):
        for start, end in merged([(period.started_at, period.ended_at) for period in periods]):
            if first <= start and end < today:
                expected.add((user.real_name, start, end))
    found = events(app.get(make_feed(demo, "activity.ics", shown)))
    assert {
        (str(event["SUMMARY"]), instant(event["DTSTART"].dt), instant(event["DTEND"].dt)) for event in found
    } == expected
    assert len(expected) > 200
    assert {str(event["TRANSP"]) for event in found} == {"TRANSPARENT"}


def merged(intervals: list[tuple[int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for start, end in sorted(intervals):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


def test_who_is_active_now_is_in_no_calendar(demo: Storage, app: TestApp, monkeypatch: pytest.MonkeyPatch) -> None:
    """All calendars stay as they are while members begin and end, until midnight in UTC."""
    paths = [make_feed(demo, view) for view in CALENDARS]
    before = [app.get(path).body for path in paths]
    user = demo.users.get("jonas")
    demo.bulk_import.store([user], [ActivityPeriod.in_zone(user, NOW - instants.HOUR, NOW + instants.HOUR)])
    monkeypatch.setattr(instants, "now", lambda: NOW + 11 * instants.HOUR)
    assert [app.get(path).body for path in paths] == before


def test_activity_over_midnight_comes_when_it_is_over(
    sqlite_storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = User("a", "A", "UTC")
    day = at("2026-10-21T00:00:00Z")
    sqlite_storage.bulk_import.store(
        [user], [ActivityPeriod.in_zone(user, day - instants.HOUR, day + instants.HOUR)]
    )
    app = TestApp(create_app(sqlite_storage))
    path = make_feed(sqlite_storage, "activity.ics")
    assert events(app.get(path)) == []
    monkeypatch.setattr(instants, "now", lambda: NOW + 24 * instants.HOUR)
    (event,) = events(app.get(path))
    assert (instant(event["DTSTART"].dt), instant(event["DTEND"].dt)) == (day - instants.HOUR, day + instants.HOUR)
    assert str(event["DESCRIPTION"]) == "23:00 to 01:00, UTC"


def test_a_long_calendar_has_the_latest_events_and_says_so(
    demo: Storage, app: TestApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_feed(demo, "activity.ics")
    most = [event["UID"] for event in events(app.get(path))]
    monkeypatch.setattr(limits, "EVENTS", 10)
    found = calendar(app.get(path))
    assert [event["UID"] for event in found.walk("VEVENT")] == most[-10:]
    assert "the latest 10 times of activity" in str(found["X-WR-CALDESC"])


@pytest.mark.parametrize("view", FEEDS)
def test_a_feed_of_many_shows_the_most_active_of_them(
    demo: Storage, app: TestApp, monkeypatch: pytest.MonkeyPatch, view: str
) -> None:
    monkeypatch.setattr(limits, "MEMBERS_OF_FEED", 2)
    response = app.get(make_feed(demo, view))
    if view.endswith(".ics"):
        assert "the 2 most active members, without 6 others" in str(calendar(response)["X-WR-CALDESC"])


def usual_minutes(app: TestApp, user_id: str, first: int, last: int) -> set[int]:
    """Return the minutes in which a user is usually active, by the shares that the API answers."""
    window = {"from": "2026-08-24T00:00:00Z", "to": "2026-10-19T00:00:00Z"}
    (member,) = ask(app, "hours", id_list=[user_id], **window)["members"]
    busiest = sorted(member["hours"])[-10:]
    least = min(0.25, sum(busiest) / 20)
    tz = timezones.zone(member["tz"])
    found = set()
    for minute in range(first, last, instants.MINUTE):
        wall = instants.wall_clock(minute, timezones.offset_at(minute, tz))
        if member["hours"][wall.weekday() * 24 + wall.hour] >= least:
            found.add(minute)
    return found


def occurrences(found: Any, first: str, last: str) -> Iterator[tuple[str, int, int]]:
    for event in recurring_ical_events.of(found).between(
        datetime.fromisoformat(first), datetime.fromisoformat(last)
    ):
        yield str(event["SUMMARY"]), instant(event["DTSTART"].dt), instant(event["DTEND"].dt)


@pytest.mark.parametrize("user_id", ["jonas", "maya", "chloe", "sita"])
@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2026-10-19T00:00:00+00:00", "2026-10-24T00:00:00+00:00"),
        ("2026-11-02T00:00:00+00:00", "2026-11-07T00:00:00+00:00"),
    ],
    ids=["before the clock change", "after it"],
)
def test_usual_hours_are_on_the_members_clock_before_and_after_a_clock_change(
    demo: Storage, app: TestApp, user_id: str, first: str, last: str
) -> None:
    """Read with the VTIMEZONE of the calendar alone, as by a program that knows no zones."""
    text = (
        app.get(make_feed(demo, "usual-hours.ics", (user_id,)))
        .body.replace(b"TZID:", b"TZID:X-")
        .replace(b"TZID=", b"TZID=X-")
    )
    edges = at(first), at(last)
    found = {
        minute
        for _, start, end in occurrences(icalendar.Calendar.from_ical(text), first, last)
        for minute in range(max(start, edges[0]), min(end, edges[1]), instants.MINUTE)
    }
    expected = usual_minutes(app, user_id, *edges)
    assert len(expected) > 1000
    assert found == expected


def test_the_best_time_stays_where_it_was_announced(
    demo: Storage, app: TestApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_feed(demo, "meeting.ics")
    this_week, next_week = events(app.get(path))
    assert at("2026-10-19T00:00:00Z") <= instant(this_week["DTSTART"].dt) < at("2026-10-26T00:00:00Z")
    window = {"from": "2026-08-24T00:00:00Z", "to": "2026-10-19T00:00:00Z"}
    answer = ask(app, "meeting", all=True, active_only=True, week="2026-10-26", slots=1, **window)
    (slot,) = answer["slots"]
    assert instant(next_week["DTSTART"].dt) == at(slot["start_time"])
    assert instant(next_week["DTEND"].dt) == at(slot["end_time"])
    assert "Jonas Weber: " in str(next_week["DESCRIPTION"])
    monkeypatch.setattr(instants, "now", lambda: NOW + 7 * 24 * instants.HOUR)
    assert events(app.get(path))[0].to_ical() == next_week.to_ical()


def test_clock_changes_are_days_on_the_clock_that_changes(demo: Storage, app: TestApp) -> None:
    found = events(app.get(make_feed(demo, "clock-changes.ics")))
    days = {str(event["SUMMARY"]): event["DTSTART"].dt.isoformat() for event in found}
    assert days["Clocks go back 1 h in Berlin"] == "2026-10-25"
    assert days["Clocks go back 1 h in New York"] == "2026-11-01"
    assert days["Clocks go forward 1 h in Berlin"] == "2027-03-28"
    answer = ask(app, "clock-changes", all=True, active_only=True)
    assert len(found) == len(answer["changes"]) == 8
    berlin = next(event for event in found if event["SUMMARY"] == "Clocks go back 1 h in Berlin")
    assert "Europe/Berlin: from 03:00 to 02:00" in berlin["DESCRIPTION"]
    assert "Maya Johnson" in berlin["DESCRIPTION"]


@pytest.mark.parametrize("view", FEEDS)
def test_a_feed_shows_the_members_of_its_token_alone(demo: Storage, app: TestApp, view: str) -> None:
    make_team(demo, "europe", demo.users.get("jonas"))
    others = ("Maya", "Chloe", "Sita", "Rory")
    for path in (make_feed(demo, view, ("jonas",)), make_feed(demo, view, (), "europe")):
        text = app.get(path).text
        assert not [name for name in others if name in text]
        assert "Jonas" in text or view == "badge.svg"
    gone = make_feed(demo, view, (), "europe")
    demo.teams.delete("europe")
    for path in (make_feed(demo, view, ()), gone):
        assert "Jonas" not in app.get(path).text


@pytest.mark.parametrize("view", FEEDS)
def test_a_secret_opens_its_own_view_and_nothing_else(
    demo: Storage, app: TestApp, monkeypatch: pytest.MonkeyPatch, view: str
) -> None:
    monkeypatch.setattr(auth, "_FAILURES", 0)
    app = TestApp(create_app(demo))
    path = make_feed(demo, view)
    secret = path.split("/")[2]
    for other in FEEDS:
        response = app.get(f"/feed/{secret}/{other}", expect_errors=True)
        assert (response.status_int == 200) == (other == view)
    for route in ROUTES:
        if route.path.startswith("/api/"):
            concrete = route.path.replace("<user_id>", "jonas").replace("<team_id>", "x").replace("<number>", "1")
            response = send(app, route.method, concrete, headers={"Authorization": f"Bearer {secret}"})
            assert (response.status_int, response.json["error"]) == (401, "invalid_auth"), route.path


@pytest.mark.parametrize("view", FEEDS)
def test_no_other_token_opens_a_feed(
    demo: Storage, app: TestApp, monkeypatch: pytest.MonkeyPatch, view: str
) -> None:
    monkeypatch.setattr(auth, "_FAILURES", 0)
    app = TestApp(create_app(demo))
    secrets = [make_token(demo, scope)["Authorization"].split()[1] for scope in ("read", "write", "admin")]
    for secret in (*secrets, "x", "ftl_", f"ftl_{'a' * 8}_{'b' * 43}", "%C3%A4", "..%2F..", "'"):
        response = app.get(f"/feed/{secret}/{view}", expect_errors=True)
        assert response.status_int == 404, secret


@pytest.mark.parametrize("view", FEEDS)
def test_revoking_closes_a_feed_at_once(demo: Storage, app: TestApp, view: str) -> None:
    path = make_feed(demo, view)
    tag = app.get(path).headers["ETag"]
    demo.tokens.revoke(path.split("_")[1], NOW)
    for headers in ({}, {"If-None-Match": tag}):
        response = app.get(path, headers=headers, expect_errors=True)
        assert (response.status_int, response.json["error"]) == (404, "not_found")
        assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("view", FEEDS)
def test_the_headers_of_a_feed_keep_its_secret(demo: Storage, app: TestApp, view: str) -> None:
    path = make_feed(demo, view)
    response = app.get(path)
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Cache-Control"] == "private, no-cache"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in response.headers
    again = app.get(path, headers={"If-None-Match": response.headers["ETag"]})
    assert (again.status_int, again.body, again.headers["ETag"]) == (304, b"", response.headers["ETag"])
    assert again.headers["Referrer-Policy"] == "no-referrer"
    assert again.headers["Cache-Control"] == "private, no-cache"
    assert app.head(path).status_int == 200
    for gone in ("/feed/x/" + view, "/feed/x/y", "/feed/"):
        for accept in ({}, {"Accept": "text/html"}):
            refused = app.get(gone, headers=accept, expect_errors=True)
            assert (refused.status_int, refused.headers["Referrer-Policy"]) == (404, "no-referrer")


@pytest.mark.parametrize("view", FEEDS)
def test_a_page_of_another_origin_may_show_a_feed(demo: Storage, app: TestApp, view: str) -> None:
    path = make_feed(demo, view)
    image = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
    for headers in (image, {"Origin": "https://wiki.example.org", "Sec-Fetch-Site": "cross-site"}):
        response = app.get(path, headers=headers)
        assert response.status_int == 200
        assert not [name for name in response.headers if name.startswith("Access-Control-")]


def test_no_log_and_no_error_contains_a_secret(
    demo: Storage, app: TestApp, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    path = make_feed(demo, "meeting.ics")
    secret = path.split("/")[2]
    answers = [
        app.request(path, method=method, expect_errors=True) for method in ("GET", "HEAD", "POST", "DELETE")
    ]
    wrong = (f"{path}?x=1", f"{path}x", f"/feed/{secret}", f"/feed/{secret}/board.svg", f"{path}/more")
    answers += [app.get(other, expect_errors=True) for other in wrong]
    demo.tokens.revoke(path.split("_")[1], NOW)
    answers.append(app.get(path, expect_errors=True))
    for answer in answers:
        assert secret not in answer.text + str(answer.headers)
    assert secret not in caplog.text
    assert "GET /feed/<secret>/meeting.ics 200" in caplog.text


def test_wrong_secrets_of_an_address_are_limited(demo: Storage) -> None:
    app = TestApp(create_app(demo, Policy(is_local=False)))
    path = make_feed(demo, "meeting.ics")
    statuses = [app.get("/feed/x/meeting.ics", expect_errors=True).status_int for _ in range(25)]
    assert (statuses.count(404), statuses.count(429)) == (20, 5)
    assert app.get(path).status_int == 200


def test_what_would_be_too_much_is_refused(demo: Storage, app: TestApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PERIODS", 100)
    for view in CALENDARS:
        response = app.get(make_feed(demo, view), expect_errors=True)
        assert (response.status_int, response.json["error"]) == (400, "too_much")


def test_a_feed_of_an_empty_server_is_an_empty_calendar(sqlite_storage: Storage) -> None:
    app = TestApp(create_app(sqlite_storage))
    for view in CALENDARS:
        assert events(app.get(make_feed(sqlite_storage, view))) == []
