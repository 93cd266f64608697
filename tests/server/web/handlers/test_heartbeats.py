"""Heartbeats over HTTP."""

from typing import Any

import pytest
from webtest import TestApp

from ftlserver.domain import instants
from ftlserver.domain.user import User
from ftlserver.storage import Storage
from tests.helpers import EGON, all_rows, at, in_seconds, refused_request, request


def send_heartbeat(app: TestApp, **more: object) -> Any:
    response = request(app, "POST", "/api/heartbeat/", {"user_id": EGON.id, **more})
    assert response.status_int == 200, response.text
    return response.json


def test_a_heartbeat_returns_its_status_and_its_period(app: TestApp, team: Storage) -> None:
    first = send_heartbeat(app, at="2026-01-05T09:00:00-08:00")
    change = {"change": first["change"]}
    assert first == change | {
        "ok": True,
        "verdict": "started",
        "period": {"start_time": "2026-01-05T08:59:59-08:00", "end_time": "2026-01-05T09:00:00-08:00"},
    }
    whole = {"start_time": "2026-01-05T08:59:59-08:00", "end_time": "2026-01-05T09:05:00-08:00"}
    extended = {"ok": True, "verdict": "extended", "period": whole} | change
    assert send_heartbeat(app, at="2026-01-05T17:05:00Z") == extended
    unchanged = extended | {"verdict": "unchanged", "change": None}
    assert send_heartbeat(app, at="Jan 05 2026 09:03AM") == unchanged
    assert send_heartbeat(app, at="2026-01-05T09:05:05-08:00", gap=4)["verdict"] == "started"
    assert len(all_rows(team)) == 8


def test_the_start_of_a_heartbeat_has_the_offset_in_force_at_that_instant(
    sqlite_app: TestApp, sqlite_team: Storage
) -> None:
    """Clocks in Sao Paulo went from 00:00 to 01:00."""
    sqlite_team.bulk_import.store([User("sp", "S", "America/Sao_Paulo")], [])
    for shown in ("2018-11-04T03:00:00Z", "2018-11-04T01:00", "2018-11-04T01:00-02:00"):
        assert send_heartbeat(sqlite_app, user_id="sp", at=shown)["period"] == {
            "start_time": "2018-11-03T23:59:59-03:00",
            "end_time": "2018-11-04T01:00:00-02:00",
        }
    elsewhere = send_heartbeat(sqlite_app, user_id="sp", at="2019-11-04T01:00+05:30")["period"]
    assert elsewhere["start_time"] == "2019-11-04T00:59:59+05:30"


def test_a_heartbeat_without_a_time_is_recorded_as_of_now(sqlite_app: TestApp, sqlite_team: Storage) -> None:
    before = instants.now()
    ends = at(send_heartbeat(sqlite_app)["period"]["end_time"])
    assert before <= ends <= instants.now()
    assert send_heartbeat(sqlite_app)["verdict"] == "extended"


@pytest.mark.parametrize(
    ("more", "status", "error"),
    [
        ({"at": "2026-01-05"}, 400, "invalid_argument"),
        ({"at": "x"}, 400, "invalid_argument"),
        ({"at": 5}, 400, "invalid_argument"),
        ({"at": None}, 400, "invalid_argument"),
        ({"at": "9999-12-30T00:00:00Z"}, 400, "invalid_argument"),
        ({"at": "9999-12-31T23:59:59"}, 400, "invalid_argument"),
        ({"at": "0001-01-01T00:00:00Z"}, 400, "invalid_argument"),
        ({"at": "1969-12-31T23:59:59Z"}, 422, "invalid_period"),
        ({"at": "1970-01-01T00:00:00.999999Z"}, 422, "invalid_period"),
        ({"at": "2026-03-08T02:30:00"}, 422, "nonexistent_local_time"),
        ({"at": "2026-11-01T01:30:00"}, 422, "ambiguous_local_time"),
        ({"gap": 0}, 400, "invalid_argument"),
        ({"gap": -1}, 400, "invalid_argument"),
        ({"gap": 86_401}, 400, "invalid_argument"),
        ({"gap": 10**17}, 400, "invalid_argument"),
        ({"gap": 1.5}, 400, "invalid_argument"),
        ({"gap": True}, 400, "invalid_argument"),
        ({"gap": "300"}, 400, "invalid_argument"),
        ({"user_id": "unknown"}, 404, "user_not_found"),
        ({"user_id": ""}, 400, "invalid_argument"),
        ({"user_id": None}, 400, "invalid_argument"),
        ({"user_id": ["W012A3CDE"]}, 400, "invalid_argument"),
        ({"x": 1}, 400, "unknown_field"),
    ],
    ids=str,
)
def test_an_invalid_heartbeat_is_refused(
    sqlite_app: TestApp, sqlite_team: Storage, more: dict[str, object], status: int, error: str
) -> None:
    assert refused_request(sqlite_app, "POST", "/api/heartbeat/", {"user_id": EGON.id, **more})[:2] == (
        status,
        error,
    )
    assert len(all_rows(sqlite_team)) == 6


def test_a_heartbeat_may_be_at_the_start_of_1970_or_an_hour_ahead(sqlite_app: TestApp) -> None:
    assert (
        send_heartbeat(sqlite_app, at="1970-01-01T00:00:01Z")["period"]["start_time"]
        == "1969-12-31T16:00:00-08:00"
    )
    assert send_heartbeat(sqlite_app, at="1970-01-01T00:00:01.5Z")["verdict"] == "extended"
    (far,) = in_seconds(3_590)
    assert send_heartbeat(sqlite_app, at=far)["verdict"] == "started"
    (further,) = in_seconds(3_660)
    assert refused_request(sqlite_app, "POST", "/api/heartbeat/", {"user_id": EGON.id, "at": further})[0] == 400
