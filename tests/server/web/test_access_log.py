"""The access log: short, printable, and without personal data."""

import secrets

import pytest
from webtest import TestApp

from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests.helpers import ONE_PERIOD, record, request, serving, talk


def test_no_method_or_path_makes_the_log_long_or_unreadable(
    sqlite_storage: Storage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "ftlserver.access")
    with serving(create_app(sqlite_storage)) as url:
        talk(url, b"\x1b[2J\x9b\x0b /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        talk(url, b"G" * 8_000 + b" /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        talk(url, b"GET /" + secrets.token_hex(4_000).encode() + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert len(caplog.records) == 3
    for line in caplog.records:
        assert line.getMessage().isprintable()
        assert len(line.getMessage()) < 1_000


def test_the_log_does_not_contain_what_was_written(
    sqlite_storage: Storage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    app = TestApp(create_app(sqlite_storage))
    user = {"id": "canary-id", "real_name": "canary-name", "tz": "Europe/Berlin"}
    request(app, "POST", "/api/users", user)
    request(app, "POST", "/api/users", {**user, "real_name": "canary-other"})
    record(app, {**ONE_PERIOD, "user_id": "canary-id"})
    record(app, {**ONE_PERIOD, "user_id": "canary-unknown", "start_time": "canary-time"}, partial=True)
    request(app, "POST", "/api/heartbeat", {"user_id": "canary-id", "at": "canary-time"})
    for method, path in (
        ("GET", "/api/users/canary-id"),
        ("DELETE", "/api/users/canary-id/"),
        ("GET", "/canary-path"),
    ):
        request(app, method, path)
    assert "canary" not in caplog.text
    assert "GET /api/users/<user_id> 200" in caplog.text
    assert "DELETE /api/users/<user_id>/ 200" in caplog.text
    assert "GET - 404" in caplog.text
