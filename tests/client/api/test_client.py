"""The HTTP client with this server and with others."""

import json
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import ftlclient
from ftlclient import ActivityPeriod, Client, ClientError, Member, NotThisAPIError, RefusedError, UnreachableError
from ftlclient.api import client as client_module
from ftlclient.api.models import Member as ModelsMember
from ftlclient.errors import ConfigError
from tests.client.conftest import raw_server, reading_server, wsgi
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


@pytest.mark.parametrize("ids", ["W012A3CDE", b"W012A3CDE", ""])
def test_one_string_is_not_a_list_of_ids(server_url: str, ids: str | bytes) -> None:
    with Client(server_url) as client, pytest.raises(TypeError, match=r"a list of user ids, such as \[b?'W?"):
        client.log_user_activity(ids)  # type: ignore[arg-type]


def test_a_refusal_carries_the_code(server_url: str) -> None:
    with (
        Client(server_url) as client,
        pytest.raises(RefusedError, match=r"refused: id_list, item 1: expected 1 to 120") as error,
    ):
        client.log_user_activity(["a b"])
    assert (error.value.code, error.value.status) == ("invalid_argument", 400)


@pytest.mark.parametrize(
    ("message", "pointer", "detail", "shown"),
    [
        ("/id_list/0: expected a string", "/id_list/0", "expected a string", "id_list, item 1: expected a string"),
        ("/from: is not a time", "/from", "is not a time", "from: is not a time"),
        ("at cannot be used", "/at", "it is not a time", "at cannot be used: it is not a time"),
        ("it is empty: a must precede b", "/b", "a must precede b", "it is empty: a must precede b"),
        ("No user provided as input", "/id_list", "No user provided as input", "No user provided as input"),
        ("it was not changed", "/periods/9/a~1b~0c", "bad", "it was not changed (periods, item 10, a/b~c: bad)"),
        (": no", "", "no", "no"),
    ],
)
def test_a_refusal_is_one_sentence_without_a_pointer(message: str, pointer: str, detail: str, shown: str) -> None:
    errors = [{"pointer": pointer, "code": "x", "message": detail}]
    body = json.dumps({"ok": False, "error": "x", "message": message, "errors": errors}).encode()
    with serving(wsgi("400 Bad Request", body)) as url, Client(url) as client:
        with pytest.raises(RefusedError) as error:
            client.log_user_activity(["a"])
    assert str(error.value) == f"{url} refused: {shown}"


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


def test_https_to_a_server_of_http_says_so_at_once(server_url: str) -> None:
    url = server_url.replace("http:", "https:")
    started = time.monotonic()
    with Client(url) as client, pytest.raises(UnreachableError) as error:
        client.log_user_activity(["a"])
    assert time.monotonic() - started < 2
    assert str(error.value) == f"the server at {url} speaks http, not https; use {server_url}"


def test_https_to_a_server_of_http_that_waits_for_a_line_says_so_within_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert client_module._CONNECT_SECONDS <= 3
    monkeypatch.setattr(client_module, "_CONNECT_SECONDS", 0.3)
    waiting: list[socket.socket] = []

    def answer_lines(connection: socket.socket, received: bytes) -> None:
        if received.startswith(b"GET "):
            connection.sendall(b"HTTP/1.0 404 Not Found\r\n\r\n")
        else:
            waiting.append(connection.dup())

    with reading_server(answer_lines) as url:
        started = time.monotonic()
        with Client(url.replace("http:", "https:")) as client:
            with pytest.raises(UnreachableError, match=f"speaks http, not https; use {url}$"):
                client.log_user_activity(["a"])
    assert waiting
    assert time.monotonic() - started < 5
    for connection in waiting:
        connection.close()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\x15\x03\x01\x00\x02\x02\x16",
        b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>",
        b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n",
    ],
)
@pytest.mark.parametrize("path", ["/api/users/", "/api/export/"])
def test_http_to_a_server_of_https_says_so(answer: bytes, path: str) -> None:
    """Apache, nginx and Go answer in plain http, others with a TLS alert or not at all."""

    def answer_tls(connection: socket.socket, received: bytes) -> None:
        # A fatal alert is what a TLS server answers that has no certificate.
        connection.sendall(b"\x15\x03\x03\x00\x02\x02\x28" if received[:1] == b"\x16" else answer)

    with reading_server(answer_tls) as url, Client(url) as client:
        with pytest.raises(UnreachableError) as error:
            list(client.lines(path)) if "export" in path else client.request("GET", path)
    assert str(error.value) == f"the server at {url} speaks https, not http; use {url.replace('http', 'https')}"


def test_a_server_that_speaks_neither_is_not_said_to_speak_one() -> None:
    with reading_server(lambda connection, _: connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")) as url:
        for scheme, words in (("http", "no server answers"), ("https", "no TLS connection")):
            with Client(url.replace("http", scheme)) as client, pytest.raises(UnreachableError, match=words):
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


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
NDJSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
MIB = bytes(1024 * 1024).replace(b"\0", b" ")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\nX-Name: ", b"x"),
        (HEAD, b"A: b\r\n"),
        (HEAD + b"Content-Length: 1000000\r\n\r\n", b" "),
        (HEAD + b"\r\n", b" "),
        (HEAD + CHUNKED, b"1\r\n \r\n"),
        (HEAD + CHUNKED, b"0"),
        (HEAD + CHUNKED + b"1; x=", b"x"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\n\r\n", b" "),
    ],
    ids=[
        "header",
        "headers",
        "length",
        "close",
        "chunks",
        "chunk size",
        "chunk extension",
        "continue",
        "redirect",
    ],
)
def test_the_timeout_is_for_the_whole_exchange(head: bytes, piece: bytes) -> None:
    def trickle(connection: socket.socket) -> None:
        connection.sendall(head)
        for _ in range(10):
            time.sleep(0.05)
            connection.sendall(piece)

    with raw_server(trickle) as url, Client(url, timeout=0.25) as client:
        with pytest.raises(UnreachableError, match=r"did not answer within 0.25 s"):
            client.log_user_activity(["a"])


@pytest.mark.slow
def test_the_timeout_of_an_export_is_for_each_piece() -> None:
    def send_slowly(connection: socket.socket) -> None:
        connection.sendall(NDJSON + CHUNKED)
        for line in range(5):
            time.sleep(0.3)
            connection.sendall(b'8\r\n{"a":%d}\n\r\n' % line)
        for _ in range(15):
            time.sleep(0.1)
            connection.sendall(b"1\r\n \r\n")

    with raw_server(send_slowly) as url, Client(url, timeout=1) as client:
        lines = client.lines("/api/export/")
        assert [next(lines) for _ in range(5)] == [b'{"a":%d}' % line for line in range(5)]
        with pytest.raises(UnreachableError, match="within 1 s"):
            next(lines)


@pytest.mark.slow
def test_an_answer_without_end_is_not_held() -> None:
    def send_forever(connection: socket.socket) -> None:
        connection.sendall(HEAD + b"\r\n")
        while True:
            connection.sendall(MIB)

    with raw_server(send_forever) as url, Client(url) as client:
        with pytest.raises(NotThisAPIError, match="more than 64 MiB .*; ask for less: a shorter window or fewer"):
            client.log_user_activity(["a"])


def test_a_line_without_end_is_not_held() -> None:
    def send_forever(connection: socket.socket) -> None:
        connection.sendall(NDJSON + b"\r\n")
        while True:
            connection.sendall(MIB)

    with raw_server(send_forever) as url, Client(url) as client:
        with pytest.raises(NotThisAPIError, match="a line of more than 64 KiB"):
            next(client.lines("/api/export/"))


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "identity, gzip"])
@pytest.mark.parametrize("status", ["200 OK", "302 Found"])
def test_a_compressed_answer_is_refused_before_it_is_read(encoding: str, status: str) -> None:
    seen: list[str] = []

    def application(environ: dict[str, str], start_response: Callable[..., object]) -> list[bytes]:
        seen.append(environ["HTTP_ACCEPT_ENCODING"])
        start_response(status, [("Content-Encoding", encoding), ("Location", "/"), ("Content-Length", "9")])
        return [b"not gzip!"]

    with serving(application) as url, Client(url) as client:
        with pytest.raises(NotThisAPIError, match="it is compressed"):
            client.log_user_activity(["a"])
    assert seen == ["identity"]


def test_an_answer_that_memory_would_multiply_is_not_read() -> None:
    body = b'{"ok":true,"members":[' + b"[]," * 3_000_000 + b"0]}"
    with serving(wsgi("200 OK", body)) as url, Client(url) as client:
        with pytest.raises(NotThisAPIError, match="3,000,000 values"):
            client.log_user_activity(["a"])


@pytest.mark.parametrize("levels", [40, 500])
def test_an_answer_of_many_levels_is_not_usable(levels: int) -> None:
    body = b'{"ok":true,"members":[],"x":' + b"[" * levels + b"]" * levels + b"}"
    with serving(wsgi("200 OK", body)) as url, Client(url) as client:
        with pytest.raises(NotThisAPIError, match="more than 32 levels"):
            client.log_user_activity(["a"])


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity", b"9" * 5_000])
def test_what_is_no_number_in_json_is_not_this_api(number: bytes) -> None:
    with serving(wsgi("200 OK", b'{"ok":true,"members":[],"x":' + number + b"}")) as url, Client(url) as client:
        with pytest.raises(NotThisAPIError, match="it answered 200 with application/json"):
            client.log_user_activity(["a"])


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\0" * 100,
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 999 Odd\r\n\r\n{}",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        HEAD + b"X: " + b"x" * 100_000,
        HEAD + b"X: y\r\n" * 200 + b"\r\n",
        HEAD + b"no colon\r\n\r\n{}",
        HEAD + b"Content-Length: abc\r\n\r\n{}",
        HEAD + b"Content-Length: -5\r\n\r\n{}",
        HEAD + b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\n{}",
        HEAD + CHUNKED + b"zz\r\n{}\r\n",
        HEAD + CHUNKED + b"-1\r\n{}\r\n",
        HEAD + CHUNKED + b"f" * 30 + b"\r\n{}",
        HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        HEAD + b"Set-Cookie: \xff=\xfe; Max-Age=9e999; Expires=\x01; Domain=[\r\n\r\n{}",
        b"HTTP/1.1 302 Found\r\nLocation: http://[\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: \xff\xfe\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 503 Busy\r\nRetry-After: " + b"9" * 5_000 + b"\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 401 No\r\nWWW-Authenticate: Digest x\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Type: \xff" + b"x" * 60_000 + b"\r\nContent-Length: 0\r\n\r\n",
    ],
)
@pytest.mark.parametrize("path", ["/api/users/", "/api/export/"])
def test_what_is_not_http_is_an_error_of_the_client(answer: bytes, path: str) -> None:
    with raw_server(lambda connection: connection.sendall(answer)) as url, Client(url, timeout=5) as client:
        with pytest.raises(ClientError) as error:
            list(client.lines(path)) if "export" in path else client.request("GET", path)
        assert len(str(error.value)) < 300


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
