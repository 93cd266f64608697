"""The door: which names, which pages and which tokens open what. The matrix is made from the route table."""

import json
import re
import secrets
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from webtest import TestApp, TestRequest, TestResponse

from ftlserver.domain import instants
from ftlserver.domain import token as tokens
from ftlserver.domain.token import Token
from ftlserver.domain.user import User
from ftlserver.errors import ConfigError
from ftlserver.storage import Storage, database
from ftlserver.web import auth
from ftlserver.web.app import ANY_TOKEN, ROUTES, create_app
from ftlserver.web.middleware import Policy
from tests.conftest import EGON, GLINDA, all_rows, assignment_periods, in_threads, serving
from tests.server.test_serving import answer, finished, talk, wait_for_url

ASK = {"id_list": [EGON.id]}
TABLE = [(route.method, route.path, route.scope) for route in ROUTES]
NOBODY = User("nobody", "N", "UTC")


def make_token(
    storage: Storage,
    *scopes: str,
    users: tuple[str, ...] | None = None,
    expires_at: int | None = None,
    revoked_at: int | None = None,
) -> dict[str, str]:
    """Add a token to the storage, and return the headers that show it."""
    id_, secret = tokens.mint()
    token = Token(id_, "test", tokens.digest(secret), scopes, users, instants.now(), expires_at, None, revoked_at)
    storage.tokens.add(token)
    return {"Authorization": f"Bearer {secret}"}


def id_in(headers: dict[str, str]) -> str:
    return headers["Authorization"].split("_")[1]


def send(
    app: TestApp, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
) -> TestResponse:
    text = {} if body is None else {"body": json.dumps(body).encode(), "content_type": "application/json"}
    response = app.request(path, method=method, headers=headers, expect_errors=True, **text)
    check_common(response)
    return response


def check_common(response: TestResponse) -> None:
    assert response.headers["X-Request-Id"]
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    if response.status_int >= 400:
        assert response.content_type == "application/json"
        assert response.json["status"] == response.status_int
        assert response.json["request_id"] == response.headers["X-Request-Id"]
        assert response.headers.get("WWW-Authenticate", "").startswith("Bearer") == (response.status_int == 401)


# ---- the matrix: who x which route x about whom


def periods_of(who: str | None) -> object:
    users = [EGON, GLINDA] if who is None else [user for user in (EGON, GLINDA) if user.id == who]
    return {"periods": [{"user_id": user.id, **assignment_periods(user)[0].to_json("iso")} for user in users]}


def question(who: str | None) -> object:
    return {"all": True} if who is None else {"id_list": [who]}


Sample = tuple[str, object]
Samples = Callable[[str | None], Sample | None]
PEOPLE = {user.id: user for user in (EGON, GLINDA)}


def asking(path: str) -> Samples:
    return lambda who: (path, question(who))


def about(path: str, body: Callable[[User], object] = lambda _: None) -> Samples:
    """Return a request about one user; there is none about everybody."""
    return lambda who: None if who is None else (path.replace("<user_id>", who), body(PEOPLE[who]))


def always(path: str) -> Samples:
    """Return a request that is about nobody."""
    return lambda who: (path, None) if who is None else None


def by_link(who: str | None) -> Sample:
    return f"/api/loguseractivity{'' if who is None else f'?id={who}'}", None


# For each route a request that is answered 200 if it is let in, and one that could not be worse.
SAMPLES: dict[tuple[str, str], Samples] = {
    ("POST", "/api/loguseractivity"): asking("/api/loguseractivity"),
    ("GET", "/api/loguseractivity"): by_link,
    ("POST", "/api/summary"): asking("/api/summary"),
    ("POST", "/api/overlap"): asking("/api/overlap"),
    ("POST", "/api/presence"): asking("/api/presence"),
    ("POST", "/api/hours"): asking("/api/hours"),
    ("POST", "/api/meeting"): asking("/api/meeting"),
    ("GET", "/api/users"): always("/api/users"),
    ("GET", "/api/users/<user_id>"): about("/api/users/<user_id>"),
    ("POST", "/api/activity"): lambda who: ("/api/activity", periods_of(who)),
    ("DELETE", "/api/activity"): lambda who: ("/api/activity", periods_of(who)),
    ("POST", "/api/heartbeat"): about("/api/heartbeat", lambda user: {"user_id": user.id}),
    ("POST", "/api/users"): about(
        "/api/users", lambda user: {"id": user.id, "real_name": user.real_name, "tz": user.tz}
    ),
    ("PUT", "/api/users/<user_id>"): about(
        "/api/users/<user_id>", lambda user: {"real_name": user.real_name, "tz": user.tz}
    ),
    ("PATCH", "/api/users/<user_id>"): about("/api/users/<user_id>", lambda user: {"tz": user.tz}),
    ("DELETE", "/api/users/<user_id>"): about("/api/users/<user_id>"),
    ("GET", "/api/users/<user_id>/export"): about("/api/users/<user_id>/export"),
    ("GET", "/api/export"): always("/api/export"),
    ("GET", "/api/whoami"): always("/api/whoami"),
    ("GET", "/healthz"): always("/healthz"),
    ("GET", "/readyz"): always("/readyz"),
}
READ, WRITE, ALL = {"read"}, {"write"}, {"read", "write", "admin"}

# What each may do, None if they are not let in at all, and whether they are bound to Egon.
PRINCIPALS: dict[str, tuple[set[str] | None, bool]] = {
    "anonymous on open": (ALL, False),
    "anonymous on closed": (None, False),
    "anonymous on locked": (None, False),
    "anonymous with public-read": (READ, False),
    "read": (READ, False),
    "write": (WRITE, False),
    "read and write": (READ | WRITE, False),
    "admin": (ALL, False),
    "read of one": (READ, True),
    "write of one": (WRITE, True),
    "admin of one": (ALL, True),
    "expired": (None, False),
    "revoked": (None, False),
    "unknown": (None, False),
    "expired with public-read": (None, False),
}


def test_each_route_has_a_scope_and_a_sample() -> None:
    assert {(method, path) for method, path, _ in TABLE} == SAMPLES.keys()
    assert {scope for _, _, scope in TABLE} == {"read", "write", "admin", ANY_TOKEN, None}
    assert [path for _, path, scope in TABLE if scope is None] == ["/healthz", "/readyz"]
    assert all(scope != "read" for method, _, scope in TABLE if method in ("PUT", "PATCH", "DELETE"))


def enter(storage: Storage, name: str) -> tuple[TestApp, dict[str, str]]:
    """Return the server that somebody asks, and what they show."""
    scopes, bound = PRINCIPALS[name]
    policy = Policy(public_read=True, is_local=False) if "public-read" in name else Policy()
    headers: dict[str, str] = {}
    if name == "anonymous on locked":
        policy = Policy(is_local=False)
    elif name == "anonymous on closed":
        make_token(storage, "read")
    elif name.startswith("expired"):
        headers = make_token(storage, "admin", expires_at=instants.now())
    elif name == "revoked":
        headers = make_token(storage, "admin", revoked_at=instants.now() - instants.HOUR)
    elif name == "unknown":
        make_token(storage, "admin")
        headers = {"Authorization": f"Bearer {tokens.mint()[1]}"}
    elif not name.startswith("anonymous"):
        made = ("admin",) if scopes == ALL else tuple(sorted(scopes or ()))
        headers = make_token(storage, *made, users=(EGON.id,) if bound else None)
    return TestApp(create_app(storage, policy)), headers


def restore(storage: Storage) -> None:
    storage.bulk_import.store([EGON, GLINDA], assignment_periods(EGON) + assignment_periods(GLINDA))


@pytest.mark.parametrize("name", PRINCIPALS)
def test_everybody_gets_what_the_scope_of_the_route_gives_them(sqlite_storage: Storage, name: str) -> None:
    restore(sqlite_storage)
    app, headers = enter(sqlite_storage, name)
    scopes, bound = PRINCIPALS[name]
    wrong = []
    for method, path, scope in TABLE:
        for who in (EGON.id, GLINDA.id, None):
            sample = SAMPLES[method, path](who)
            if sample is None:
                continue
            expected = 200
            if scope is not None and scopes is None:
                expected = 401
            elif scope not in (ANY_TOKEN, None) and (scope not in (scopes or ()) or (bound and who != EGON.id)):
                expected = 401 if name.startswith("anonymous") else 403
            response = send(app, method, *sample, headers=headers)
            error = response.json.get("error") if response.content_type == "application/json" else None
            if expected == 403 and response.status_int == 403:
                assert error == "missing_scope"
                assert response.json["needed"] in (scope, "other users")
                assert isinstance(response.json["provided"], list)
            if response.status_int != expected:
                wrong.append((method, path, who, expected, response.status_int, error))
            if (method, response.status_int) == ("DELETE", 200):
                restore(sqlite_storage)
                if bound:  # whoever was deleted is off all tokens
                    headers = make_token(sqlite_storage, *sorted(scopes or ()), users=(EGON.id,))
    assert wrong == []


@pytest.mark.parametrize("name", PRINCIPALS)
def test_who_asks_is_judged_before_whether_it_exists_its_type_and_its_body(
    sqlite_storage: Storage, name: str
) -> None:
    restore(sqlite_storage)
    app, headers = enter(sqlite_storage, name)
    scopes, bound = PRINCIPALS[name]
    wrong = []
    for method, path, scope in TABLE:
        if scope in (ANY_TOKEN, None):
            continue
        takes_body = method in ("POST", "PUT", "PATCH") or (method, path) == ("DELETE", "/api/activity")
        expected = {415, 404} if takes_body or "<user_id>" in path else {200}
        if scopes is None:
            expected = {401}
        elif scope not in scopes or (bound and ("<user_id>" in path or not takes_body)):
            expected = {401 if name.startswith("anonymous") else 403}
        response = app.request(
            path.replace("<user_id>", "nobody"),
            method=method,
            headers=headers,
            expect_errors=True,
            **({"body": b"{" * 40, "content_type": "text/plain"} if takes_body else {}),
        )
        check_common(response)
        if response.status_int not in expected:
            wrong.append((method, path, expected, response.status_int))
    assert wrong == []


def test_a_token_that_has_lost_its_last_user_may_do_nothing(sqlite_storage: Storage) -> None:
    restore(sqlite_storage)
    headers = make_token(sqlite_storage, "admin", users=(EGON.id,))
    sqlite_storage.users.delete(EGON.id)
    restore(sqlite_storage)  # somebody else comes to have the id
    app = TestApp(create_app(sqlite_storage))
    for method, path, scope in TABLE:
        for who in (EGON.id, GLINDA.id, None):
            sample = SAMPLES[method, path](who)
            if sample is not None and scope not in (ANY_TOKEN, None):
                assert send(app, method, *sample, headers=headers).status_int == 403, (method, path, who)
    assert send(app, "GET", "/api/whoami", headers=headers).json["user_ids"] == []
    assert len(all_rows(sqlite_storage)) == 6


def test_deleting_a_user_takes_them_off_every_token(storage: Storage) -> None:
    users = [User(f"u{number}", "U", "UTC") for number in range(4)]
    storage.users.add_new(users)
    headers = [make_token(storage, "read", users=bound) for bound in (("u0", "u1"), ("u2", "u0", "u3"), ("u1",))]
    free = make_token(storage, "read")
    storage.users.delete("u0")
    held = storage.tokens
    assert [held.get(id_in(one)).user_ids for one in headers] == [("u1",), ("u2", "u3"), ("u1",)]
    assert held.get(id_in(free)).user_ids is None


def test_users_deleted_at_once_are_all_off_their_token(storage: Storage) -> None:
    users = [f"u{number}" for number in range(8)]
    storage.users.add_new([User(user, "U", "UTC") for user in users])
    headers = make_token(storage, "read", users=("kept", *users))
    waiting = iter(users)
    assert in_threads(8, lambda: storage.users.delete(next(waiting))) == []
    assert storage.tokens.get(id_in(headers)).user_ids == ("kept",)


def test_whoami_says_what_a_token_may(sqlite_storage: Storage) -> None:
    app = TestApp(create_app(sqlite_storage))
    everything = {"ok": True, "name": None, "scopes": ["admin", "read", "write"], "user_ids": None}
    assert app.get("/api/whoami").json == everything
    admin, write = make_token(sqlite_storage, "admin"), make_token(sqlite_storage, "write", users=("b", "a"))
    assert app.get("/api/whoami", headers=admin).json == everything | {"name": "test"}
    shown = {"ok": True, "name": "test", "scopes": ["write"], "user_ids": ["a", "b"]}
    assert app.get("/api/whoami", headers=write).json == shown


# ---- tokens


def test_a_token_has_the_form_that_scanners_know_and_only_its_digest_is_kept(sqlite_storage: Storage) -> None:
    made = {tokens.mint() for _ in range(100)}
    assert len({id_ for id_, _ in made}) == len({secret for _, secret in made}) == 100
    for id_, secret in made:
        assert re.fullmatch(r"ftl_[0-9A-Za-z]{8}_[0-9A-Za-z_-]{43}", secret)
        assert tokens.id_of(secret) == id_
        assert re.fullmatch(r"[0-9a-f]{64}", tokens.digest(secret))


def test_the_first_token_closes_an_open_server(sqlite_storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    assert auth._LOOK_SECONDS <= 1
    monkeypatch.setattr(auth, "_LOOK_SECONDS", 0)
    app = TestApp(create_app(sqlite_storage))
    assert send(app, "POST", "/api/loguseractivity", ASK).status_int == 200
    headers = make_token(sqlite_storage, "read")
    refused = send(app, "POST", "/api/loguseractivity", ASK)
    assert (refused.status_int, refused.json["error"]) == (401, "not_authed")
    assert refused.headers["WWW-Authenticate"] == 'Bearer realm="ftl"'
    assert "locked" not in refused.json["message"]
    assert send(app, "POST", "/api/loguseractivity", ASK, headers).status_int == 200
    sqlite_storage.tokens.revoke(id_in(headers), instants.now())
    assert send(app, "POST", "/api/loguseractivity", ASK).status_int == 401  # it stays closed


def test_an_open_server_looks_for_tokens_only_now_and_then(
    sqlite_storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "_LOOK_SECONDS", 3_600)
    app = TestApp(create_app(sqlite_storage))
    assert send(app, "GET", "/api/whoami").status_int == 200
    make_token(sqlite_storage, "read")
    assert send(app, "GET", "/api/whoami").status_int == 200  # as it was a moment ago


def test_a_public_server_without_token_is_locked_and_says_so(sqlite_storage: Storage) -> None:
    app = TestApp(create_app(sqlite_storage, Policy.of("0.0.0.0", ["localhost"])))
    for method, path, scope in TABLE:
        sample = SAMPLES[method, path](EGON.id) or SAMPLES[method, path](None)
        assert sample is not None
        response = send(app, method, *sample)
        if scope is None:
            assert response.status_int == 200
        else:
            assert (response.status_int, response.json["error"]) == (401, "not_authed")
            assert "locked" in response.json["message"]


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
def test_a_server_is_open_only_if_nothing_says_that_it_is_reached_from_elsewhere(
    address: str, arguments: dict[str, Any], is_local: bool
) -> None:
    assert Policy.of(address, **arguments).is_local == is_local


def bad_tokens(storage: Storage) -> Iterator[str]:
    """Yield Authorization headers that let nobody in."""
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
    app = TestApp(create_app(sqlite_storage, policy))
    bodies = set()
    for authorization in bad_tokens(sqlite_storage):
        for path in ("/api/loguseractivity", "/api/export", "/api/users/nobody", "/api/whoami"):
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


def test_the_scheme_of_a_token_is_read_in_any_case(sqlite_storage: Storage) -> None:
    headers = make_token(sqlite_storage, "read")
    app = TestApp(create_app(sqlite_storage))
    for scheme in ("Bearer", "bearer", "BEARER"):
        shown = {"Authorization": headers["Authorization"].replace("Bearer", scheme)}
        assert send(app, "GET", "/api/whoami", headers=shown).status_int == 200


def test_a_token_in_the_address_or_the_body_is_none(sqlite_storage: Storage) -> None:
    secret = make_token(sqlite_storage, "admin")["Authorization"].split()[1]
    app = TestApp(create_app(sqlite_storage))
    for query in (f"?token={secret}", f"?access_token={secret}", f"?Authorization=Bearer%20{secret}"):
        assert send(app, "GET", "/api/whoami" + query).status_int == 401
    assert send(app, "POST", "/api/loguseractivity", {**ASK, "token": secret}).status_int == 401


def test_revoking_holds_from_the_next_request(storage: Storage) -> None:
    headers = make_token(storage, "read")
    app = TestApp(create_app(storage))
    for _ in range(3):
        assert send(app, "GET", "/api/whoami", headers=headers).status_int == 200
    storage.tokens.revoke(id_in(headers), instants.now())
    assert send(app, "GET", "/api/whoami", headers=headers).status_int == 401


def test_a_token_ends_at_the_instant_it_says(sqlite_storage: Storage) -> None:
    token = Token("a" * 8, "n", "", ("read",), None, 0, 1_000)
    assert token.is_valid(999)
    assert not token.is_valid(1_000)


def test_the_use_of_a_token_is_noted_at_most_once_a_minute(
    sqlite_storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = make_token(sqlite_storage, "read")
    app = TestApp(create_app(sqlite_storage))
    held = sqlite_storage.tokens
    before = instants.now()
    assert send(app, "GET", "/api/whoami", headers=headers).status_int == 200
    first = held.get(id_in(headers)).last_used_at
    assert first is not None
    assert before <= first <= instants.now()
    send(app, "GET", "/api/whoami", headers=headers)
    assert held.get(id_in(headers)).last_used_at == first
    again = TestApp(create_app(sqlite_storage))  # a server that has not noted anything itself
    send(again, "GET", "/api/whoami", headers=headers)
    assert held.get(id_in(headers)).last_used_at == first
    held.touch(id_in(headers), first - 61 * instants.SECOND)
    send(TestApp(create_app(sqlite_storage)), "GET", "/api/whoami", headers=headers)
    assert (held.get(id_in(headers)).last_used_at or 0) >= first


def test_a_request_neither_fails_nor_waits_when_its_token_cannot_be_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 120)  # whoever waits for the lock, waits for ever
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


def test_a_secret_is_nowhere_but_in_the_hand_of_its_holder(tmp_path: Path) -> None:
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
    held = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert tokens.digest(secret).encode() in held
    assert not [text for text in [held, log.encode(), *commands] if secret[13:].encode() in text]


# ---- the name by which the server is called

HOSTS = [
    ("localhost", True),
    ("LocalHost", True),
    ("LOCALHOST:8080", True),
    ("localhost.", True),
    ("localhost.:8080", True),
    ("localhost:", True),
    ("localhost:1", True),
    ("localhost:65535", True),
    ("127.0.0.1", True),
    ("127.0.0.1:8080", True),
    ("[::1]", True),
    ("[::1]:8080", True),
    ("ftl.example.org", True),
    ("FTL.Example.ORG:443", True),
    ("ftl.example.org.", True),
    ("", False),
    (" ", False),
    (".", False),
    (":", False),
    (":8080", False),
    ("evil.test", False),
    ("evil.test:8080", False),
    ("localhost.evil.test", False),
    ("evil.localhost", False),
    ("xlocalhost", False),
    ("localhostx", False),
    ("localhost..", False),
    ("127.0.0.2", False),
    ("127.1", False),
    ("2130706433", False),
    ("0.0.0.0", False),
    ("0x7f000001", False),
    ("[::]", False),
    ("[::1", False),
    ("::1]", False),
    ("[::1]evil.test", False),
    ("[::1]evil.test:8080", False),
    ("[::1].", False),
    ("[localhost]", False),
    ("[::ffff:127.0.0.1]", False),
    ("localhost, evil.test", False),
    ("localhost:80, evil.test", False),
    ("localhost,localhost", False),
    ("localhost localhost", False),
    ("localhost:80:80", False),
    ("localhost:x", False),
    ("localhost:-1", False),
    ("localhost:\xb2", False),
    ("localhost:80@evil.test", False),
    ("evil.test@localhost", False),
    ("a:b@localhost", False),
    ("localhost:80/", False),
    ("localhost/", False),
    ("http://localhost", False),
    ("localhost\\", False),
    ("loc\xe4lhost", False),
    ("localho\u017ft".encode().decode("latin-1"), False),
    ("l\xb2", False),
    ("a" * 10_000, False),
]


@pytest.mark.parametrize("path", ["/api/whoami", "/healthz", "/no/such/path"])
def test_a_name_that_is_not_the_servers_is_refused_before_anything_else(
    sqlite_storage: Storage, path: str
) -> None:
    app = TestApp(create_app(sqlite_storage, Policy.of("127.0.0.1", ["ftl.example.org"])))
    wrong = []
    for host, is_own in HOSTS:
        response = send(app, "GET", path, headers={"Host": host})
        refused = (response.status_int, response.json.get("error")) == (421, "host_not_allowed")
        if refused == is_own or (response.status_int == 421 and not refused):
            wrong.append((host, response.status))
    assert wrong == []


@pytest.mark.parametrize("host", ["https://ftl.example.org", "x:y:z", "[::1", "", "x:http", "[localhost]"])
def test_an_allowed_host_that_is_none_is_the_operators_error(host: str) -> None:
    with pytest.raises(ConfigError, match="is not a host name"):
        Policy.of("127.0.0.1", [host])


def test_an_allowed_host_may_be_an_address_with_or_without_brackets(sqlite_storage: Storage) -> None:
    app = TestApp(
        create_app(sqlite_storage, Policy.of("0.0.0.0", ["2001:db8::5", "[2001:db8::6]:8080", "192.0.2.7"]))
    )
    for host in ("[2001:db8::5]", "[2001:DB8::6]:443", "192.0.2.7:80"):
        assert send(app, "GET", "/healthz", headers={"Host": host}).status_int == 200
    assert send(app, "GET", "/healthz", headers={"Host": "2001:db8::5"}).status_int == 421


def test_the_address_that_is_listened_on_is_a_name_too(sqlite_storage: Storage) -> None:
    app = TestApp(create_app(sqlite_storage, Policy.of("2001:db8::5")))
    assert send(app, "GET", "/healthz", headers={"Host": "[2001:db8::5]:8080"}).status_int == 200
    assert send(app, "GET", "/healthz", headers={"Host": "[2001:db8::6]"}).status_int == 421
    app = TestApp(create_app(sqlite_storage, Policy.of("0.0.0.0")))
    assert send(app, "GET", "/healthz", headers={"Host": "0.0.0.0"}).status_int == 421


def test_a_request_without_a_name_is_refused(sqlite_storage: Storage) -> None:
    app = TestApp(create_app(sqlite_storage))
    request = TestRequest.blank("/healthz")
    del request.environ["HTTP_HOST"]
    response = app.do_request(request, expect_errors=True)
    check_common(response)
    assert (response.status_int, response.json["error"]) == (400, "host_missing")


@pytest.mark.parametrize(
    "hosts",
    [
        b"Host: localhost\r\nHost: evil.test\r\n",
        b"Host: evil.test\r\nHost: localhost\r\n",
        b"Host: localhost:80\r\nHost: evil.test\r\n",
        b"Host: localhost\r\nHost: localhost\r\n",
    ],
)
def test_two_names_are_none(server_url: str, hosts: bytes) -> None:
    assert answer(talk(server_url, b"GET /healthz HTTP/1.1\r\n" + hosts + b"\r\n"))[0] == 421


def test_no_handler_sees_a_request_by_another_name(sqlite_storage: Storage) -> None:
    restore(sqlite_storage)
    app = TestApp(create_app(sqlite_storage))
    for method, path, _ in TABLE:
        sample = SAMPLES[method, path](EGON.id) or SAMPLES[method, path](None)
        assert sample is not None
        assert send(app, method, *sample, headers={"Host": "evil.test"}).status_int == 421
    assert len(all_rows(sqlite_storage)) == 6


def test_what_is_refused_by_its_name_has_no_body_for_head(server_url: str) -> None:
    parts = urlsplit(server_url)
    with socket.create_connection((str(parts.hostname), parts.port or 0), timeout=10) as connection:
        connection.sendall(b"HEAD /healthz HTTP/1.1\r\nHost: evil.test\r\n\r\n")
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    first, _, rest = received.partition(b"\r\n\r\n")
    assert first.startswith(b"HTTP/1.1 421 ")
    assert rest.startswith(b"HTTP/1.1 200 ")  # a body here would be taken for the next answer
    assert finished(rest)


# ---- pages of other origins: the headers that browsers send

CHANGE = ("PUT", "/api/users/nobody", {"real_name": "N", "tz": "UTC"})
QUESTION = ("POST", "/api/loguseractivity", ASK)
LINK = ("GET", "/api/users", None)
OWN = "http://localhost:80"
NAVIGATION = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


@pytest.mark.parametrize(
    ("headers", "is_refused"),
    [
        ({}, False),
        ({"Origin": OWN}, False),
        ({"Origin": OWN.upper()}, False),
        ({"Origin": OWN, "Sec-Fetch-Site": "same-origin"}, False),
        ({"Sec-Fetch-Site": "same-origin"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Origin": "http://localhost:81"}, True),
        ({"Origin": "http://evil.test"}, True),
        ({"Origin": "http://evil.test:80"}, True),
        ({"Origin": "http://localhost.evil.test:80"}, True),
        ({"Origin": "http://127.0.0.1:80"}, True),
        ({"Origin": "null"}, True),
        ({"Origin": "file://"}, True),
        ({"Origin": "x"}, True),
        ({"Origin": "localhost:80"}, True),
        ({"Origin": "http://localhost:80@evil.test"}, True),
        ({"Origin": "http://evil.test/localhost:80"}, True),
        ({"Origin": "http://["}, True),
        ({"Origin": "http://[localhost:80"}, True),
        ({"Origin": "chrome-extension://abcdefghijklmnop"}, True),
        ({"Origin": f"{OWN}, http://evil.test"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, True),
        ({"Sec-Fetch-Site": "same-site"}, True),
        ({"Sec-Fetch-Site": "x"}, True),
        ({"Sec-Fetch-Site": "same-origin, cross-site"}, True),
        ({"Origin": OWN, "Sec-Fetch-Site": "cross-site"}, True),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}, True),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "embed"}, True),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "document"}, True),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}, True),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"}, True),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "websocket"}, True),
    ],
    ids=str,
)
def test_a_page_of_another_origin_may_neither_write_nor_read(
    sqlite_storage: Storage, headers: dict[str, str], is_refused: bool
) -> None:
    restore(sqlite_storage)
    app = TestApp(create_app(sqlite_storage))
    for sample in (QUESTION, LINK, CHANGE, ("GET", "/healthz", None)):
        response = send(app, *sample, headers={"Host": "localhost:80", **headers})
        assert not [name for name in response.headers if name.lower().startswith("access-control-")]
        if is_refused:
            assert (response.status_int, response.json["error"]) == (403, "cross_origin")
        else:
            assert response.status_int == 200
    assert (sqlite_storage.users.find("nobody") is None) == is_refused


def test_a_link_that_somebody_follows_is_let_in_but_not_a_form(sqlite_storage: Storage) -> None:
    restore(sqlite_storage)
    app = TestApp(create_app(sqlite_storage))
    followed = {"Sec-Fetch-Site": "cross-site", **NAVIGATION}
    assert send(app, *LINK, headers=followed).status_int == 200
    assert app.request("/api/users", method="HEAD", headers=followed).status_int == 200
    for method, path, _ in TABLE:
        sample = SAMPLES[method, path](EGON.id) or SAMPLES[method, path](None)
        assert sample is not None
        if method != "GET":
            assert send(app, method, *sample, headers=followed).status_int == 403
            posted = {**followed, "Origin": "http://evil.test"}
            assert send(app, method, *sample, headers=posted).status_int == 403


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "text/plain;charset=UTF-8",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain; application/json",
        "",
    ],
)
def test_what_a_page_may_send_unasked_is_not_taken_even_by_old_browsers(
    sqlite_storage: Storage, content_type: str
) -> None:
    restore(sqlite_storage)
    app = TestApp(create_app(sqlite_storage))
    for method, path, _ in TABLE:
        sample = SAMPLES[method, path](EGON.id)
        if method == "POST" and sample is not None:
            body = json.dumps(sample[1]).encode()
            response = app.post(sample[0], body, content_type=content_type, expect_errors=True)
            assert (response.status_int, response.json["error"]) == (415, "unsupported_media_type")


NAMED = "https://wiki.example.org"
CORS = "access-control-"


@pytest.fixture
def named(sqlite_storage: Storage) -> TestApp:
    """Give a server whose operator has named an origin."""
    restore(sqlite_storage)
    policy = Policy.of("127.0.0.1", origins=[NAMED.upper() + "/", "http://other.example.org:8000"])
    return TestApp(create_app(sqlite_storage, policy))


def test_a_page_of_an_origin_that_was_named_may_ask_and_read(named: TestApp) -> None:
    for headers in ({"Origin": NAMED}, {"Origin": NAMED, "Sec-Fetch-Site": "cross-site"}):
        response = send(named, *QUESTION, headers=headers)
        assert response.status_int == 200
        assert response.headers["Access-Control-Allow-Origin"] == NAMED
        assert response.headers["Access-Control-Expose-Headers"] == "X-Request-Id"
        assert "Access-Control-Allow-Credentials" not in response.headers
        assert response.headers["Vary"] == "Origin"
    refused = send(named, *QUESTION, headers={"Origin": NAMED, "Authorization": "x"})
    assert (refused.status_int, refused.headers["Access-Control-Allow-Origin"]) == (401, NAMED)


@pytest.mark.parametrize(
    "origin", ["https://evil.test", "null", NAMED + ":8443", NAMED.replace("https", "http"), NAMED + ".evil.test"]
)
def test_a_page_of_an_origin_that_was_not_named_is_refused_and_told_nothing(named: TestApp, origin: str) -> None:
    response = send(named, *QUESTION, headers={"Origin": origin})
    assert (response.status_int, response.json["error"]) == (403, "cross_origin")
    assert response.headers["Vary"] == "Origin"
    preflight = {"Origin": origin, "Access-Control-Request-Method": "PUT"}
    refused = named.options("/api/users/nobody", headers=preflight, expect_errors=True)
    assert refused.status_int == 405
    for answered in (response, refused):
        assert not [name for name in answered.headers if name.lower().startswith(CORS)]


def test_a_preflight_is_answered_for_a_named_origin_alone(named: TestApp, sqlite_storage: Storage) -> None:
    preflight = {
        "Origin": NAMED,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "authorization,content-type",
        "Sec-Fetch-Site": "cross-site",
        "Sec-Fetch-Mode": "cors",
    }
    make_token(sqlite_storage, "admin")  # a preflight comes without token, on a closed server too
    response = named.options("/api/users/nobody", headers=preflight)
    assert (response.status_int, response.body) == (204, b"")
    assert response.headers["Access-Control-Allow-Origin"] == NAMED
    allowed = response.headers["Access-Control-Allow-Methods"].split(", ")
    assert {method for method, _, _ in TABLE} == set(allowed)
    assert response.headers["Access-Control-Allow-Headers"] == "Authorization, Content-Type"
    assert response.headers["X-Request-Id"]
    without = named.options("/api/users/nobody", headers={"Origin": NAMED}, expect_errors=True)
    assert without.status_int == 405


def test_only_options_is_a_preflight(named: TestApp, sqlite_storage: Storage) -> None:
    headers = {"Origin": NAMED, "Access-Control-Request-Method": "PUT"}
    assert send(named, *CHANGE, headers=headers).status_int == 200
    assert sqlite_storage.users.find("nobody") == NOBODY


# ---- proxies

FORWARDED = {"X-Forwarded-For": "203.0.113.9, 198.51.100.7", "X-Forwarded-Proto": "https"}


def logged_address(caplog: pytest.LogCaptureFixture) -> str:
    return caplog.records[-1].getMessage().split()[0]


@pytest.mark.parametrize(
    ("proxy", "headers", "address", "status", "is_https"),
    [
        (None, FORWARDED, "10.0.0.1", 200, False),
        (None, {"X-Forwarded-Proto": "http"}, "10.0.0.1", 200, False),
        ("10.0.0.2", FORWARDED, "10.0.0.1", 200, False),
        ("10.0.0.2", {"X-Forwarded-Proto": "http"}, "10.0.0.1", 200, False),
        ("10.0.0.1", {}, "10.0.0.1", 200, False),
        ("10.0.0.1", FORWARDED, "198.51.100.7", 200, True),
        ("*", FORWARDED, "198.51.100.7", 200, True),
        ("*", {"X-Forwarded-For": "2001:db8::1", "X-Forwarded-Proto": "HTTPS"}, "2001:db8::1", 200, True),
        ("*", {"X-Forwarded-For": "evil\x1b[2J", "X-Forwarded-Proto": "x"}, "10.0.0.1", 200, False),
        ("*", {"X-Forwarded-For": "fe80::1%\x1b[2J", "X-Forwarded-Proto": "https"}, "10.0.0.1", 200, True),
        ("*", {"X-Forwarded-For": "198.51.100.7,"}, "10.0.0.1", 200, False),
        ("*", {"X-Forwarded-Proto": "http"}, "10.0.0.1", 403, False),
        ("*", {"X-Forwarded-Proto": "https, http"}, "10.0.0.1", 403, False),
        ("*", {"X-Forwarded-Proto": "http, https"}, "10.0.0.1", 200, True),
    ],
)
def test_only_the_trusted_proxy_says_who_asked_and_how(
    sqlite_storage: Storage,
    caplog: pytest.LogCaptureFixture,
    proxy: str | None,
    headers: dict[str, str],
    address: str,
    status: int,
    is_https: bool,
) -> None:
    caplog.set_level("INFO", "ftlserver.access")
    app = TestApp(create_app(sqlite_storage, Policy.of("127.0.0.1", trusted_proxy=proxy)))
    response = app.get("/healthz", headers=headers, extra_environ={"REMOTE_ADDR": "10.0.0.1"}, expect_errors=True)
    check_common(response)
    assert response.status_int == status
    assert logged_address(caplog) == address
    assert response.headers.get("Strict-Transport-Security") == ("max-age=31536000" if is_https else None)
    if status == 403:
        assert response.json["error"] == "tls_required"


def test_a_forwarded_host_and_a_forwarded_header_mean_nothing(sqlite_storage: Storage) -> None:
    app = TestApp(create_app(sqlite_storage, Policy.of("127.0.0.1", trusted_proxy="*")))
    headers = {"Host": "evil.test", "X-Forwarded-Host": "localhost", "Forwarded": "host=localhost;proto=https"}
    assert send(app, "GET", "/healthz", headers=headers).status_int == 421
    headers["Host"], headers["X-Forwarded-Host"] = "localhost", "evil.test"
    assert send(app, "GET", "/healthz", headers=headers).status_int == 200


def test_no_method_or_path_makes_the_log_long_or_unreadable(
    sqlite_storage: Storage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "ftlserver.access")
    with serving(create_app(sqlite_storage)) as url:
        talk(url, b"\x1b[2J\x9b\x0b /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        talk(url, b"G" * 8_000 + b" /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        talk(url, b"GET /" + secrets.token_hex(4_000).encode() + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert len(caplog.records) == 3
    for record in caplog.records:
        assert record.getMessage().isprintable()
        assert len(record.getMessage()) < 1_000
