"""The HTTP client with this server and with others."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

import ftlclient
from ftlclient import ActivityPeriod, Client, Member, NotThisAPIError, RefusedError, UnreachableError
from ftlclient.api.models import Member as ModelsMember
from ftlclient.errors import ConfigError
from tests.client.conftest import wsgi
from tests.conftest import serving


def test_a_program_asks_and_gets_members(server_url: str) -> None:
    with Client(server_url) as client:
        egon, glinda = client.log_user_activity(["W012A3CDE", "absent", "W07QCRPA4"])
    assert isinstance(egon, Member)
    assert isinstance(egon.activity_periods[0], ActivityPeriod)
    assert (egon.real_name, glinda.tz) == ("Egon Spengler", "Asia/Kolkata")
    assert egon.activity_periods[0].start_time.isoformat() == "2020-02-01T13:33:00-08:00"


def test_the_package_offers_what_it_says() -> None:
    assert all(getattr(ftlclient, name) for name in ftlclient.__all__)
    assert ftlclient.Member is ModelsMember
    with pytest.raises(AttributeError, match="nothing"):
        ftlclient.nothing  # noqa: B018


def test_a_refusal_carries_the_code(server_url: str) -> None:
    with (
        Client(server_url) as client,
        pytest.raises(RefusedError, match=r"\(id_list, item 1: expected 1 to 120") as error,
    ):
        client.log_user_activity(["a b"])
    assert (error.value.code, error.value.status) == ("invalid_argument", 400)


def test_a_refusal_without_details_is_reported_with_its_code() -> None:
    with serving(wsgi("403 Forbidden", b'{"ok":false,"error":"nope"}')) as url, Client(url) as client:
        with pytest.raises(RefusedError, match="refused: nope"):
            client.log_user_activity(["a"])


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        ("200 OK", b"<html>", "text/html"),
        ("200 OK", b"", "text/plain"),
        ("200 OK", b"[]", "application/json"),
        ("200 OK", b"{}", "application/json"),
        ("200 OK", b'{"ok":"True","members":[]}', "application/json"),
        ("200 OK", b'{"ok":true}', "application/json"),
        ("200 OK", b'{"ok":true,"members":{}}', "application/json"),
        ("200 OK", b'{"ok":true,"members":[5]}', "application/json"),
        ("200 OK", b"[" * 100_000, "application/json"),
        ("200 OK", b"\xff\xfe", "application/json"),
        ("502 Bad Gateway", b"<html>", "text/html"),
        ("404 Not Found", b"", "text/html"),
    ],
)
def test_another_server_is_not_this_api(status: str, body: bytes, kind: str) -> None:
    with serving(wsgi(status, body, [("Content-Type", kind)])) as url, Client(url) as client:
        with pytest.raises(NotThisAPIError):
            client.log_user_activity(["a"])


def test_a_redirect_is_not_followed() -> None:
    with serving(wsgi("302 Found", b"", [("Location", "http://127.0.0.1:9/")])) as url, Client(url) as client:
        with pytest.raises(NotThisAPIError, match="elsewhere"):
            client.log_user_activity(["a"])


def test_a_server_that_is_down_is_unreachable() -> None:
    with Client("http://127.0.0.1:9") as client, pytest.raises(UnreachableError, match="no server answers"):
        client.log_user_activity(["a"])


def test_a_server_that_closes_the_connection_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=lambda: listener.accept()[0].close(), daemon=True).start()
        with Client(f"http://127.0.0.1:{listener.getsockname()[1]}") as client:
            with pytest.raises(UnreachableError):
                client.log_user_activity(["a"])


def test_a_server_that_never_answers_times_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with Client(f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=0.3) as client:
            with pytest.raises(UnreachableError, match=r"within 0.3 s"):
                client.log_user_activity(["a"])


@pytest.mark.slow
def test_a_server_that_trickles_times_out() -> None:
    def application(_environ: object, start_response: Callable[..., object]) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", "application/json")])
        for _ in range(20):
            time.sleep(0.1)
            yield b" "

    with serving(application) as url, Client(url, timeout=0.5) as client:
        started = time.monotonic()
        with pytest.raises(UnreachableError, match="within"):
            client.log_user_activity(["a"])
        assert time.monotonic() - started < 1.5


def test_a_retry_that_exceeds_the_timeout_is_not_made() -> None:
    body = b'{"ok":false,"error":"database_busy","message":"busy"}'
    application = wsgi("503 Busy", body, [("Content-Type", "application/json"), ("Retry-After", "60")])
    with serving(application) as url, Client(url, timeout=5) as client:
        started = time.monotonic()
        with pytest.raises(RefusedError, match="busy"):
            client.log_user_activity(["a"])
        assert time.monotonic() - started < 1


def test_an_incomplete_answer_is_not_a_server_that_is_down() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer_half() -> None:
            connection, _ = listener.accept()
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{")
            connection.close()

        threading.Thread(target=answer_half, daemon=True).start()
        with Client(f"http://127.0.0.1:{listener.getsockname()[1]}") as client:
            with pytest.raises(NotThisAPIError, match="its answer is incomplete"):
                client.log_user_activity(["a"])


@pytest.mark.slow
def test_a_busy_server_is_retried() -> None:
    asked: list[int] = []

    def application(_environ: object, start_response: Callable[..., object]) -> list[bytes]:
        asked.append(1)
        status = "503 Service Unavailable" if len(asked) < 3 else "200 OK"
        start_response(
            status, [("Content-Type", "application/json"), ("Retry-After", "0"), ("Content-Length", "24")]
        )
        return [b'{"ok":true,"members":[]} '[:24]]

    with serving(application) as url, Client(url) as client:
        assert client.log_user_activity(["a"]) == []
    assert len(asked) == 3


def test_neither_proxy_nor_netrc_is_used(server_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login eve password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    seen: list[str] = []

    def application(environ: dict[str, str], start_response: Callable[..., object]) -> list[bytes]:
        seen.append(environ.get("HTTP_AUTHORIZATION", ""))
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps({"ok": True, "members": []}).encode()]

    with serving(application) as url, Client(url) as client:
        client.log_user_activity(["a"])
    assert seen == [""]


@pytest.mark.parametrize(
    "url",
    ["", "127.0.0.1:8080", "ftp://x", "http://", "http://x:y", "http://x:99999", "http://x?a", "http://a..b"],
)
def test_an_invalid_url_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="looks like"):
        Client(url)


def test_a_password_in_a_url_is_refused_without_being_repeated() -> None:
    with pytest.raises(ConfigError) as error:
        Client("http://user:SECRET@127.0.0.1:8080")
    assert "SECRET" not in str(error.value)
