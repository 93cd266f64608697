"""Tokens: when they are needed, and which are refused."""

import json
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from webtest import TestApp

from ftlserver.domain import instants
from ftlserver.domain import token as tokens
from ftlserver.domain.token import FEED
from ftlserver.storage import Storage, database
from ftlserver.web import auth
from ftlserver.web.app import WAKATIME_KEY, create_app
from ftlserver.web.middleware import Policy
from tests.helpers import ABOUT_EGON, EGON, id_in, make_team, make_token, send, store_team, talk, wait_for_url
from tests.server.web.sample_requests import ROUTE_TABLE, sample_of


def test_whoami_returns_the_scopes_and_users_of_a_token(sqlite_storage: Storage) -> None:
    app = TestApp(create_app(sqlite_storage))
    policies = {"policies": {"overlaps": "store", "oldest": None}}
    everything = {"ok": True, "name": None, "scopes": ["admin", "read", "write"], "user_ids": None} | policies
    assert app.get("/api/whoami").json == everything
    admin, write = make_token(sqlite_storage, "admin"), make_token(sqlite_storage, "write", users=("b", "a"))
    assert app.get("/api/whoami", headers=admin).json == everything | {"name": "test"}
    shown = {"ok": True, "name": "test", "scopes": ["write"], "user_ids": ["a", "b"]} | policies
    assert app.get("/api/whoami", headers=write).json == shown


def test_the_first_token_closes_an_open_server(sqlite_storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    assert auth._LOOK_SECONDS <= 1
    monkeypatch.setattr(auth, "_LOOK_SECONDS", 0)
    app = TestApp(create_app(sqlite_storage))
    assert send(app, "POST", "/api/loguseractivity", ABOUT_EGON).status_int == 200
    headers = make_token(sqlite_storage, "read")
    refused = send(app, "POST", "/api/loguseractivity", ABOUT_EGON)
    assert (refused.status_int, refused.json["error"]) == (401, "not_authed")
    assert refused.headers["WWW-Authenticate"] == 'Bearer realm="ftl"'
    assert "locked" not in refused.json["message"]
    assert send(app, "POST", "/api/loguseractivity", ABOUT_EGON, headers).status_int == 200
    sqlite_storage.tokens.revoke(id_in(headers), instants.now())
    assert send(app, "POST", "/api/loguseractivity", ABOUT_EGON).status_int == 401  # the server stays closed


def test_an_open_server_does_not_look_for_tokens_at_every_request(
    sqlite_storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "_LOOK_SECONDS", 3_600)
    app = TestApp(create_app(sqlite_storage))
    assert send(app, "GET", "/api/whoami").status_int == 200
    make_token(sqlite_storage, "read")
    assert send(app, "GET", "/api/whoami").status_int == 200  # it has not looked again yet


def test_a_public_server_without_tokens_is_locked_and_its_errors_say_so(sqlite_storage: Storage) -> None:
    app = TestApp(create_app(sqlite_storage, Policy.of("0.0.0.0", ["localhost"])))
    for method, path, scope in ROUTE_TABLE:
        sample = sample_of(method, path)
        response = send(app, method, *sample)
        if scope is None:
            assert response.status_int == 200
        elif scope == FEED:
            assert (response.status_int, response.json["error"]) == (404, "not_found")
        else:
            assert (response.status_int, response.json["error"]) == (401, "not_authed")
            assert ("token create --wakatime" if scope == WAKATIME_KEY else "locked") in response.json["message"]


@pytest.mark.parametrize(
    ("address", "arguments", "is_local"),
    [
        ("127.0.0.1", {}, True),
        ("127.0.0.5", {}, True),
        ("::1", {}, True),
        ("127.0.0.1", {"hosts": ["localhost", "LOCALHOST.", "[::1]:8080"]}, True),
        ("127.0.0.1", {"public_read": True}, True),
        ("127.0.0.1", {"hosts": ["ftl.example.org"]}, False),
        ("127.0.0.1", {"trusted_proxy": "127.0.0.1"}, False),
        ("127.0.0.1", {"trusted_proxy": "*"}, False),
        ("0.0.0.0", {}, False),
        ("::", {}, False),
        ("192.168.1.5", {}, False),
        ("fe80::1", {}, False),
    ],
)
def test_a_policy_is_local_only_if_its_address_hosts_and_proxy_are(
    address: str, arguments: dict[str, Any], is_local: bool
) -> None:
    assert Policy.of(address, **arguments).is_local == is_local


def bad_tokens(storage: Storage) -> Iterator[str]:
    """Yield Authorization headers that are all invalid."""
    good = make_token(storage, "admin")["Authorization"]
    yield make_token(storage, "admin", expires_at=instants.now())["Authorization"]
    yield make_token(storage, "admin", expires_at=0)["Authorization"]
    yield make_token(storage, "admin", revoked_at=instants.now())["Authorization"]
    yield f"Bearer {tokens.mint()[1]}"
    yield good[:-1] + ("A" if good[-1] != "A" else "B")  # the id of a token with another secret
    yield good[:-1]
    yield good + "A"
    yield good.swapcase()
    yield good.replace("Bearer", "Basic")
    yield good.replace("Bearer", "Token")
    yield good.replace("Bearer ", "")
    yield good.replace(" ", "")
    yield good.replace(" ", " Bearer ")
    yield good + ", " + good
    yield ""
    yield "Bearer"
    yield "Bearer "
    yield "Bearer ftl_"
    yield "Bearer \xe4\xf6\xfc"
    yield "\xff"
    yield "Bearer ftl_00000000_" + "\xb2" * 43
    yield "Bearer ftl_' OR 1=_" + "A" * 43
    yield "Bearer " + "A" * 10_000


@pytest.mark.parametrize("policy", [Policy(), Policy(public_read=True, is_local=False)], ids=["own", "public"])
def test_whatever_is_wrong_with_a_token_the_answer_is_the_same(sqlite_storage: Storage, policy: Policy) -> None:
    bodies = set()
    for authorization in bad_tokens(sqlite_storage):
        app = TestApp(create_app(sqlite_storage, policy))  # a new one, which has counted no failure
        for path in ("/api/loguseractivity", "/api/export", "/api/users/unknown", "/api/whoami"):
            method = "POST" if path == "/api/loguseractivity" else "GET"
            response = send(app, method, path, headers={"Authorization": authorization})
            assert response.headers["WWW-Authenticate"] == 'Bearer realm="ftl", error="invalid_token"'
            bodies.add(json.dumps({**response.json, "request_id": ""}))
    assert len(bodies) == 1
    assert '"invalid_auth"' in bodies.pop()


def test_a_bad_token_is_refused_by_an_open_server_too(sqlite_storage: Storage) -> None:
    app = TestApp(create_app(sqlite_storage))
    for authorization in (f"Bearer {tokens.mint()[1]}", "x", ""):
        response = send(app, "GET", "/api/whoami", headers={"Authorization": authorization})
        assert (response.status_int, response.json["error"]) == (401, "invalid_auth")
    assert app.get("/api/whoami").status_int == 200


def test_the_authorization_scheme_is_case_insensitive(sqlite_storage: Storage) -> None:
    headers = make_token(sqlite_storage, "read")
    app = TestApp(create_app(sqlite_storage))
    for scheme in ("Bearer", "bearer", "BEARER"):
        shown = {"Authorization": headers["Authorization"].replace("Bearer", scheme)}
        assert send(app, "GET", "/api/whoami", headers=shown).status_int == 200


def test_a_token_in_the_query_string_or_the_body_is_not_accepted(sqlite_storage: Storage) -> None:
    secret = make_token(sqlite_storage, "admin")["Authorization"].split()[1]
    app = TestApp(create_app(sqlite_storage))
    for query in (f"?token={secret}", f"?access_token={secret}", f"?Authorization=Bearer%20{secret}"):
        assert send(app, "GET", "/api/whoami" + query).status_int == 401
    assert send(app, "POST", "/api/loguseractivity", {**ABOUT_EGON, "token": secret}).status_int == 401


def test_revoking_a_token_takes_effect_at_the_next_request(storage: Storage) -> None:
    headers = make_token(storage, "read")
    app = TestApp(create_app(storage))
    for _ in range(3):
        assert send(app, "GET", "/api/whoami", headers=headers).status_int == 200
    storage.tokens.revoke(id_in(headers), instants.now())
    assert send(app, "GET", "/api/whoami", headers=headers).status_int == 401


def test_the_last_use_of_a_token_is_recorded_at_most_once_a_minute(
    sqlite_storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = make_token(sqlite_storage, "read")
    app = TestApp(create_app(sqlite_storage))
    stored = sqlite_storage.tokens
    before = instants.now()
    assert send(app, "GET", "/api/whoami", headers=headers).status_int == 200
    first = stored.get(id_in(headers)).last_used_at
    assert first is not None
    assert before <= first <= instants.now()
    send(app, "GET", "/api/whoami", headers=headers)
    assert stored.get(id_in(headers)).last_used_at == first
    again = TestApp(create_app(sqlite_storage))  # a server that has not recorded anything itself
    send(again, "GET", "/api/whoami", headers=headers)
    assert stored.get(id_in(headers)).last_used_at == first
    stored.touch(id_in(headers), first - 61 * instants.SECOND)
    send(TestApp(create_app(sqlite_storage)), "GET", "/api/whoami", headers=headers)
    assert (stored.get(id_in(headers)).last_used_at or 0) >= first


def test_a_request_neither_fails_nor_waits_when_the_last_use_of_its_token_cannot_be_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 120)  # waiting for the lock would take longer than the test
    path = tmp_path / "ftl.sqlite3"
    with Storage.open(str(path), threads=4) as storage:
        headers = make_token(storage, "read")
        app = TestApp(create_app(storage))
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        statuses: list[int] = []
        thread = threading.Thread(
            target=lambda: statuses.append(send(app, "GET", "/api/whoami", headers=headers).status_int)
        )
        thread.start()
        thread.join(20)
        was_answered = not thread.is_alive()
        other.execute("ROLLBACK")
        other.close()
        thread.join()
        assert was_answered
        assert statuses == [200]
        assert storage.tokens.get(id_in(headers)).last_used_at is None
        send(TestApp(create_app(storage)), "GET", "/api/whoami", headers=headers)
        assert storage.tokens.get(id_in(headers)).last_used_at is not None


@pytest.mark.slow
def test_a_secret_is_neither_stored_nor_logged_nor_in_a_command_line(tmp_path: Path) -> None:
    path = tmp_path / "ftl.sqlite3"
    ftlserver = [sys.executable, "-m", "ftlserver", "--database", str(path)]
    create = [*ftlserver, "token", "create", "--name", "canary", "--scope", "admin"]
    secret = subprocess.run(create, capture_output=True, text=True, check=True).stdout.strip()
    assert tokens.id_of(secret)
    with subprocess.Popen([*ftlserver, "serve", "--port", "0"], stderr=subprocess.PIPE, text=True) as process:
        url = wait_for_url(process)
        for request in (
            f"GET /api/whoami HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {secret}\r\n\r\n",
            f"GET /api/whoami HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {secret}\r\n\r\n",
            f"GET /api/whoami?token={secret} HTTP/1.1\r\nHost: localhost\r\n\r\n",
            f"GET /api/whoami HTTP/1.1\r\nHost: evil.test\r\nAuthorization: Bearer {secret}\r\n\r\n",
            f"nonsense {secret}\r\n\r\n",
        ):
            received = talk(url, request.encode())
            assert secret.encode() not in received
        commands = [cmdline.read_bytes() for cmdline in Path("/proc").glob("[0-9]*/cmdline") if cmdline.exists()]
        process.terminate()
        assert process.stderr is not None
        log = process.stderr.read()
    assert log.count("/api/whoami 200 ") == 1
    files = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert tokens.digest(secret).encode() in files
    assert not [text for text in [files, log.encode(), *commands] if secret[13:].encode() in text]


def test_a_token_is_one_statement_and_who_is_in_its_team_one_more(sqlite_storage: Storage) -> None:
    store_team(sqlite_storage)
    make_team(sqlite_storage, "backend", EGON)
    app = TestApp(create_app(sqlite_storage))
    statements: list[str] = []
    assert sqlite_storage.database.engine is not None
    sqlite_storage.database.engine.dispose()
    sqlite_storage.database.idle_connections.clear()
    sa.event.listen(
        sqlite_storage.database.engine, "connect", lambda driver, _: driver.set_trace_callback(statements.append)
    )
    for headers, most in (
        (make_token(sqlite_storage, "read"), 1),
        (make_token(sqlite_storage, "read", users=(EGON.id,)), 1),
        (make_token(sqlite_storage, "read", team_id="backend"), 2),
    ):
        app.get("/api/whoami", headers=headers)  # it notes the use of the token once a minute
        statements.clear()
        assert app.get("/api/whoami", headers=headers).status_int == 200
        assert (
            len([statement for statement in statements if not ("migrations" in statement or "marks" in statement)])
            == most
        )
