"""When members were active at the same time."""

from typing import Any

import pytest
from webtest import TestApp

from ftlserver.domain.user import User
from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests.helpers import ABOUT_BOTH, EGON, GLINDA, ask, assignment_periods, put, refused


def test_the_assignments_members_never_overlap(app: TestApp) -> None:
    answer = ask(app, "overlap", **ABOUT_BOTH)
    assert (answer["overlap_seconds"], answer["stretches"]) == (0, [])
    assert answer["matrix"] == [[20340, 0], [0, 20340]]


def test_in_one_zone_the_assignments_members_overlap_completely(storage: Storage) -> None:
    there = User(GLINDA.id, GLINDA.real_name, EGON.tz)
    storage.bulk_import.store([EGON, there], assignment_periods(EGON) + assignment_periods(there))
    answer = ask(TestApp(create_app(storage)), "overlap", **ABOUT_BOTH)
    assert (answer["overlap_seconds"], len(answer["stretches"])) == (20340, 3)
    assert (answer["tz"], answer["at_least"]) == ("UTC", [20340, 20340])
    assert answer["matrix"] == [[20340, 20340], [20340, 20340]]
    assert answer["stretches"][0] == {
        "start_time": "2020-02-01T21:33:00+00:00",
        "end_time": "2020-02-01T21:54:00+00:00",
        "seconds": 1260,
        "members": ["W012A3CDE", "W07QCRPA4"],
    }


def test_overlap_of_min_members_names_them(storage: Storage) -> None:
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
    assert answer["at_least"] == [8 * 3600, 4 * 3600, 3600]
    assert refused(TestApp(create_app(storage)), "overlap", all=True, min_members=True)[1] == "invalid_argument"
    assert refused(TestApp(create_app(storage)), "overlap", all=True, min_members=0)[1] == "invalid_argument"


@pytest.mark.parametrize("about", [{"id_list": [EGON.id, GLINDA.id, EGON.id]}, {"all": True}])
def test_more_members_than_the_question_is_about_cannot_be_active(app: TestApp, about: dict[str, Any]) -> None:
    response = app.post_json("/api/overlap/", about | {"min_members": 3}, status=400)
    assert response.json["error"] == "invalid_argument"
    assert response.json["message"] == "min_members is 3, but the question is about 2 members"
    assert response.json["errors"][0]["pointer"] == "/min_members"
    assert refused(app, "overlap", id_list=["absent"], min_members=2) == (400, "invalid_argument", "/min_members")


def test_an_unknown_member_counts_as_one_and_is_named(app: TestApp) -> None:
    answer = ask(app, "overlap", id_list=[EGON.id, "absent"], min_members=2)
    assert (answer["min_members"], answer["overlap_seconds"], answer["not_found"]) == (2, 0, ["absent"])
    answer = ask(app, "overlap", id_list=["absent"], min_members=1)
    assert (answer["members"], answer["not_found"], answer["at_least"]) == ([], ["absent"], [])


def test_an_overlap_names_its_zone(app: TestApp) -> None:
    assert ask(app, "overlap", **ABOUT_BOTH, tz="Asia/Tokyo")["tz"] == "Asia/Tokyo"
