"""How long members were active on each day."""

from typing import Any

from webtest import TestApp

from ftlserver.domain.user import User
from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests.helpers import ABOUT_BOTH, ask, put, refused


def days(app: TestApp, user_id: str, **document: Any) -> dict[str, Any]:
    return {day["date"]: day for day in ask(app, "summary", id_list=[user_id], **document)["members"][0]["days"]}


def test_a_day_of_25_hours_and_one_of_23(storage: Storage) -> None:
    put(storage, User("b", "B", "Europe/Berlin"), ("2026-10-25T00:30:00+02:00", "2026-10-25T04:30:00+01:00"))
    app = TestApp(create_app(storage))
    day = days(app, "b", **{"from": "2026-10-25", "to": "2026-10-26"})["2026-10-25"]
    assert day == {
        "date": "2026-10-25",
        "active_seconds": 18_000,
        "first_start": "2026-10-25T00:30:00+02:00",
        "last_end": "2026-10-25T04:30:00+01:00",
        "length_seconds": 90_000,
    }
    assert days(app, "b", **{"from": "2026-03-29", "to": "2026-03-30"})["2026-03-29"]["length_seconds"] == 82_800


def test_days_that_a_zone_skipped_or_shortened(storage: Storage) -> None:
    storage.users.add_new([User("a", "A", "Pacific/Apia"), User("l", "L", "Australia/Lord_Howe")])
    app = TestApp(create_app(storage))
    assert list(days(app, "a", **{"from": "2011-12-28", "to": "2012-01-02"})) == [
        "2011-12-28",
        "2011-12-29",
        "2011-12-31",
        "2012-01-01",
    ]
    howe = days(app, "l", **{"from": "2026-01-01", "to": "2027-01-01"})
    assert (howe["2026-10-04"]["length_seconds"], howe["2026-04-05"]["length_seconds"]) == (84_600, 88_200)
    assert len(howe) == 365


def test_a_member_who_moved_keeps_their_days(storage: Storage) -> None:
    berlin = User("m", "M", "Europe/Berlin")
    put(
        storage,
        berlin,
        ("2026-06-01T22:00:00", "2026-06-02T01:00:00"),
        ("2026-10-25T01:00:00", "2026-10-25T23:30:00"),
    )
    app = TestApp(create_app(storage))
    window = {"from": "2026-05-01T00:00:00Z", "to": "2026-11-01T00:00:00Z"}
    before = days(app, "m", **window)
    periods = ask(app, "loguseractivity", id_list=["m"], time_format="iso")["members"][0]["activity_periods"]
    storage.bulk_import.store([User("m", "M", "America/Los_Angeles")], [])
    after = days(app, "m", **window)
    active = {
        name: (day["active_seconds"], day["first_start"]) for name, day in before.items() if day["active_seconds"]
    }
    assert {
        name: (day["active_seconds"], day["first_start"]) for name, day in after.items() if day["active_seconds"]
    } == active
    assert {name: seconds for name, (seconds, _) in active.items()} == {
        "2026-06-01": 7200,
        "2026-06-02": 3600,
        "2026-10-25": 84_600,
    }
    assert all(day["active_seconds"] <= day["length_seconds"] for day in after.values())
    again = ask(app, "loguseractivity", id_list=["m"], time_format="iso")["members"][0]
    assert (again["tz"], again["activity_periods"]) == ("America/Los_Angeles", periods)


def test_day_zone_gives_the_days_of_that_zone(app: TestApp) -> None:
    found = ask(
        app,
        "summary",
        **ABOUT_BOTH,
        day_zone="Asia/Tokyo",
        tz="Asia/Tokyo",
        **{"from": "2020-03-01", "to": "2020-03-03"},
    )
    assert [[day["active_seconds"] for day in member["days"]] for member in found["members"]] == [
        [0, 10140],
        [10140, 0],
    ]
    assert found["members"][0]["days"][1]["first_start"] == "2020-03-02T04:11:00+09:00"
    assert found["window"]["rule"].endswith("days are those of Asia/Tokyo")
    assert refused(app, "summary", **ABOUT_BOTH, day_zone="Mars")[1] == "unknown_timezone"


def test_without_from_the_days_begin_with_the_first_activity(app: TestApp, team: Storage) -> None:
    team.users.add_new([User("idle", "I", "UTC")])
    egon, idle = ask(app, "summary", id_list=["W012A3CDE", "idle"], to="2020-02-04T00:00:00Z")["members"]
    assert [day["date"] for day in egon["days"]] == ["2020-02-01", "2020-02-02", "2020-02-03"]
    assert idle["days"] == []


def test_too_many_days_are_refused(app: TestApp) -> None:
    assert refused(app, "summary", **ABOUT_BOTH, **{"from": "1970-01-02", "to": "9999-01-01"})[:2] == (
        400,
        "too_much",
    )
