"""Each principal at each route: made from the route table."""

import re

import pytest
from webtest import TestApp

from ftlserver.domain import instants
from ftlserver.domain import token as tokens
from ftlserver.domain.token import FEED
from ftlserver.storage import Storage
from ftlserver.web import auth
from ftlserver.web.app import ANY_TOKEN, WAKATIME_KEY, create_app
from ftlserver.web.middleware import Policy
from tests.helpers import EGON, GLINDA, all_rows, check_common, make_key, make_team, make_token, send, store_team
from tests.server.web.sample_requests import ROUTE_TABLE, SAMPLES

READ, WRITE, ALL = {"read"}, {"write"}, {"read", "write", "admin"}

# The scopes of each principal, None if every request is refused, and whether its token is limited to Egon.
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
    "WakaTime key": (None, True),
}
USER, TEAM = "/api/users/<user_id>", "/api/teams/<team_id>"
OWN_TEAMS = ("GET", "/api/teams")  # a bound token lists its own
OWN_REST = "/api/rest"  # a token that is not bound needs admin


def test_each_route_has_a_scope_and_a_sample() -> None:
    assert {(method, path) for method, path, _ in ROUTE_TABLE} == SAMPLES.keys()
    scopes = {"read", "write", "admin", ANY_TOKEN, WAKATIME_KEY, FEED, None}
    assert {scope for _, _, scope in ROUTE_TABLE} == scopes
    open_to_all = [path for _, path, scope in ROUTE_TABLE if scope is None]
    assert open_to_all == ["/healthz", "/readyz", "/openapi.json", "/docs"]
    assert all(scope != "read" for method, _, scope in ROUTE_TABLE if method in ("PUT", "PATCH", "DELETE"))


def app_and_headers(storage: Storage, name: str) -> tuple[TestApp, dict[str, str]]:
    """Return an application with the policy for a principal, and the headers of that principal."""
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
    elif name == "WakaTime key":
        headers = make_key(storage)
    elif not name.startswith("anonymous"):
        made = ("admin",) if scopes == ALL else tuple(sorted(scopes or ()))
        headers = make_token(storage, *made, users=(EGON.id,) if bound else None)
    return TestApp(create_app(storage, policy)), headers


@pytest.mark.parametrize("name", PRINCIPALS)
def test_each_principal_gets_what_the_scope_of_the_route_allows(
    sqlite_storage: Storage, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(auth, "_FAILURES", 0)  # no limit
    store_team(sqlite_storage)
    make_team(sqlite_storage, "backend", EGON, GLINDA)
    app, headers = app_and_headers(sqlite_storage, name)
    scopes, bound = PRINCIPALS[name]
    wrong = []
    for method, path, scope in ROUTE_TABLE:
        scope = "admin" if path == OWN_REST and not bound else scope
        for user_id in (EGON.id, GLINDA.id, None):
            sample = SAMPLES[method, path](user_id)
            if sample is None:
                continue
            expected = 200
            if scope == WAKATIME_KEY:
                expected = 201 if name == "WakaTime key" else 401
            elif scope == FEED:
                expected = 404  # whoever asks: nothing but its own secret opens it
            elif scope is not None and scopes is None:
                expected = 401
            elif scope not in (ANY_TOKEN, None) and (
                scope not in (scopes or ()) or (bound and user_id != EGON.id)
            ):
                expected = 401 if name.startswith("anonymous") else 403
            response = send(app, method, *sample, headers=headers)
            error = response.json.get("error") if response.content_type == "application/json" else None
            if expected == 403 and response.status_int == 403:
                assert error == "missing_scope"
                assert response.json["needed"] in (scope, "other users") or path == OWN_REST
                assert isinstance(response.json["provided"], list)
            if response.status_int != expected:
                wrong.append((method, path, user_id, expected, response.status_int, error))
            if (method, response.status_int) == ("DELETE", 200):
                store_team(sqlite_storage)
                make_team(sqlite_storage, "backend", EGON, GLINDA)
                if bound:  # a deleted user is removed from all tokens
                    headers = make_token(sqlite_storage, *sorted(scopes or ()), users=(EGON.id,))
    assert wrong == []


@pytest.mark.parametrize("name", PRINCIPALS)
def test_permission_is_checked_before_existence_content_type_and_body(
    sqlite_storage: Storage, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(auth, "_FAILURES", 0)  # no limit
    store_team(sqlite_storage)
    app, headers = app_and_headers(sqlite_storage, name)
    scopes, bound = PRINCIPALS[name]
    wrong = []
    for method, path, scope in ROUTE_TABLE:
        if scope in (ANY_TOKEN, FEED, None):
            continue
        scope = "admin" if path == OWN_REST and not bound else scope
        takes_body = method in ("POST", "PUT", "PATCH") or (method, path) == ("DELETE", "/api/activity")
        expected = {415, 404} if takes_body or path.startswith((USER, TEAM)) else {200}
        if scope == WAKATIME_KEY:
            expected = {415} if name == "WakaTime key" else {401}
        elif scopes is None:
            expected = {401}
        elif scope not in scopes or (
            bound
            and (path.startswith((USER, TEAM)) or not takes_body or path == "/api/teams")
            and (method, path) != OWN_TEAMS
        ):
            expected = {401 if name.startswith("anonymous") else 403}
        response = app.request(
            re.sub("<(user_id|team_id|alias)>", "unknown", path),
            method=method,
            headers=headers,
            expect_errors=True,
            **({"body": b"{" * 40, "content_type": "text/plain"} if takes_body else {}),
        )
        check_common(response)
        if response.status_int not in expected:
            wrong.append((method, path, expected, response.status_int))
    assert wrong == []


def test_a_token_whose_last_user_was_deleted_allows_nothing(sqlite_storage: Storage) -> None:
    store_team(sqlite_storage)
    headers = make_token(sqlite_storage, "admin", users=(EGON.id,))
    sqlite_storage.users.delete(EGON.id)
    store_team(sqlite_storage)  # the id is given to another user
    app = TestApp(create_app(sqlite_storage))
    for method, path, scope in ROUTE_TABLE:
        for user_id in (EGON.id, GLINDA.id, None):
            sample = SAMPLES[method, path](user_id)
            if (
                sample is not None
                and scope not in (ANY_TOKEN, WAKATIME_KEY, FEED, None)
                and (method, path) != OWN_TEAMS
            ):
                assert send(app, method, *sample, headers=headers).status_int == 403, (method, path, user_id)
    assert send(app, *OWN_TEAMS, headers=headers).json["teams"] == []
    assert send(app, "GET", "/api/whoami", headers=headers).json["user_ids"] == []
    assert len(all_rows(sqlite_storage)) == 6
