"""Questions about several people at once: known answers, invariants, and an oracle that looks at every minute."""

import functools
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from webtest import TestApp

from ftlserver.domain import instants, time_formats, timezones
from ftlserver.domain.period import ActivityPeriod
from ftlserver.domain.user import User
from ftlserver.storage import Storage, packing
from ftlserver.storage.database import transaction
from ftlserver.storage.periods import Periods
from ftlserver.web.app import create_app
from tests.conftest import EGON, GLINDA, assignment_periods, at
from tests.server.test_api import check_shape

BOTH = {"id_list": ["W012A3CDE", "W07QCRPA4"]}


def ask(app: TestApp, question: str, **document: Any) -> Any:
    response = app.post_json(f"/api/{question}/", document)
    check_shape(response)
    return response.json


def refused(app: TestApp, question: str, **document: Any) -> tuple[int, str, str]:
    response = app.post_json(f"/api/{question}/", document, expect_errors=True)
    check_shape(response)
    pointer = response.json["errors"][0]["pointer"] if "errors" in response.json else ""
    return response.status_int, response.json["error"], pointer


def put(storage: Storage, user: User, *times: tuple[str, str]) -> None:
    storage.bulk_import.store([user], [ActivityPeriod.from_text(user, *pair) for pair in times])


# ---- activity, with a window


def test_a_window_holds_what_reaches_in_and_clip_cuts_it(app: TestApp) -> None:
    window = {
        "id_list": ["W012A3CDE"],
        "from": "2020-03-01T12:00:00",
        "to": "2020-03-16T18:00:00",
        "time_format": "iso",
    }
    answer = ask(app, "loguseractivity", **window)
    assert answer["members"][0]["activity_periods"] == [
        {"start_time": "2020-03-01T11:11:00-08:00", "end_time": "2020-03-01T14:00:00-08:00"},
        {"start_time": "2020-03-16T17:33:00-07:00", "end_time": "2020-03-16T20:02:00-07:00"},
    ]
    assert (answer["window"]["from"], answer["window"]["to"]) == ("2020-03-01T20:00:00Z", "2020-03-17T01:00:00Z")
    assert "reaches in" in answer["window"]["rule"]
    clipped = ask(app, "loguseractivity", **window, clip=True)
    assert clipped["members"][0]["activity_periods"] == [
        {"start_time": "2020-03-01T12:00:00-08:00", "end_time": "2020-03-01T14:00:00-08:00"},
        {"start_time": "2020-03-16T17:33:00-07:00", "end_time": "2020-03-16T18:00:00-07:00"},
    ]


def test_a_cut_on_either_side_of_a_clock_change_shows_the_offset_that_held(storage: Storage) -> None:
    put(storage, User("b", "B", "Europe/Berlin"), ("2026-10-25T00:30:00+02:00", "2026-10-25T04:30:00+01:00"))
    for from_, to, shown in (
        (
            "2026-10-24T23:00:00Z",
            "2026-10-25T00:30:00Z",
            ("2026-10-25T01:00:00+02:00", "2026-10-25T02:30:00+02:00"),
        ),
        (
            "2026-10-25T01:30:00Z",
            "2026-10-26T00:00:00Z",
            ("2026-10-25T02:30:00+01:00", "2026-10-25T04:30:00+01:00"),
        ),
    ):
        window = {"from": from_, "to": to, "clip": True, "time_format": "iso"}
        answer = ask(TestApp(create_app(storage)), "loguseractivity", id_list=["b"], **window)
        period = answer["members"][0]["activity_periods"][0]
        assert (period["start_time"], period["end_time"]) == shown


def test_a_window_is_half_open(app: TestApp) -> None:
    for from_, to in (("2020-02-01T21:54:00Z", "2020-03-01"), ("2020-01-01", "2020-02-01T21:33:00Z")):
        answer = ask(app, "loguseractivity", id_list=["W012A3CDE"], **{"from": from_, "to": to})
        assert answer["members"][0]["activity_periods"] == []


def test_a_date_is_read_in_each_members_zone_unless_a_zone_is_given(app: TestApp) -> None:
    window = ask(app, "loguseractivity", **BOTH, **{"from": "2020-03-01", "to": "2020-03-02"})["window"]
    assert window["by_member"]["W012A3CDE"] == {"from": "2020-03-01T08:00:00Z", "to": "2020-03-02T08:00:00Z"}
    assert window["by_member"]["W07QCRPA4"] == {"from": "2020-02-29T18:30:00Z", "to": "2020-03-01T18:30:00Z"}
    assert (window["from"], window["to"]) == ("2020-02-29T18:30:00Z", "2020-03-02T08:00:00Z")
    answer = ask(app, "loguseractivity", **BOTH, tz="UTC", **{"from": "2020-03-01", "to": "2020-03-02"})
    assert (answer["window"]["from"], answer["window"]["to"]) == ("2020-03-01T00:00:00Z", "2020-03-02T00:00:00Z")
    assert "by_member" not in answer["window"]


def test_a_zone_to_answer_in_moves_the_times(app: TestApp) -> None:
    answer = ask(app, "loguseractivity", id_list=["W07QCRPA4"], tz="Europe/Berlin", time_format="iso")
    assert answer["members"][0]["activity_periods"][0]["start_time"] == "2020-02-01T09:03:00+01:00"
    assert "window" not in answer


def test_without_a_window_the_answer_is_the_assignments_byte_for_byte(app: TestApp) -> None:
    plain = app.post_json("/api/loguseractivity/", BOTH).body
    assert b"window" not in plain
    assert app.get("/api/loguseractivity/?id=W012A3CDE&id=W07QCRPA4").body == plain
    assert (
        app.post_json("/api/loguseractivity/", {"all": True}).json["members"]
        == ask(app, "loguseractivity", **BOTH)["members"]
    )


def test_without_a_window_the_future_is_there_too_whatever_else_is_asked(storage: Storage) -> None:
    put(storage, User("u", "U", "UTC"), ("2990-01-01T00:00Z", "2990-01-01T01:00Z"))
    app = TestApp(create_app(storage))
    for more in ({}, {"tz": "Asia/Tokyo"}, {"clip": True}):
        assert len(ask(app, "loguseractivity", id_list=["u"], **more)["members"][0]["activity_periods"]) == 1
    answer = ask(app, "loguseractivity", id_list=["u"], **{"from": "2989-01-01", "to": "2990-01-02"})
    assert len(answer["members"][0]["activity_periods"]) == 1


def test_a_link_asks_what_a_body_asks(app: TestApp) -> None:
    document = {**BOTH, "from": "2020-03-01", "to": "2020-03-10", "tz": "UTC", "time_format": "iso", "clip": True}
    link = "/api/loguseractivity/?id=W012A3CDE&id=W07QCRPA4&from=2020-03-01&to=2020-03-10&tz=UTC&time_format=iso&clip=true"
    assert app.get(link).body == app.post_json("/api/loguseractivity/", document).body


def test_a_link_without_ids_answers_everybody_page_by_page(app: TestApp, team: Storage) -> None:
    team.users.add_new([User(f"u{n}", "U", "UTC") for n in range(7)])
    ids, link = [], "/api/loguseractivity/?limit=2"
    for _ in range(10):
        answer = app.get(link).json
        ids += [member["id"] for member in answer["members"]]
        if "response_metadata" not in answer:
            break
        link = f"/api/loguseractivity/?limit=2&cursor={answer['response_metadata']['next_cursor']}"
    assert ids == sorted(["W012A3CDE", "W07QCRPA4", *(f"u{n}" for n in range(7))])
    assert len(app.get("/api/loguseractivity").json["members"]) == 9


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("limit=0", "invalid_argument"),
        ("limit=1001", "invalid_argument"),
        ("limit=x", "invalid_argument"),
        ("limit=2&limit=3", "invalid_argument"),
        ("cursor=x", "invalid_cursor"),
        ("cursor=Mjp4", "invalid_cursor"),
        ("cursor=%ff", "invalid_argument"),
        ("cursor=MTphIGI", "invalid_cursor"),
        ("x=1", "unknown_field"),
        ("id=a&limit=1", "unknown_field"),
        ("id=a%20b", "invalid_argument"),
        ("clip=maybe", "invalid_argument"),
        ("id_list=a", "invalid_argument"),
        ("tz=Mars", "unknown_timezone"),
    ],
)
def test_a_link_that_makes_no_sense_is_refused(app: TestApp, query: str, error: str) -> None:
    response = app.get(f"/api/loguseractivity/?{query}", expect_errors=True)
    check_shape(response)
    assert response.json["error"] == error


def test_pages_of_nobody_are_empty(sqlite_storage: Storage) -> None:
    app = TestApp(create_app(sqlite_storage))
    assert app.get("/api/loguseractivity/").json == {"ok": True, "members": []}
    assert app.get("/api/users/").json == {"ok": True, "members": []}


def test_users_are_listed_and_found(app: TestApp) -> None:
    egon = {"id": "W012A3CDE", "real_name": "Egon Spengler", "tz": "America/Los_Angeles"}
    answer = app.get("/api/users?limit=1").json
    assert answer["members"] == [egon]
    cursor = answer["response_metadata"]["next_cursor"]
    assert [member["id"] for member in app.get(f"/api/users/?cursor={cursor}").json["members"]] == ["W07QCRPA4"]
    assert app.get("/api/users/W012A3CDE/").json == {"ok": True, "member": egon}
    response = app.get("/api/users/nobody", expect_errors=True)
    check_shape(response)
    assert (response.status_int, response.json["error"]) == (404, "user_not_found")
    assert app.get("/api/users/?id=x", expect_errors=True).json["error"] == "unknown_field"


# ---- what every question refuses

QUESTIONS = ["loguseractivity", "summary", "overlap", "presence", "hours", "meeting"]
WINDOWED = [question for question in QUESTIONS if question != "presence"]


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_question_is_about_somebody(app: TestApp, question: str) -> None:
    assert refused(app, question) == (400, "missing_argument", "/id_list")
    assert refused(app, question, id_list=[]) == (400, "missing_argument", "/id_list")
    assert refused(app, question, id_list=["a"], all=True) == (400, "invalid_argument", "/all")
    assert refused(app, question, all=False) == (400, "invalid_argument", "/all")
    assert refused(app, question, id_list=["a b"]) == (400, "invalid_argument", "/id_list/0")
    assert refused(app, question, id_list=["a"], x=1) == (400, "unknown_field", "/x")
    assert refused(app, question, id_list=["a"], tz="Mars") == (422, "unknown_timezone", "")
    assert refused(app, question, id_list=["a"], tz=5) == (400, "invalid_argument", "/tz")
    assert ask(app, question, id_list=["nobody"])["not_found"] == ["nobody"]
    assert ask(app, question, all=True)["ok"]


@pytest.mark.parametrize("question", WINDOWED)
@pytest.mark.parametrize(
    ("from_", "to", "pointer"),
    [
        ("2020-03-02", "2020-03-01", "/to"),
        ("2020-03-01", "2020-03-01", "/to"),
        ("2020-02-30", "2020-03-01", "/from"),
        ("soon", "2020-03-01", "/from"),
        ("2020-03-01", "later", "/to"),
        ("9999-01-01", None, "/from"),
        ("2020-03-01", "9999-12-31T23:59:59", "/to"),
        ("", "", "/from"),
        ("0001-01-01", None, "/from"),
        ("1969-12-30", None, "/from"),
        ("2020-03-01", "9999-12-31", "/to"),
    ],
)
def test_a_window_that_is_none_is_refused(
    app: TestApp, question: str, from_: str, to: str | None, pointer: str
) -> None:
    window = {"from": from_} | ({} if to is None else {"to": to})
    assert refused(app, question, id_list=["W012A3CDE"], **window) == (400, "invalid_argument", pointer)


# ---- overlap


def test_the_assignments_members_never_overlap(app: TestApp) -> None:
    answer = ask(app, "overlap", **BOTH)
    assert (answer["overlap_seconds"], answer["stretches"]) == (0, [])
    assert answer["matrix"] == [[20340, 0], [0, 20340]]


def test_in_one_zone_they_overlap_always(storage: Storage) -> None:
    there = User(GLINDA.id, GLINDA.real_name, EGON.tz)
    storage.bulk_import.store([EGON, there], assignment_periods(EGON) + assignment_periods(there))
    answer = ask(TestApp(create_app(storage)), "overlap", **BOTH)
    assert (answer["overlap_seconds"], len(answer["stretches"])) == (20340, 3)
    assert answer["matrix"] == [[20340, 20340], [20340, 20340]]
    assert answer["stretches"][0] == {
        "start_time": "2020-02-01T21:33:00+00:00",
        "end_time": "2020-02-01T21:54:00+00:00",
        "seconds": 1260,
        "members": ["W012A3CDE", "W07QCRPA4"],
    }


def test_overlap_of_some_names_who(storage: Storage) -> None:
    users = [User(name, name, "UTC") for name in "abc"]
    for user, hours in zip(users, ((0, 4), (2, 6), (3, 8)), strict=True):
        put(storage, user, (f"2026-01-01T{hours[0]:02}:00Z", f"2026-01-01T{hours[1]:02}:00Z"))
    answer = ask(
        TestApp(create_app(storage)), "overlap", id_list=["a", "b", "c"], min_members=2, time_format="display"
    )
    assert [(s["start_time"], s["members"]) for s in answer["stretches"]] == [
        ("Jan 01 2026 02:00AM", ["a", "b"]),
        ("Jan 01 2026 03:00AM", ["a", "b", "c"]),
        ("Jan 01 2026 04:00AM", ["b", "c"]),
    ]
    assert answer["overlap_seconds"] == 4 * 3600
    assert answer["matrix"][0] == [14400, 7200, 3600]
    assert refused(TestApp(create_app(storage)), "overlap", all=True, min_members=True)[1] == "invalid_argument"
    assert refused(TestApp(create_app(storage)), "overlap", all=True, min_members=0)[1] == "invalid_argument"


# ---- summary


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


def test_days_that_zones_skipped_or_halved(storage: Storage) -> None:
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


def test_days_of_a_zone_are_that_zones(app: TestApp) -> None:
    found = ask(
        app,
        "summary",
        **BOTH,
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
    assert refused(app, "summary", **BOTH, day_zone="Mars")[1] == "unknown_timezone"


def test_without_a_beginning_the_days_begin_with_the_first_activity(app: TestApp, team: Storage) -> None:
    team.users.add_new([User("idle", "I", "UTC")])
    egon, idle = ask(app, "summary", id_list=["W012A3CDE", "idle"], to="2020-02-04T00:00:00Z")["members"]
    assert [day["date"] for day in egon["days"]] == ["2020-02-01", "2020-02-02", "2020-02-03"]
    assert idle["days"] == []


def test_more_days_than_anybody_reads_are_refused(app: TestApp) -> None:
    assert refused(app, "summary", **BOTH, **{"from": "1970-01-02", "to": "9999-01-01"})[:2] == (
        400,
        "too_many_days",
    )


# ---- presence


def test_presence_names_who_is_active_since_when(app: TestApp, team: Storage) -> None:
    put(team, EGON, ("2020-02-01T21:54:00Z", "2020-02-01T22:10:00Z"))  # touches the first
    team.users.add_new([User("idle", "I", "Asia/Kathmandu")])
    answer = ask(app, "presence", id_list=["W012A3CDE", "W07QCRPA4", "idle"], at="2020-02-01T22:00:00Z")
    assert answer["at"] == "2020-02-01T22:00:00Z"
    egon, glinda, idle = answer["members"]
    assert (egon["active"], egon["since"]) == (True, "2020-02-01T13:33:00-08:00")
    assert egon["local_time"] == "2020-02-01T14:00:00-08:00"
    assert (glinda["active"], glinda["last_active"]) == (False, "2020-02-01T13:54:00+05:30")
    assert (idle["active"], idle["local_time"]) == (False, "2020-02-02T03:45:00+05:45")
    assert "last_active" not in idle


def test_presence_is_half_open_and_shown_in_the_zone_asked_for(app: TestApp) -> None:
    for instant, active in (("21:32:59", False), ("21:33:00", True), ("21:53:59", True), ("21:54:00", False)):
        answer = ask(app, "presence", id_list=["W012A3CDE"], at=f"2020-02-01T{instant}Z", tz="UTC")["members"][0]
        assert answer["active"] is active
    assert answer["last_active"] == "2020-02-01T21:54:00+00:00"
    assert refused(app, "presence", id_list=["a"], at="soon") == (400, "invalid_argument", "/at")


def test_presence_finds_the_one_that_ended_last_not_the_one_that_began_last(storage: Storage) -> None:
    put(
        storage,
        User("u", "U", "UTC"),
        ("2026-01-01T00:00Z", "2026-01-07T00:00Z"),
        ("2026-01-05T00:00Z", "2026-01-05T01:00Z"),
    )
    app = TestApp(create_app(storage))
    assert (
        ask(app, "presence", id_list=["u"], at="2026-01-06T00:00Z")["members"][0]["since"]
        == "2026-01-01T00:00:00+00:00"
    )
    assert (
        ask(app, "presence", id_list=["u"], at="2026-01-09T00:00Z")["members"][0]["last_active"]
        == "2026-01-07T00:00:00+00:00"
    )


# ---- hours and meeting


def test_hours_are_shares_of_the_weeks_seen(storage: Storage) -> None:
    monday = date(2026, 1, 5)
    times = [
        (
            f"{monday + timedelta(weeks=week)}T09:00",
            f"{monday + timedelta(weeks=week)}T{'10' if week else '09'}:30",
        )
        for week in range(4)
    ]
    put(storage, User("u", "U", "Asia/Kathmandu"), *times)
    answer = ask(
        TestApp(create_app(storage)), "hours", id_list=["u"], **{"from": "2026-01-05", "to": "2026-02-02"}
    )
    member = answer["members"][0]
    assert member["weeks"] == 4
    assert {hour: share for hour, share in enumerate(member["hours"]) if share} == {9: 0.875, 10: 0.375}
    shifted = ask(
        TestApp(create_app(storage)),
        "hours",
        id_list=["u"],
        tz="UTC",
        **{"from": "2026-01-05", "to": "2026-02-02"},
    )
    assert {hour: share for hour, share in enumerate(shifted["members"][0]["hours"]) if share} == {
        3: 0.6875,
        4: 0.5625,
    }


def test_an_hour_that_occurs_twice_is_seen_twice(storage: Storage) -> None:
    put(storage, User("b", "B", "Europe/Berlin"), ("2026-10-25T02:00:00+02:00", "2026-10-25T03:00:00+02:00"))
    window = {"from": "2026-10-19", "to": "2026-10-26"}
    assert (
        ask(TestApp(create_app(storage)), "hours", id_list=["b"], **window)["members"][0]["hours"][6 * 24 + 2]
        == 0.5
    )


@pytest.fixture
def habits(storage: Storage) -> TestApp:
    """Give two who work 9 to 17 on weekdays, one in Berlin, one in New York, in January 2026."""
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


def test_a_meeting_names_the_dst_changes_and_what_each_does(
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


@pytest.mark.parametrize("week", ["0001-01-01", "9999-12-31", "9998-01-01", "2090-01-01"])
def test_a_meeting_in_a_week_that_nobody_can_plan_is_refused(habits: TestApp, week: str) -> None:
    assert refused(habits, "meeting", id_list=["york"], week=week) == (400, "invalid_argument", "/week")


def test_a_meeting_of_a_crowd_is_refused(sqlite_storage: Storage) -> None:
    sqlite_storage.users.add_new([User(f"u{n}", "U", "UTC") for n in range(101)])
    app = TestApp(create_app(sqlite_storage))
    response = app.post_json("/api/meeting/", {"all": True}, expect_errors=True)
    assert (response.status_int, response.json["error"], response.json["max"]) == (400, "too_many_ids", 100)
    assert ask(app, "meeting", id_list=[f"u{n}" for n in range(100)])["slots"] == []


def test_a_meeting_of_people_without_activity_has_no_slots(storage: Storage) -> None:
    storage.users.add_new([EGON])
    answer = ask(TestApp(create_app(storage)), "meeting", id_list=[EGON.id])
    assert answer["slots"] == []
    assert refused(TestApp(create_app(storage)), "meeting", id_list=["a"], minutes=5)[2] == "/minutes"
    assert refused(TestApp(create_app(storage)), "meeting", id_list=["a"], week="soon")[2] == "/week"


# ---- cost


def test_a_window_in_a_long_history_reads_only_what_it_needs(sqlite_storage: Storage) -> None:
    with transaction(sqlite_storage.database) as connection:
        plan = connection.execute(
            sa.text("EXPLAIN QUERY PLAN " + Periods._WITHIN[packing.SPANS, "sqlite"].text),
            {"asked": '[["a",1,2]]', "most": 5},
        ).all()
    steps = [row[3] for row in plan]
    assert any(
        "SEARCH p USING PRIMARY KEY (user_id=? AND started_at>? AND started_at<?)" in step for step in steps
    ), steps
    assert not any("SCAN p" in step or "SCAN activity_periods" in step for step in steps)


def test_no_statement_on_postgresql_reads_more_than_the_key_says(postgresql_storage: Storage) -> None:
    """Whether PostgreSQL plans for the values at hand or for any, as it does when a statement comes again."""
    storage = postgresql_storage
    users = [User(f"u{n}", "U", "UTC") for n in range(50)]
    periods = [
        ActivityPeriod(user.id, at * instants.HOUR, at * instants.HOUR + 1, 0, 0)
        for user in users
        for at in range(1_000)
    ]
    storage.bulk_import.store(users, periods)
    asked = {
        "ids": ["u3", "u7"],
        "starts": [9 * instants.HOUR] * 2,
        "ends": [99 * instants.HOUR] * 2,
        "most": 1_001,
        "at": 9 * instants.HOUR,
    }
    page = {
        "user_id": "u3",
        "started_at": 0,
        "ended_at": 0,
        "before": 99 * instants.HOUR,
        "after": 0,
        "limit": 5_000,
    }
    statements = [
        packing.HISTORIES["postgresql"],
        *(text for (_, dialect), text in Periods._WITHIN.items() if dialect == "postgresql"),
        Periods._LAST_START["postgresql"],
        Periods._AFTER,
    ]
    with storage.database.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        for mode in ("force_custom_plan", "force_generic_plan"):
            connection.exec_driver_sql(f"SET plan_cache_mode = {mode}")
            for statement in statements:
                rows = connection.execute(sa.text(f"EXPLAIN {statement.text}"), asked | page).scalars()
                plan = "\n".join(rows)
                assert re.search(r"Index.* (using|on) activity_periods_pkey", plan), plan
                assert "Seq Scan on activity_periods" not in plan


def test_questions_take_the_same_few_statements_however_many_are_asked_about(sqlite_storage: Storage) -> None:
    sqlite_storage.users.add_new([User(f"u{n}", "U", "UTC") for n in range(50)])
    app = TestApp(create_app(sqlite_storage))
    statements: list[str] = []
    assert sqlite_storage.database.engine is not None
    sqlite_storage.database.engine.dispose()
    sqlite_storage.database.idle_connections.clear()
    sa.event.listen(
        sqlite_storage.database.engine, "connect", lambda driver, _: driver.set_trace_callback(statements.append)
    )
    for ids in (["u1"], [f"u{n}" for n in range(50)]):
        for question, most in (
            ("summary", 2),
            ("overlap", 2),
            ("hours", 2),
            ("meeting", 2),
            ("presence", 3),
            ("loguseractivity", 1),
        ):
            statements.clear()
            ask(app, question, id_list=ids)
            asked = [s for s in statements if "SELECT" in s and "tokens" not in s and "migrations" not in s]
            assert len(asked) == most


# ---- the oracle: every minute, looked at one by one

MINUTES = 3 * 24 * 60
BERLIN_SUNDAY = at("2026-10-23T22:00:00Z")  # two days before the clocks go back in Berlin
periods = st.lists(st.tuples(st.integers(0, MINUTES - 1), st.integers(1, 1500)), max_size=6)
teams = st.lists(
    st.tuples(st.sampled_from(["Europe/Berlin", "Asia/Kathmandu", "America/Los_Angeles", "UTC"]), periods),
    min_size=1,
    max_size=3,
)


def minutes_of(pairs: list[tuple[int, int]], first: int, last: int) -> set[int]:
    return {m for start, length in pairs for m in range(start, start + length) if first <= m < last}


def instant_of(minute: int) -> int:
    return BERLIN_SUNDAY + minute * instants.MINUTE


@functools.cache
def wall(minute: int, tz: str) -> datetime:
    return instants.wall_clock(instant_of(minute), timezones.offset_at(instant_of(minute), timezones.zone(tz)))


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(team=teams, window=st.tuples(st.integers(0, MINUTES - 2), st.integers(1, MINUTES)), least=st.integers(1, 3))
def test_every_question_agrees_with_the_oracle(
    storage: Storage, team: list[tuple[str, list[tuple[int, int]]]], window: tuple[int, int], least: int
) -> None:
    first, last = window[0], min(window[0] + window[1], MINUTES)
    users = [User(f"u{index}", "U", tz) for index, (tz, _) in enumerate(team)]
    for user in storage.users.all():
        storage.users.delete(user.id)
    storage.bulk_import.store(
        users,
        (
            ActivityPeriod.in_zone(user, instant_of(start), instant_of(start + length))
            for user, (_, pairs) in zip(users, team, strict=True)
            for start, length in pairs
        ),
    )
    app = TestApp(create_app(storage))
    asked = {
        "id_list": [user.id for user in users],
        "from": time_formats.iso(instant_of(first), 0),
        "to": time_formats.iso(instant_of(last), 0),
    }
    active = [minutes_of(pairs, first, last) for _, pairs in team]

    overlap = ask(app, "overlap", **asked, min_members=least)
    enough = [minute for minute in range(first, last) if sum(minute in found for found in active) >= least]
    assert overlap["overlap_seconds"] == 60 * len(enough)
    assert overlap["matrix"] == [[60 * len(a & b) for b in active] for a in active]
    shown = {
        minute: [u.id for u, found in zip(users, active, strict=True) if minute in found] for minute in enough
    }
    for stretch in overlap["stretches"]:
        start, end = (
            time_formats.parse(stretch[key], timezones.zone("UTC"))[0] for key in ("start_time", "end_time")
        )
        for minute in range((start - BERLIN_SUNDAY) // instants.MINUTE, (end - BERLIN_SUNDAY) // instants.MINUTE):
            assert shown.pop(minute) == stretch["members"]
    assert not shown

    for day_zone in ("member", "Europe/Berlin"):
        summary = ask(app, "summary", **asked, day_zone=day_zone)
        for member, found, (tz, _) in zip(summary["members"], active, team, strict=True):
            zone = tz if day_zone == "member" else day_zone
            expected: dict[str, int] = {}
            for minute in found:
                name = wall(minute, zone).date().isoformat()
                expected[name] = expected.get(name, 0) + 60
            assert {
                day["date"]: day["active_seconds"] for day in member["days"] if day["active_seconds"]
            } == expected
            assert (
                sum(day["active_seconds"] for day in member["days"]) == member["active_seconds"] == 60 * len(found)
            )
            assert all(day["active_seconds"] <= day["length_seconds"] for day in member["days"])

    for zone_asked in ({}, {"tz": "Asia/Kathmandu"}):
        hours = ask(app, "hours", **asked, **zone_asked)
        for member, found, (tz, _) in zip(hours["members"], active, team, strict=True):
            zone = zone_asked.get("tz", tz)
            expected_shares = [0.0] * 168
            for hour, (part, whole) in by_hour(found, zone, first, last):
                expected_shares[hour] = part / whole
            assert member["hours"] == pytest.approx(expected_shares, abs=6e-5)

    middle = (first + last) // 2
    presence = ask(app, "presence", id_list=asked["id_list"], at=time_formats.iso(instant_of(middle), 0), tz="UTC")
    for member, (_, pairs) in zip(presence["members"], team, strict=True):
        everything = minutes_of(pairs, 0, 10**6)
        assert member["active"] == (middle in everything)
        if member["active"]:
            since = middle
            while since - 1 in everything:
                since -= 1
            assert member["since"] == time_formats.iso(instant_of(since), 0)
        else:
            before = [minute for minute in everything if minute < middle]
            last_active = time_formats.iso(instant_of(max(before) + 1), 0) if before else None
            assert member.get("last_active") == last_active


def by_hour(found: set[int], zone: str, first: int, last: int) -> Iterator[tuple[int, tuple[int, int]]]:
    parts: dict[int, list[int]] = {}
    for minute in range(first, last):
        shown = wall(minute, zone)
        part = parts.setdefault(shown.weekday() * 24 + shown.hour, [0, 0])
        part[0] += minute in found
        part[1] += 1
    yield from ((hour, (part[0], part[1])) for hour, part in parts.items())
