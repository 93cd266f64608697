"""Who is active at an instant, and since when."""

from webtest import TestApp

from ftlserver.domain.user import User
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
