"""When members could meet."""

from datetime import UTC, date, datetime, timedelta

import pytest
from webtest import TestApp

from ftlserver.commands import sample_data
from ftlserver.domain import instants, timezones
from ftlserver.domain.user import User
from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests.helpers import EGON, ask, at, put, refused


@pytest.fixture
def habits(storage: Storage) -> TestApp:
    """Give an application with two users who work 9 to 17 on weekdays, one in Berlin, one in New York, in January 2026."""
    for user_id, tz in (("berlin", "Europe/Berlin"), ("york", "America/New_York")):
        first = date(2026, 1, 5)
        put(
            storage,
            User(user_id, user_id, tz),
            *(
                (f"{first + timedelta(days=n)}T09:00", f"{first + timedelta(days=n)}T17:00")
                for n in range(28)
                if (first + timedelta(days=n)).weekday() < 5
            ),
        )
    return TestApp(create_app(storage))


def test_the_best_meeting_is_when_both_work(habits: TestApp) -> None:
    window = {"from": "2026-01-05", "to": "2026-02-02"}
    answer = ask(habits, "meeting", id_list=["berlin", "york"], week="2026-02-02", minutes=60, slots=3, **window)
    assert answer["week"] == {"from": "2026-02-02T00:00:00Z", "to": "2026-02-09T00:00:00Z"}
    assert [slot["start_time"] for slot in answer["slots"]] == [
        "2026-02-02T14:00:00+00:00",
        "2026-02-02T15:00:00+00:00",
        "2026-02-03T14:00:00+00:00",
    ]
    assert answer["slots"][0]["expected_attendance"] == 2
    assert answer["slots"][0]["outside_usual_hours"] == 0
    assert [member["local_time"] for member in answer["slots"][0]["members"]] == [
        "2026-02-02T15:00:00+01:00",
        "2026-02-02T09:00:00-05:00",
    ]


def test_a_meeting_is_planned_with_the_offsets_of_its_week(habits: TestApp) -> None:
    # From 8 to 29 March 2026 New York has summer time and Berlin has not: an hour more together.
    window = {"from": "2026-01-05", "to": "2026-02-02"}
    answer = ask(habits, "meeting", id_list=["berlin", "york"], week="2026-03-16", slots=1, minutes=180, **window)
    assert answer["slots"][0]["start_time"] == "2026-03-16T13:00:00+00:00"
    assert answer["slots"][0]["expected_attendance"] == 2


def test_a_meeting_names_the_dst_changes_and_their_effect(
    habits: TestApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(instants, "now", lambda: at("2026-02-02T00:00:00Z"))
    window = {"from": "2026-01-05", "to": "2026-02-02"}
    changes = ask(habits, "meeting", id_list=["berlin", "york"], week="2026-03-30", **window)["changes"]
    assert [
        (change["tz"], change["at"], change["overlap_before"], change["overlap_after"]) for change in changes
    ] == [
        ("America/New_York", "2026-03-08T07:00:00+00:00", 36_000, 54_000),
        ("Europe/Berlin", "2026-03-29T01:00:00+00:00", 54_000, 36_000),
    ]
    assert changes[0]["members"] == ["york"]


def test_members_whose_clocks_change_together_lose_nothing(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(instants, "now", lambda: at("2026-03-16T00:00:00Z"))
    for name in ("Berlin", "Paris"):
        times = [(f"2026-03-{day:02}T09:00", f"2026-03-{day:02}T17:00") for day in range(2, 7)]
        put(storage, User(name, name, f"Europe/{name}"), *times)
    window = {"from": "2026-03-02", "to": "2026-03-09"}
    app = TestApp(create_app(storage))
    changes = ask(app, "meeting", id_list=["Berlin", "Paris"], week="2026-03-30", **window)["changes"]
    assert [(change["overlap_before"], change["overlap_after"]) for change in changes] == [(144_000, 144_000)] * 2


def expected_overlap(hours: dict[str, list[float]], offsets: dict[str, int], user_id: str) -> float:
    """Return the seconds per week that a user shares with the others, minute by minute on wall clocks."""
    total = 0.0
    for minute in range(7 * 24 * 60):
        utc = datetime(2026, 1, 5, tzinfo=UTC) + timedelta(minutes=minute)
        clocks = {id_: utc + timedelta(seconds=offset) for id_, offset in offsets.items()}
        shares = {id_: hours[id_][clock.weekday() * 24 + clock.hour] for id_, clock in clocks.items()}
        total += sum(60 * shares[user_id] * share for id_, share in shares.items() if id_ != user_id)
    return total


@pytest.mark.slow
def test_the_overlap_of_a_clock_change_is_the_one_expected(
    sqlite_storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of members who are there part of the time, each for their own reasons: p and q make p times q."""
    now = at("2026-10-20T12:00:00Z")
    monkeypatch.setattr(instants, "now", lambda: now)
    team = [pair for pair in sample_data.demo_team(now) if pair[0].id in ("jonas", "maya", "amara", "kai")]
    periods = [period for _, found in team for period in found]
    sqlite_storage.bulk_import.store([user for user, _ in team], periods)
    app = TestApp(create_app(sqlite_storage))
    ids = [user.id for user, _ in team]
    answer = ask(app, "meeting", id_list=ids, week="2026-11-02")
    window = {key: answer["window"][key] for key in ("from", "to")}
    hours = {member["id"]: member["hours"] for member in ask(app, "hours", id_list=ids, **window)["members"]}
    assert answer["changes"]
    for change in answer["changes"]:
        (changed,) = change["members"]
        moment = at(change["at"])
        for key, instant in (("overlap_before", moment - 1), ("overlap_after", moment)):
            offsets = {user.id: timezones.offset_at(instant, user.zone) for user, _ in team}
            assert change[key] == pytest.approx(expected_overlap(hours, offsets, changed), rel=1e-3)


@pytest.fixture
def newcomers(storage: Storage) -> TestApp:
    """Give an application with three users of whom much, little and nothing is known."""
    put(
        storage,
        User("old", "Old", "UTC"),
        *((f"2026-01-{d:02}T09:00", f"2026-01-{d:02}T11:00") for d in range(5, 10)),
    )
    put(
        storage,
        User("new", "New", "UTC"),
        *((f"2026-01-{d:02}T09:00", f"2026-01-{d:02}T11:00") for d in range(5, 9)),
    )
    storage.users.add_new([User("none", "None", "UTC")])
    return TestApp(create_app(storage))


def test_members_without_enough_history_are_not_judged(newcomers: TestApp) -> None:
    window = {"from": "2026-01-05", "to": "2026-01-12"}
    answer = ask(newcomers, "meeting", id_list=["old", "new", "none"], week="2026-01-12", slots=1, **window)
    assert {member["id"]: (member["active_days"], member["enough_history"]) for member in answer["members"]} == {
        "old": (5, True),
        "new": (4, False),
        "none": (0, False),
    }
    slot = answer["slots"][0]
    attendances = [(member["id"], member["attendance"]) for member in slot["members"]]
    assert attendances == [("old", "likely"), ("new", "unknown"), ("none", "unknown")]
    assert (slot["expected_attendance"], slot["outside_usual_hours"]) == (1, 0)
    answer = ask(newcomers, "meeting", id_list=["new", "none"], week="2026-01-12", slots=1, **window)
    assert (answer["slots"][0]["expected_attendance"], answer["slots"][0]["outside_usual_hours"]) == (1, 1)


def test_members_are_compared_with_their_own_busiest_hours(storage: Storage) -> None:
    """Of a user of whom only commits are known, half an hour a day, nine o'clock is a likely time nevertheless."""
    for user_id, minutes in (("often", 60), ("seldom", 15)):
        days = [date(2026, 1, 5) + timedelta(days=number) for number in range(14)]
        times = [(f"{day}T{hour:02}:00", f"{day}T{hour:02}:{minutes - 1:02}") for day in days for hour in (9, 10)]
        times += [(f"{day}T11:00", f"{day}T11:{minutes // 3:02}") for day in days]
        put(storage, User(user_id, user_id, "UTC"), *times)
    window = {"from": "2026-01-05", "to": "2026-01-19"}
    app = TestApp(create_app(storage))
    answer = ask(app, "meeting", id_list=["often", "seldom"], week="2026-01-19", slots=100, **window)
    found = {
        slot["start_time"]: [(member["usual"], member["attendance"]) for member in slot["members"]]
        for slot in answer["slots"]
    }
    assert found["2026-01-19T09:00:00+00:00"] == [(True, "likely"), (False, "likely")]
    assert found["2026-01-19T11:00:00+00:00"] == [(True, "possible"), (False, "unlikely")]
    assert ("2026-01-19T15:00:00+00:00" in found) is False


def test_a_meeting_in_a_past_week_is_based_on_the_weeks_before_it(habits: TestApp) -> None:
    answer = ask(habits, "meeting", id_list=["berlin", "york"], week="2026-01-26", slots=1)
    assert answer["window"] == {
        "from": "2025-12-01T00:00:00Z",
        "to": "2026-01-26T00:00:00Z",
        "rule": answer["window"]["rule"],
    }
    assert answer["slots"][0]["start_time"] == "2026-01-26T14:00:00+00:00"
    until = ask(habits, "meeting", id_list=["berlin"], week="2026-01-26", to="2026-01-12")["window"]
    assert (until["from"], until["to"]) == ("2025-11-17T00:00:00Z", "2026-01-11T23:00:00Z")  # the date is Berlin's


@pytest.mark.parametrize("week", ["0001-01-01", "9999-12-31", "9998-01-01", "2090-01-01"])
def test_a_meeting_in_an_unreasonable_week_is_refused(habits: TestApp, week: str) -> None:
    assert refused(habits, "meeting", id_list=["york"], week=week) == (400, "invalid_argument", "/week")


@pytest.mark.slow
def test_a_meeting_of_too_many_users_is_refused(sqlite_storage: Storage) -> None:
    sqlite_storage.users.add_new([User(f"u{n}", "U", "UTC") for n in range(101)])
    app = TestApp(create_app(sqlite_storage))
    response = app.post_json("/api/meeting/", {"all": True}, expect_errors=True)
    assert (response.status_int, response.json["error"], response.json["max"]) == (400, "too_much", 100)
    assert ask(app, "meeting", id_list=[f"u{n}" for n in range(100)])["slots"] == []


def test_a_meeting_of_users_without_activity_has_no_slots(storage: Storage) -> None:
    storage.users.add_new([EGON])
    answer = ask(TestApp(create_app(storage)), "meeting", id_list=[EGON.id])
    assert answer["slots"] == []
    assert refused(TestApp(create_app(storage)), "meeting", id_list=["a"], minutes=5)[2] == "/minutes"
    assert refused(TestApp(create_app(storage)), "meeting", id_list=["a"], week="soon")[2] == "/week"
