"""The route table: what each route takes and what it can answer."""

import json
import re
from collections.abc import Iterator

import pytest
from webtest import TestApp

from ftlserver.errors import HTTP_STATUSES, FTLError, InvalidRequestError
from ftlserver.storage import Storage
from ftlserver.web.app import ROUTES, Route, create_app
from ftlserver.web.middleware import Policy
from tests.campaigns.fuzz import tables
from tests.helpers import make_key, make_token, send, store_team
from tests.server.web.sample_requests import PLUGIN, headers_of, sample_of

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
PATHS = {route.path: {other.method for other in ROUTES if other.path == route.path} for route in ROUTES}


def name_of(route: Route) -> str:
    return f"{route.method} {route.path}"


def test_every_code_has_a_status_and_an_unknown_one_is_an_internal_error() -> None:
    assert {status for route in ROUTES for status in route.statuses} <= {200, 201, 304, *HTTP_STATUSES.values()}
    assert InvalidRequestError("no such code", "x").status == 500
    assert FTLError("x").status == 500


@pytest.mark.parametrize("route", ROUTES, ids=name_of)
def test_a_route_names_codes_that_exist_and_a_schema_if_it_takes_a_body(route: Route) -> None:
    assert route.codes <= HTTP_STATUSES.keys()
    assert (route.schema is None) == ("invalid_json" not in route.codes and "missing_argument" not in route.codes)


def test_the_routes_and_methods_are_unique() -> None:
    assert len({(route.method, route.path) for route in ROUTES}) == len(ROUTES)
    assert Policy().is_local


@pytest.mark.parametrize("path", PATHS)
def test_a_path_takes_its_own_methods_and_refuses_all_others(app: TestApp, path: str) -> None:
    allowed = PATHS[path] | ({"HEAD"} if "GET" in PATHS[path] else set())
    for method in METHODS:
        response = app.request(re.sub(r"<\w+>", "canary", path), method=method, expect_errors=True)
        if method in allowed:
            assert response.status_int != 405
        else:
            assert response.status_int == 405
            assert set(response.headers["Allow"].split(",")) == PATHS[path]
            assert method == "HEAD" or response.json["error"] == "method_not_allowed"
            assert b"canary" not in response.body


@pytest.mark.parametrize("route", ROUTES, ids=name_of)
def test_an_unknown_field_of_a_query_string_is_refused(team: Storage, route: Route) -> None:
    app = TestApp(create_app(team))
    path, body = sample_of(route.method, route.path)
    headers = headers_of(team, route.scope)
    joint = "&" if "?" in path else "?"
    for query in ("canary=1", "canary", "limits=5&canary=", "%C3%A4=1", "=1", "all=true", "id_list=a", "periods="):
        response = send(app, route.method, f"{path}{joint}{query}", body, headers)
        assert (response.status_int, response.json["error"]) == (400, "unknown_field"), query
        assert "query string" in response.json["message"]
    response = send(app, route.method, f"{path}{joint}%ff=1", body, headers)
    assert (response.status_int, response.json["error"]) == (400, "invalid_argument")


WITH_BODY = [route for route in ROUTES if route.schema is not None and route.method != "GET"]


@pytest.mark.parametrize("route", WITH_BODY, ids=name_of)
def test_another_type_than_json_is_refused(team: Storage, route: Route) -> None:
    app = TestApp(create_app(team))
    path, _ = sample_of(route.method, route.path)
    authorization = headers_of(team, route.scope)
    for content_type in ("text/canary", "application/x-www-form-urlencoded", ""):
        response = app.request(
            path,
            method=route.method,
            body=b"canary",
            headers={"Content-Type": content_type} | authorization,
            expect_errors=True,
        )
        assert (response.status_int, response.json["error"]) == (415, "unsupported_media_type")
        assert "canary" not in response.text


def requests_with_text(text: str) -> Iterator[tuple[str, str, object, dict[str, str]]]:
    """Yield requests in which anything but the name of a user or of a field is *text*."""
    for route in ROUTES:
        path, body = sample_of(route.method, route.path)
        yield route.method, f"{path}/x/{text}", body, {}
        for name in ("Host", "Origin", "Authorization", "Content-Type", "Cookie", "Sec-Fetch-Site"):
            yield route.method, path, body, {name: text}
        if route.method == "GET":
            for name in ("limit", "cursor", "tz", "from", "clip"):
                yield "GET", f"{path}?{name}={text}", None, {}
        elif isinstance(body, dict):
            yield route.method, path, text, {}
            for name in (body.keys() | {"tz", "from"}) - {"members"}:
                yield route.method, path, body | {name: [text]}, {}
                if name not in ("id", "user_id"):
                    yield route.method, path, body | {name: text}, {}


def test_no_error_repeats_text_of_the_request(sqlite_storage: Storage) -> None:
    store_team(sqlite_storage)
    app = TestApp(create_app(sqlite_storage))
    admin, key = make_token(sqlite_storage, "admin"), make_key(sqlite_storage)
    for method, path, body, headers in requests_with_text("canary"):
        content = {} if body is None else {"body": json.dumps(body).encode()}
        sent = {"Content-Type": "application/json"} | (key if path.startswith(PLUGIN) else admin) | headers
        response = app.request(path, method=method, headers=sent, expect_errors=True, **content)
        if response.status_int >= 400:
            assert "canary" not in response.text, (method, path, body, headers)
            assert not [value for value in response.headers.values() if "canary" in value]


STRICT = [route for route in WITH_BODY if route.schema is not None and not route.schema.allow_unknown]


@pytest.mark.parametrize("route", STRICT, ids=name_of)
def test_an_unknown_field_is_refused_and_changes_no_table(team: Storage, route: Route) -> None:
    app = TestApp(create_app(team))
    before = tables(team)
    path, body = sample_of(route.method, route.path)
    assert isinstance(body, dict)
    for name in ("is_admin", "zzz", "rowid", "started_at", "session_date", "x; DROP TABLE users", "", "\x00"):
        response = app.request(
            path,
            method=route.method,
            body=json.dumps(body | {name: True}).encode(),
            content_type="application/json",
            expect_errors=True,
        )
        assert (response.status_int, response.json["error"]) == (400, "unknown_field")
    assert tables(team) == before
