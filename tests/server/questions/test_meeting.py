"""When members could meet."""

from datetime import date, timedelta

import pytest
from webtest import TestApp

from ftlserver.domain import instants
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
