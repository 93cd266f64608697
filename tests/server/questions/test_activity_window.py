"""The assignment's question, with a window and in other zones."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from webtest import TestApp

from ftlserver.domain import timezones
from ftlserver.domain.user import User
from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests import plain
from tests.helpers import ABOUT_BOTH, ask, put, record, store_team


def test_a_window_selects_periods_that_reach_into_it_and_clip_trims_them(app: TestApp) -> None:
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


def test_a_trimmed_time_has_the_offset_in_force_at_that_instant(storage: Storage) -> None:
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
    window = ask(app, "loguseractivity", **ABOUT_BOTH, **{"from": "2020-03-01", "to": "2020-03-02"})["window"]
    assert window["by_member"]["W012A3CDE"] == {"from": "2020-03-01T08:00:00Z", "to": "2020-03-02T08:00:00Z"}
    assert window["by_member"]["W07QCRPA4"] == {"from": "2020-02-29T18:30:00Z", "to": "2020-03-01T18:30:00Z"}
    assert (window["from"], window["to"]) == ("2020-02-29T18:30:00Z", "2020-03-02T08:00:00Z")
    answer = ask(app, "loguseractivity", **ABOUT_BOTH, tz="UTC", **{"from": "2020-03-01", "to": "2020-03-02"})
    assert (answer["window"]["from"], answer["window"]["to"]) == ("2020-03-01T00:00:00Z", "2020-03-02T00:00:00Z")
    assert "by_member" not in answer["window"]


def test_times_are_shown_in_the_zone_of_the_question(app: TestApp) -> None:
    answer = ask(app, "loguseractivity", id_list=["W07QCRPA4"], tz="Europe/Berlin", time_format="iso")
    assert answer["members"][0]["activity_periods"][0]["start_time"] == "2020-02-01T09:03:00+01:00"
    assert "window" not in answer


@pytest.mark.slow
def test_every_zone_is_accepted_and_answers_with_its_own_offset(sqlite_storage: Storage) -> None:
    store_team(sqlite_storage)
    app = TestApp(create_app(sqlite_storage))
    zones = {f"u{number}": name for number, name in enumerate(sorted(timezones.zone_names()))}
    for name in zones.values():
        answer = app.post_json("/api/loguseractivity/", ABOUT_BOTH | {"tz": name, "time_format": "iso"}).body
        assert answer == plain.answer(sqlite_storage, ABOUT_BOTH["id_list"], "iso", tz=ZoneInfo(name))
    sqlite_storage.users.add_new([User(user_id, name, name) for user_id, name in zones.items()])
    times = [f"2025-{month:02}-15T12:00:00" for month in (1, 7)]
    ends = [text.replace("T12", "T13") for text in times]
    sent = [
        {"user_id": user_id, "start_time": start, "end_time": end}
        for user_id in zones
        for start, end in zip(times, ends, strict=True)
    ]
    assert record(app, *sent)["inserted"] == 2 * len(zones)
    for member in ask(app, "loguseractivity", id_list=list(zones), time_format="iso")["members"]:
        assert [period["start_time"] for period in member["activity_periods"]] == [
            datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zones[member["id"]])).isoformat()
            for text in times
        ]


def test_without_a_window_the_answer_is_the_assignments_byte_for_byte(app: TestApp) -> None:
    plain = app.post_json("/api/loguseractivity/", ABOUT_BOTH).body
    assert b"window" not in plain
    assert app.get("/api/loguseractivity/?id=W012A3CDE&id=W07QCRPA4").body == plain
    assert (
        app.post_json("/api/loguseractivity/", {"all": True}).json["members"]
        == ask(app, "loguseractivity", **ABOUT_BOTH)["members"]
    )


def test_without_a_window_future_periods_are_included(storage: Storage) -> None:
    put(storage, User("u", "U", "UTC"), ("2990-01-01T00:00Z", "2990-01-01T01:00Z"))
    app = TestApp(create_app(storage))
    for more in ({}, {"tz": "Asia/Tokyo"}, {"clip": True}):
        assert len(ask(app, "loguseractivity", id_list=["u"], **more)["members"][0]["activity_periods"]) == 1
    answer = ask(app, "loguseractivity", id_list=["u"], **{"from": "2989-01-01", "to": "2990-01-02"})
    assert len(answer["members"][0]["activity_periods"]) == 1
