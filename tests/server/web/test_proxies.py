"""The headers that a trusted proxy sets."""

import pytest
from webtest import TestApp

from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from ftlserver.web.middleware import Policy
from tests.helpers import check_common, send

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
def test_only_a_trusted_proxy_sets_the_client_address_and_the_scheme(
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


def test_x_forwarded_host_and_forwarded_are_ignored(sqlite_storage: Storage) -> None:
    app = TestApp(create_app(sqlite_storage, Policy.of("127.0.0.1", trusted_proxy="*")))
    headers = {"Host": "evil.test", "X-Forwarded-Host": "localhost", "Forwarded": "host=localhost;proto=https"}
    assert send(app, "GET", "/healthz", headers=headers).status_int == 421
    headers["Host"], headers["X-Forwarded-Host"] = "localhost", "evil.test"
    assert send(app, "GET", "/healthz", headers=headers).status_int == 200
