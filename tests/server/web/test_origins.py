"""Pages of other origins: the headers that browsers send."""

import json

import pytest
from webtest import TestApp

from ftlserver.domain.user import User
from ftlserver.storage import Storage
from ftlserver.web.app import WAKATIME_KEY, create_app
from ftlserver.web.middleware import Policy
from tests.helpers import ABOUT_EGON, EGON, make_token, send, store_team
from tests.server.web.sample_requests import ROUTE_TABLE, SAMPLES, sample_of

NEW_USER = User("new", "N", "UTC")
CHANGE = ("PUT", "/api/users/new", {"real_name": "N", "tz": "UTC"})
QUESTION = ("POST", "/api/loguseractivity", ABOUT_EGON)
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
        ({"Origin": "https://localhost:80"}, True),
        ({"Origin": "http://localhost"}, False),
        ({"Origin": "https://localhost"}, True),
        ({"Origin": "ftp://localhost:80"}, True),
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
    store_team(sqlite_storage)
    app = TestApp(create_app(sqlite_storage))
    for sample in (QUESTION, LINK, CHANGE, ("GET", "/healthz", None)):
        response = send(app, *sample, headers={"Host": "localhost:80", **headers})
        assert not [name for name in response.headers if name.lower().startswith("access-control-")]
        if is_refused:
            assert (response.status_int, response.json["error"]) == (403, "cross_origin")
        else:
            assert response.status_int == 200
    assert (sqlite_storage.users.find("new") is None) == is_refused


def test_a_link_from_another_site_may_be_followed_but_a_form_is_refused(sqlite_storage: Storage) -> None:
    store_team(sqlite_storage)
    app = TestApp(create_app(sqlite_storage))
    followed = {"Sec-Fetch-Site": "cross-site", **NAVIGATION}
    assert send(app, *LINK, headers=followed).status_int == 200
    assert app.request("/api/users", method="HEAD", headers=followed).status_int == 200
    for method, path, _ in ROUTE_TABLE:
        sample = sample_of(method, path)
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
def test_content_types_that_need_no_preflight_are_refused(sqlite_storage: Storage, content_type: str) -> None:
    store_team(sqlite_storage)
    app = TestApp(create_app(sqlite_storage))
    for method, path, scope in ROUTE_TABLE:
        sample = SAMPLES[method, path](EGON.id)
        if method == "POST" and sample is not None and scope != WAKATIME_KEY:
            body = json.dumps(sample[1]).encode()
            response = app.post(sample[0], body, content_type=content_type, expect_errors=True)
            assert (response.status_int, response.json["error"]) == (415, "unsupported_media_type")


ALLOWED = "https://wiki.example.org"
CORS = "access-control-"


@pytest.fixture
def cors_app(sqlite_storage: Storage) -> TestApp:
    """Give an application with two allowed origins."""
    store_team(sqlite_storage)
    policy = Policy.of("127.0.0.1", origins=[ALLOWED.upper() + "/", "http://other.example.org:8000"])
    return TestApp(create_app(sqlite_storage, policy))


def test_a_page_of_an_allowed_origin_may_ask_and_read(cors_app: TestApp) -> None:
    for headers in ({"Origin": ALLOWED}, {"Origin": ALLOWED, "Sec-Fetch-Site": "cross-site"}):
        response = send(cors_app, *QUESTION, headers=headers)
        assert response.status_int == 200
        assert response.headers["Access-Control-Allow-Origin"] == ALLOWED
        assert response.headers["Access-Control-Expose-Headers"] == "X-Request-Id"
        assert "Access-Control-Allow-Credentials" not in response.headers
        assert response.headers["Vary"] == "Origin"
    refused = send(cors_app, *QUESTION, headers={"Origin": ALLOWED, "Authorization": "x"})
    assert (refused.status_int, refused.headers["Access-Control-Allow-Origin"]) == (401, ALLOWED)


@pytest.mark.parametrize(
    "origin",
    ["https://evil.test", "null", ALLOWED + ":8443", ALLOWED.replace("https", "http"), ALLOWED + ".evil.test"],
)
def test_a_page_of_an_origin_that_is_not_allowed_is_refused_without_cors_headers(
    cors_app: TestApp, origin: str
) -> None:
    response = send(cors_app, *QUESTION, headers={"Origin": origin})
    assert (response.status_int, response.json["error"]) == (403, "cross_origin")
    assert response.headers["Vary"] == "Origin"
    preflight = {"Origin": origin, "Access-Control-Request-Method": "PUT"}
    refused = cors_app.options("/api/users/unknown", headers=preflight, expect_errors=True)
    assert refused.status_int == 405
    for answered in (response, refused):
        assert not [name for name in answered.headers if name.lower().startswith(CORS)]


def test_a_preflight_is_answered_for_an_allowed_origin_alone(cors_app: TestApp, sqlite_storage: Storage) -> None:
    preflight = {
        "Origin": ALLOWED,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "authorization,content-type",
        "Sec-Fetch-Site": "cross-site",
        "Sec-Fetch-Mode": "cors",
    }
    make_token(sqlite_storage, "admin")  # a preflight comes without token, on a closed server too
    response = cors_app.options("/api/users/unknown", headers=preflight)
    assert (response.status_int, response.body) == (204, b"")
    assert response.headers["Access-Control-Allow-Origin"] == ALLOWED
    allowed = response.headers["Access-Control-Allow-Methods"].split(", ")
    assert {method for method, _, _ in ROUTE_TABLE} == set(allowed)
    assert response.headers["Access-Control-Allow-Headers"] == "Authorization, Content-Type"
    assert response.headers["X-Request-Id"]
    without = cors_app.options("/api/users/unknown", headers={"Origin": ALLOWED}, expect_errors=True)
    assert without.status_int == 405


def test_only_options_is_a_preflight(cors_app: TestApp, sqlite_storage: Storage) -> None:
    headers = {"Origin": ALLOWED, "Access-Control-Request-Method": "PUT"}
    assert send(cors_app, *CHANGE, headers=headers).status_int == 200
    assert sqlite_storage.users.find("new") == NEW_USER
