"""The clock changes ahead, and what they do to pairs and to a standing meeting."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from webtest import TestApp

from ftlserver.commands import sample_data
from ftlserver.domain import instants
from ftlserver.domain.user import User
from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests.helpers import ask, at, put, refused

NOW = at("2026-11-25T12:00:00Z")
PEOPLE = (
    *(("berlin", "Europe/Berlin"), ("york", "America/New_York"), ("kolkata", "Asia/Kolkata")),
    *(("sydney", "Australia/Sydney"), ("paris", "Europe/Paris")),
)
IDS = [user_id for user_id, _ in PEOPLE]
MONTH = {"from": "2026-10-26", "to": "2026-11-23"}


@pytest.fixture
def app(sqlite_storage: Storage, monkeypatch: pytest.MonkeyPatch) -> TestApp:
    """Give an application with users who work 9 to 17 on weekdays, and one who is nearly never there."""
    monkeypatch.setattr(instants, "now", lambda: NOW)
    for user_id, tz in PEOPLE:
        days = [date(2026, 10, 26) + timedelta(days=n) for n in range(28)]
        put(
            *(sqlite_storage, User(user_id, user_id, tz)),
            *((f"{day}T09:00", f"{day}T17:00") for day in days if day.weekday() < 5),
        )
    put(sqlite_storage, User("new", "New", "Europe/Berlin"), ("2026-11-02T09:00", "2026-11-02T17:00"))
    return TestApp(create_app(sqlite_storage))


def overlap(shares: dict[str, list[float]], first: str, second: str, instant: datetime) -> float:
    """Return the seconds of a week that two users share, minute by minute, on the clocks that they have then."""
    total = 0.0
    offsets = {id_: instant.astimezone(ZoneInfo(dict(PEOPLE)[id_])).utcoffset() for id_ in (first, second)}
    for minute in range(7 * 24 * 60):
        walls = [
            datetime(2026, 1, 5, tzinfo=UTC) + timedelta(minutes=minute) + offsets[id_] for id_ in (first, second)
        ]
        hours = [wall.weekday() * 24 + wall.hour for wall in walls]
        total += 60 * shares[first][hours[0]] * shares[second][hours[1]]
    return total


@pytest.mark.slow
def test_the_changes_of_the_coming_half_year_say_what_they_do_to_each_pair(app: TestApp) -> None:
    answer = ask(app, "clock-changes", id_list=IDS, **MONTH)
    assert answer["ahead"] == {"from": "2026-11-25T00:00:00Z", "to": "2027-05-26T00:00:00Z"}
    assert [(change["tz"], change["at"], change["members"]) for change in answer["changes"]] == [
        ("America/New_York", "2027-03-14T07:00:00+00:00", ["york"]),
        ("Europe/Berlin", "2027-03-28T01:00:00+00:00", ["berlin"]),
        ("Europe/Paris", "2027-03-28T01:00:00+00:00", ["paris"]),
        ("Australia/Sydney", "2027-04-03T16:00:00+00:00", ["sydney"]),
    ]
    shares = {member["id"]: member["hours"] for member in ask(app, "hours", id_list=IDS, **MONTH)["members"]}
    for change in answer["changes"]:
        instant = datetime.fromisoformat(change["at"])
        found = {tuple(sorted(pair["members"])): pair for pair in change["pairs"]}
        (moved,) = change["members"]
        for other in set(IDS) - {moved}:
            before = overlap(shares, moved, other, instant - timedelta(seconds=1))
            after = overlap(shares, moved, other, instant)
            pair = found.pop(tuple(sorted((moved, other))), None)
            if round(before) == round(after):
                assert pair is None
            else:
                assert pair is not None
                assert (pair["overlap_before"], pair["overlap_after"]) == (round(before), round(after))
        assert not found
    york = answer["changes"][0]
    assert york["pairs"][0] == {"members": ["york", "berlin"], "overlap_before": 36_000, "overlap_after": 54_000}


def test_the_weeks_ahead_can_be_chosen(app: TestApp) -> None:
    changes = ask(app, "clock-changes", id_list=["berlin"], weeks=53)["changes"]
    assert [change["at"][:10] for change in changes] == ["2027-03-28", "2027-10-31"]
    assert ask(app, "clock-changes", id_list=["berlin"], weeks=17)["changes"] == []
    assert ask(app, "clock-changes", id_list=["kolkata"], weeks=53)["changes"] == []
    for weeks in (0, 54):
        assert refused(app, "clock-changes", id_list=["berlin"], weeks=weeks) == (
            400,
            "invalid_argument",
            "/weeks",
        )


def starts_of(weekday: int, hour: int, zone: str) -> Iterator[datetime]:
    """Yield when a meeting starts in the year ahead, day by day."""
    for number in range(54 * 7):
        day = date(2026, 11, 25) + timedelta(days=number)
        start = datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo(zone)).astimezone(UTC)
        if day.weekday() == weekday and timedelta() <= start - datetime(2026, 11, 25, tzinfo=UTC) < timedelta(371):
            yield start


def test_a_standing_meeting_moves_when_the_clocks_of_its_members_part(app: TestApp) -> None:
    answer = ask(app, "clock-changes", id_list=IDS, meeting="Tue 17:00 Europe/Berlin", tz="Europe/Berlin", **MONTH)
    meeting = answer["meeting"]
    starts = list(starts_of(1, 17, "Europe/Berlin"))
    assert meeting["times"] == len(starts) == 53
    assert (meeting["weekday"], meeting["time"], meeting["tz"], meeting["minutes"]) == (
        *("Tuesday", "17:00", "Europe/Berlin", 60),
    )
    assert meeting["first"]["start_time"] == "2026-12-01T17:00:00+01:00"
    expected = []
    for before, start in pairwise(starts):
        moved = {
            id_: before.astimezone(ZoneInfo(tz)).isoformat()
            for id_, tz in PEOPLE
            if before.astimezone(ZoneInfo(tz)).time() != start.astimezone(ZoneInfo(tz)).time()
        }
        if moved:
            expected.append((start.astimezone(ZoneInfo("Europe/Berlin")).isoformat(), moved))
    assert [(move["start_time"], move["moved"]) for move in meeting["moves"]] == expected
    # America and Europe are an hour off from 14 to 28 March, and from 31 October to 7 November 2027.
    assert [move["start_time"][:10] for move in meeting["moves"] if "york" in move["moved"]] == [
        *("2027-03-16", "2027-03-30", "2027-11-02", "2027-11-09"),
    ]


def test_a_standing_meeting_says_who_falls_outside_their_usual_hours(app: TestApp) -> None:
    """At 16:00 in Berlin all of it is within 9 to 17 in New York; at 22:00 it is so only in the weeks between."""
    answer = ask(
        app, "clock-changes", id_list=["berlin", "york", "new"], meeting="tuesday 22:00 Europe/Berlin", **MONTH
    )
    outside = [
        (move["start_time"][:10], [one["id"] for one in move["members"] if one["attendance"] == "unlikely"])
        for move in (answer["meeting"]["first"], *answer["meeting"]["moves"])
    ]
    assert outside == [
        ("2026-12-01", ["berlin"]),
        ("2027-03-16", ["berlin", "york"]),
        ("2027-03-30", ["berlin"]),
        ("2027-11-02", ["berlin", "york"]),
        ("2027-11-09", ["berlin"]),
    ]
    assert [one["attendance"] for one in answer["meeting"]["first"]["members"]] == [
        "unlikely",
        "likely",
        "unknown",
    ]


@pytest.mark.parametrize(
    "text",
    ["", "Tue", "T 17:00 UTC", "Tu 17:00", "Foo 17:00 UTC", "Tue 24:00 UTC", "Tue 17:60 UTC", "Tue 5pm UTC"],
)
def test_a_meeting_that_cannot_be_read_is_refused(app: TestApp, text: str) -> None:
    assert refused(app, "clock-changes", id_list=["york"], meeting=text) == (400, "invalid_argument", "/meeting")


def test_a_meeting_in_an_unknown_zone_is_refused(app: TestApp) -> None:
    assert refused(app, "clock-changes", id_list=["york"], meeting="Tue 17:00 Mars/X")[:2] == (
        422,
        "unknown_timezone",
    )


def test_a_meeting_at_a_time_that_its_zone_skips_is_held_after_the_gap(app: TestApp) -> None:
    answer = ask(app, "clock-changes", id_list=["berlin"], meeting="Sun 02:30 Europe/Berlin", tz="Europe/Berlin")
    assert [move["start_time"] for move in answer["meeting"]["moves"]] == [
        "2027-03-28T03:30:00+02:00",
        "2027-04-04T02:30:00+02:00",
    ]


@pytest.mark.slow
def test_a_hundred_members_of_the_world_are_answered_in_time(sqlite_storage: Storage) -> None:
    now = instants.now()
    users = sample_data.make_users(100, seed=1)
    periods = [period for user in users for period in sample_data.working_days(user, 100, 50, now, seed=1)]
    sqlite_storage.bulk_import.store(users, periods)
    answer = ask(TestApp(create_app(sqlite_storage)), "clock-changes", all=True, meeting="Tue 17:00 UTC", weeks=53)
    assert len(answer["members"]) == 100
    assert len(answer["changes"]) > 10
