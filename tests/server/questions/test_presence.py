"""Who is active at an instant, and since when."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from webtest import TestApp

from ftlserver.commands import sample_data
from ftlserver.domain.user import User
from ftlserver.questions import limits
from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests.helpers import EGON, ask, put, refused


def test_presence_says_who_is_active_and_since_when(app: TestApp, team: Storage) -> None:
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


def test_presence_uses_the_period_that_ended_last_not_the_one_that_started_last(storage: Storage) -> None:
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


def workers(storage: Storage) -> TestApp:
    """Give an application with users who work 9 to 17 on weekdays of October 2026, and one without a habit."""
    for user_id, tz in (("berlin", "Europe/Berlin"), ("sydney", "Australia/Sydney")):
        days = [date(2026, 9, 28) + timedelta(days=number) for number in range(28)]
        times = [(f"{day}T09:00", f"{day}T17:00") for day in days if day.weekday() < 5]
        put(storage, User(user_id, user_id, tz), *times)
    put(storage, User("new", "New", "UTC"), ("2026-10-20T09:00", "2026-10-20T17:00"))
    return TestApp(create_app(storage))


def test_presence_says_when_those_who_are_away_are_usually_back(sqlite_storage: Storage) -> None:
    app = workers(sqlite_storage)
    # Saturday, before the night in which Berlin's clocks go back.
    answer = ask(app, "presence", id_list=["berlin", "sydney", "new"], at="2026-10-24T12:00Z", usually_back=True)
    assert [member.get("usually_back") for member in answer["members"]] == [
        "2026-10-26T09:00:00+01:00",
        "2026-10-26T09:00:00+11:00",
        None,
    ]
    assert answer["usually_back"] == "2026-10-25T22:00:00+00:00"
    shown = ask(app, "presence", id_list=["berlin"], at="2026-10-24T12:00Z", usually_back=True, tz="UTC")
    assert shown["members"][0]["usually_back"] == shown["usually_back"] == "2026-10-26T08:00:00+00:00"
    assert "usually_back" not in str(ask(app, "presence", id_list=["berlin"], at="2026-10-24T12:00Z"))


def test_who_is_active_is_not_away_and_nor_is_the_team(sqlite_storage: Storage) -> None:
    app = workers(sqlite_storage)
    answer = ask(app, "presence", id_list=["berlin", "sydney"], at="2026-10-21T12:00Z", usually_back=True)
    berlin, sydney = answer["members"]
    assert (berlin["active"], "usually_back" in berlin) == (True, False)
    assert sydney["usually_back"] == "2026-10-22T09:00:00+11:00"
    assert "usually_back" not in answer


def test_in_a_usual_hour_who_is_away_may_be_back_at_once(sqlite_storage: Storage) -> None:
    app = workers(sqlite_storage)
    answer = ask(app, "presence", id_list=["berlin"], at="2026-10-26T10:20Z", usually_back=True)
    assert (answer["members"][0]["active"], answer["usually_back"]) == (False, "2026-10-26T10:20:00+00:00")


def test_who_has_left_does_not_come_back(sqlite_storage: Storage) -> None:
    app = workers(sqlite_storage)
    app.patch_json("/api/users/berlin", {"left_at": "2026-10-24"})
    answer = ask(app, "presence", all=True, at="2026-10-24T12:00Z", usually_back=True)
    assert "usually_back" not in answer["members"][0]
    assert answer["usually_back"] == "2026-10-25T22:00:00+00:00"
    app.patch_json("/api/users/sydney", {"left_at": "2026-10-24"})
    assert "usually_back" not in ask(app, "presence", all=True, at="2026-10-24T12:00Z", usually_back=True)


def test_the_return_of_too_many_is_refused(sqlite_storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MEMBERS_OF_RETURN", 2)
    app = workers(sqlite_storage)
    response = app.post_json("/api/presence/", {"all": True, "usually_back": True}, status=400)
    assert (response.json["error"], response.json["max"]) == ("too_much", 2)
    assert ask(app, "presence", all=True)["members"]


@pytest.mark.slow
def test_back_is_the_next_minute_of_a_usual_hour(sqlite_storage: Storage) -> None:
    now = datetime(2026, 10, 21, 12, tzinfo=UTC)
    team = [
        (user, found)
        for user, found in sample_data.demo_team(round(now.timestamp()) * 1_000_000)
        if len(found) > 9
    ]
    sqlite_storage.bulk_import.store([user for user, _ in team], [one for _, found in team for one in found])
    app = TestApp(create_app(sqlite_storage))
    for hours in range(0, 9 * 24, 17):
        at = now + timedelta(hours=hours, minutes=7)
        answer = ask(app, "presence", all=True, at=at.isoformat(), usually_back=True)
        window = {"from": (at - timedelta(weeks=8)).strftime("%Y-%m-%dT00:00:00Z"), "to": at.isoformat()}
        shares = {member["id"]: member["hours"] for member in ask(app, "hours", all=True, **window)["members"]}
        for member in answer["members"]:
            if member["active"]:
                continue
            usual = [
                share >= min(0.25, sum(sorted(shares[member["id"]])[-10:]) / 20) for share in shares[member["id"]]
            ]
            minute, tz = at, ZoneInfo(member["tz"])
            while not usual[minute.astimezone(tz).weekday() * 24 + minute.astimezone(tz).hour]:
                minute += timedelta(minutes=1)
                if minute.astimezone(tz).minute == 0:
                    minute = minute.replace(second=0, microsecond=0)
            assert datetime.fromisoformat(member["usually_back"]) == minute, member
