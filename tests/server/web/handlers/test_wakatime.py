"""Heartbeats of editor plugins, as wakatime-cli sends them and reads the answers."""

import itertools
import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa
from webtest import TestApp

from ftlserver.domain import instants
from ftlserver.domain.user import User
from ftlserver.storage import Storage
from ftlserver.storage.database import transaction
from ftlserver.web.app import create_app
from tests.helpers import EGON, MIB, all_rows, id_in_key, keys, make_key, make_token, send, serving, start_over

BULK = "/api/wakatime/users/current/heartbeats.bulk"
SINGLE = "/api/wakatime/users/current/heartbeats"
NOON = 1_773_835_200  # 2026-03-18T12:00:00Z
SECOND = instants.SECOND

# What wakatime-cli sends beside Authorization; Go adds the last one.
HEADERS = {
    "Accept": "application/json",
    "Content-Type": "application/json",
    "User-Agent": "wakatime/v1.115.2 (linux-6.8.0-51-generic-x86_64) go1.24.4 vscode/1.99.3 vscode-wakatime/25.0.3",
    "Timezone": "Europe/Berlin",
    "X-Machine-Name": "canary-laptop",
    "Accept-Encoding": "gzip",
}


def heartbeat(time: Any = NOON, **more: Any) -> dict[str, Any]:
    return {
        "branch": "canary-branch",
        "category": "coding",
        "cursorpos": 12,
        "dependencies": ["canary-dependency", "os"],
        "entity": "/home/egon/canary-project/ghost.py",
        "is_write": True,
        "language": "Python",
        "lineno": 42,
        "lines": 100,
        "project": "canary-project",
        "type": "file",
        "time": time,
        "user_agent": HEADERS["User-Agent"],
        **more,
    }


@pytest.fixture
def key(team: Storage) -> dict[str, str]:
    return make_key(team)


@pytest.fixture
def served(team: Storage) -> Iterator[str]:
    with serving(create_app(team)) as url:
        yield url


@pytest.fixture
def wakatime_app(sqlite_team: Storage) -> TestApp:
    return TestApp(create_app(sqlite_team))


def post(url: str, path: str, sent: object, headers: dict[str, str]) -> requests.Response:
    body = json.dumps(sent, separators=(",", ":")).encode()
    return requests.post(url + path, data=body, headers=HEADERS | headers, timeout=10)


def statuses(answer: dict[str, Any]) -> list[int]:
    """Read an answer as wakatime-cli does: a heartbeat with another status than 400 or 2xx is sent again."""
    found = []
    for document, status in answer["responses"]:
        found.append(status)
        if status >= 400:
            assert isinstance(document["error"], str)
            assert isinstance(document.get("errors", {}), dict)
        else:
            # Where they are, they are compared with what was sent, and must be equal.
            assert document["data"].keys().isdisjoint({"time", "entity"})
    return found


def test_the_heartbeats_of_an_editor_are_one_period_of_the_user_of_the_key(
    served: str, team: Storage, key: dict[str, str]
) -> None:
    before = all_rows(team)
    response = post(served, BULK, [heartbeat(NOON + minute * 60 + 0.123456) for minute in (0, 2, 4, 15, 28)], key)
    assert (response.status_code, response.headers["Content-Type"]) == (201, "application/json")
    assert statuses(response.json()) == [201] * 5
    (row,) = set(all_rows(team)) - set(before)
    start, end = NOON * SECOND + 123_456 - SECOND, (NOON + 28 * 60) * SECOND + 123_456
    assert row[:5] == (EGON.id, start, end, -7 * 3_600, -7 * 3_600)
    last = {"start_time": "2026-03-18T04:59:59.123456-07:00", "end_time": "2026-03-18T05:28:00.123456-07:00"}
    document, status = response.json()["responses"][-1]
    change = team.changes.newest(1)[0]
    assert (status, document) == (201, {"data": {"verdict": "extended", "period": last, "change": change.number}})
    assert change.caller == id_in_key(key)


def test_one_heartbeat_is_recorded_too(served: str, team: Storage, key: dict[str, str]) -> None:
    response = post(served, SINGLE, heartbeat(NOON), key)
    assert response.status_code == 201
    period = {"start_time": "2026-03-18T04:59:59-07:00", "end_time": "2026-03-18T05:00:00-07:00"}
    change = team.changes.newest(1)[0].number
    assert response.json() == {"ok": True, "data": {"verdict": "started", "period": period, "change": change}}
    assert (EGON.id, (NOON - 1) * SECOND, NOON * SECOND) in [row[:3] for row in all_rows(team)]
    refused = post(served, SINGLE, heartbeat("noon"), key)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_argument")
    assert refused.json()["errors"] == [{"pointer": "/time", "code": "wrong_type", "message": "expected a number"}]


def test_neither_file_nor_project_is_stored(sqlite_team: Storage) -> None:
    key = make_key(sqlite_team)
    with serving(create_app(sqlite_team)) as url:
        assert post(url, BULK, [heartbeat(NOON), heartbeat(NOON + 1)], key).status_code == 201
        response = post(url, BULK, [heartbeat(NOON), heartbeat("canary")], key)
    assert "canary" not in response.text
    path = Path(str(sqlite_team.database.file))
    stored = b"".join(file.read_bytes() for file in path.parent.iterdir() if file.name.startswith(path.name))
    assert EGON.id.encode() in stored
    assert b"canary" not in stored


def test_a_key_is_sent_alone_or_as_a_user_name(served: str, key: dict[str, str]) -> None:
    plain = b64decode(key["Authorization"].split()[1]).decode()
    for form in (plain, f"{plain}:", plain.upper()):
        sent = {"Authorization": f"Basic {b64encode(form.encode()).decode()}"}
        assert post(served, BULK, [heartbeat()], sent).status_code == 201, form
    assert requests.post(served + BULK, json=[heartbeat()], auth=(plain, ""), timeout=10).status_code == 201
    for form in (f":{plain}", f"{plain}:x", plain[:-1], plain.replace("-", ""), f"waka_{plain}", "", "\xff"):
        sent = {"Authorization": f"Basic {b64encode(form.encode('latin-1')).decode()}"}
        response = post(served, BULK, [heartbeat()], sent)
        assert (response.status_code, response.json()["error"]) == (401, "invalid_auth"), form
    for header in (f"Basic {plain}", f"Bearer {plain}", plain, key["Authorization"].replace("Basic", "Bearer")):
        response = post(served, BULK, [heartbeat()], {"Authorization": header})
        assert (response.status_code, response.json()["error"]) == (401, "invalid_auth"), header


def test_a_key_is_valid_nowhere_else_and_no_token_here(wakatime_app: TestApp, sqlite_team: Storage) -> None:
    key, admin = make_key(sqlite_team), make_token(sqlite_team, "admin", users=(EGON.id,))
    for method, path, body in (
        ("GET", "/api/whoami", None),
        ("POST", "/api/heartbeat", {"user_id": EGON.id}),
        ("POST", "/api/loguseractivity", {"id_list": [EGON.id]}),
    ):
        assert send(wakatime_app, method, path, body, admin).status_int == 200
        response = send(wakatime_app, method, path, body, key)
        assert (response.status_int, response.json["error"]) == (401, "invalid_auth")
    for path, body in ((BULK, [heartbeat()]), (SINGLE, heartbeat())):
        assert send(wakatime_app, "POST", path, body, key).status_int == 201
        assert send(wakatime_app, "POST", path, body, admin).json["error"] == "invalid_auth"
        nobody = send(wakatime_app, "POST", path, body)
        assert (nobody.status_int, nobody.json["error"]) == (401, "not_authed")
        assert "ftlserver token create --wakatime" in nobody.json["message"]


def test_a_key_ends_when_it_is_revoked_or_its_user_is_deleted(wakatime_app: TestApp, sqlite_team: Storage) -> None:
    revoked, bound = make_key(sqlite_team), make_key(sqlite_team)
    sqlite_team.tokens.revoke(id_in_key(revoked), instants.now())
    assert send(wakatime_app, "POST", BULK, [heartbeat()], revoked).status_int == 401
    sqlite_team.users.delete(EGON.id)
    sqlite_team.users.add_new([EGON])  # the id is given to another user
    response = send(wakatime_app, "POST", BULK, [heartbeat()], bound)
    assert (response.status_int, response.json["error"]) == (403, "missing_scope")
    assert "was deleted" in response.json["message"]


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"entity": "x"}, "time is missing"),
        (heartbeat(None), "not null"),
        (heartbeat("1773835200"), "expected a number"),
        (heartbeat(True), "expected a number"),
        (heartbeat([NOON]), "expected a number"),
        (heartbeat(0), "at least 1"),
        (heartbeat(-NOON), "at least 1"),
        (heartbeat(NOON * 1_000), "more than an hour in the future"),
        (heartbeat(1e308), "more than an hour in the future"),
        (heartbeat(10**17), "more than an hour in the future"),
        (None, "a JSON object"),
        ([heartbeat()], "a JSON object"),
        ("x", "a JSON object"),
    ],
)
def test_a_bad_heartbeat_is_dropped_in_its_place_and_the_others_are_stored(
    wakatime_app: TestApp, sqlite_team: Storage, bad: object, words: str
) -> None:
    sent = [heartbeat(NOON), bad, heartbeat(NOON + 60)]
    response = send(wakatime_app, "POST", BULK, sent, make_key(sqlite_team))
    assert (response.status_int, statuses(response.json)) == (201, [201, 400, 201])
    refused = response.json["responses"][1][0]
    assert (refused["ok"], refused["status"]) == (False, 400)
    assert words in refused["message"]
    assert (EGON.id, (NOON - 1) * SECOND, (NOON + 60) * SECOND) in keys(sqlite_team)


def test_a_pause_of_fifteen_minutes_is_activity_and_a_longer_one_is_not(
    wakatime_app: TestApp, sqlite_team: Storage
) -> None:
    start_over(sqlite_team)
    key = make_key(sqlite_team, "a")
    for at in (NOON, NOON + 900, NOON + 900 + 902):
        assert send(wakatime_app, "POST", BULK, [heartbeat(at)], key).status_int == 201
    assert [(start // SECOND - NOON, end // SECOND - NOON) for _, start, end in keys(sqlite_team)] == [
        (-1, 900),
        (1801, 1802),
    ]


def test_heartbeats_in_any_order_and_sent_again_are_the_same_rows(
    wakatime_app: TestApp, sqlite_team: Storage
) -> None:
    found = set()
    for times in itertools.permutations([0, 1_200, 720]):
        start_over(sqlite_team)
        key = make_key(sqlite_team, "a")
        for _ in range(2):
            sent = [heartbeat(NOON + time) for time in times]
            assert statuses(send(wakatime_app, "POST", BULK, sent, key).json) == [201] * 3
        found.add(tuple(keys(sqlite_team)))
    assert len(found) == 1


def test_a_bulk_has_limits(wakatime_app: TestApp, sqlite_team: Storage) -> None:
    key = make_key(sqlite_team)
    assert send(wakatime_app, "POST", BULK, [], key).json == {"ok": True, "responses": []}
    many = [heartbeat(NOON + number) for number in range(101)]
    assert statuses(send(wakatime_app, "POST", BULK, many[:100], key).json) == [201] * 100
    response = send(wakatime_app, "POST", BULK, many, key)
    assert (response.status_int, response.json["error"]) == (400, "too_many_heartbeats")
    assert response.json["max"] == 100
    response = send(wakatime_app, "POST", BULK, [heartbeat(entity="x" * MIB)], key)
    assert (response.status_int, response.json["error"]) == (413, "body_too_large")
    for body in (heartbeat(), {}, "x", 5, None):
        response = wakatime_app.post(
            BULK, json.dumps(body), headers=key, content_type="application/json", expect_errors=True
        )
        assert (response.status_int, response.json["error"]) == (400, "invalid_argument"), body
        assert "a list of heartbeats" in response.json["message"]


def test_a_user_whose_zone_is_unknown_gets_no_rows_and_the_editor_sends_again_later(
    wakatime_app: TestApp, sqlite_team: Storage
) -> None:
    sqlite_team.bulk_import.store([User("x", "X", "UTC")], [])
    with transaction(sqlite_team.database, write=True) as connection:
        connection.execute(sa.text("UPDATE users SET tz = 'Mars/Olympus' WHERE id = 'x'"))
    response = send(wakatime_app, "POST", BULK, [heartbeat()], make_key(sqlite_team, "x"))
    assert (response.status_int, response.json["error"]) == (422, "unknown_timezone")
