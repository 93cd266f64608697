"""A real waitress on a real socket: what HTTP itself can get wrong, and stopping."""

import http.client
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from ftlserver.errors import ConfigError
from ftlserver.serving import server as server_module
from ftlserver.serving.server import Server, listen
from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests.helpers import ASK, HEAD, MIB, answer, serving, talk, wait_for_url


def chunked(body: bytes) -> bytes:
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


def test_a_request_is_answered(server_url: str) -> None:
    status, document = answer(talk(server_url, HEAD + b"Content-Length: %d\r\n\r\n" % len(ASK) + ASK))
    assert (status, document["ok"]) == (200, True)


def test_a_chunked_body_is_read(server_url: str) -> None:
    status, _ = answer(talk(server_url, HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(ASK)))
    assert status == 200


@pytest.mark.parametrize(
    ("request_", "status", "error"),
    [
        (b"nonsense\r\n\r\n", 400, "bad_request"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nBad Header\r\n\r\n", 400, "bad_request"),
        (HEAD + b"Content-Length: x\r\n\r\n", 400, "bad_request"),
        (HEAD + b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\n", 400, "bad_request"),
        (HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n", 400, "bad_request"),
        (HEAD + b"Transfer-Encoding: gzip\r\n\r\n", 501, "transfer_encoding_unsupported"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400, "bad_request"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 20_000 + b"\r\n\r\n", 431, "headers_too_large"),
        (HEAD + b"Content-Length: 2147483648\r\n\r\n", 413, "body_too_large"),
        (HEAD + b"Content-Length: 2147483648\r\nExpect: 100-continue\r\n\r\n", 413, "body_too_large"),
        (HEAD + b"Content-Length: %d\r\n\r\n" % (MIB + 1), 413, "body_too_large"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(b" " * (MIB + 1)), 413, "body_too_large"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400, "bad_request"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, "bad_request"),  # TLS, which waits for an answer
    ],
    ids=lambda value: value[-40:] if isinstance(value, bytes) else str(value),
)
def test_what_is_not_http_or_too_large_is_one_json_error(
    server_url: str, request_: bytes, status: int, error: str
) -> None:
    received = talk(server_url, request_)
    assert b"100 Continue" not in received
    got, document = answer(received)
    assert (got, document["error"], document["status"]) == (status, error, status)
    if status == 413:
        assert document["max"] == MIB


@pytest.mark.parametrize("coding", ["length", "chunked"])
def test_a_body_of_a_whole_mebibyte_is_read(server_url: str, coding: str) -> None:
    body = ASK.ljust(MIB)
    if coding == "length":
        request = HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body
    else:
        request = HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(body)
    assert answer(talk(server_url, request))[0] == 200


def test_a_connection_is_kept_alive_for_more_requests(server_url: str) -> None:
    connection = http.client.HTTPConnection(str(urlsplit(server_url).netloc), timeout=10)
    for _ in range(3):
        connection.request("POST", "/api/loguseractivity/", ASK, {"Content-Type": "application/json"})
        response = connection.getresponse()
        assert (response.status, json.loads(response.read())["ok"]) == (200, True)
    connection.close()


def test_a_slow_reader_of_a_long_answer_does_not_block_other_requests() -> None:
    def long(environ: dict[str, str], start_response: Callable[..., object]) -> Iterable[bytes]:
        start_response("200 OK", [])
        return (b"x" * MIB for _ in range(32)) if environ["PATH_INFO"] == "/long" else [b"short"]

    with serving(long, threads=1) as url:
        slow = http.client.HTTPConnection(str(urlsplit(url).netloc), timeout=10)
        slow.request("GET", "/long")
        connection = http.client.HTTPConnection(str(urlsplit(url).netloc), timeout=10)
        connection.request("GET", "/short")
        assert connection.getresponse().read() == b"short"
        assert len(slow.getresponse().read()) == 32 * MIB
        slow.close()
        connection.close()


def test_a_head_request_is_answered_with_headers_only(server_url: str) -> None:
    connection = http.client.HTTPConnection(str(urlsplit(server_url).netloc), timeout=10)
    connection.request("HEAD", "/healthz")
    response = connection.getresponse()
    assert (response.status, response.read()) == (200, b"")
    assert response.headers["Server"] is None
    connection.close()


@pytest.mark.slow
def test_requests_that_arrive_too_slowly_are_cut_off(
    sqlite_storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "HEADER_SECONDS", 0.2)
    monkeypatch.setattr(server_module, "BODY_SECONDS", 0.2)
    with serving(create_app(sqlite_storage)) as url:
        address = (str(urlsplit(url).hostname), urlsplit(url).port or 0)
        slow = [socket.create_connection(address, timeout=10) for _ in range(3)]
        for connection, start in zip(
            slow, (b"", b"POST / HT", HEAD + b"Content-Length: 50\r\n\r\n{"), strict=True
        ):
            connection.sendall(start)
        for connection in slow:
            assert connection.recv(1) == b""
            connection.close()


def test_a_malformed_request_is_logged_and_has_the_common_headers(
    server_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "ftlserver.access")
    received = talk(server_url, b"nonsense\r\n\r\n")
    assert b"X-Content-Type-Options: nosniff" in received
    assert [record.getMessage() for record in caplog.records] == ["127.0.0.1 - - 400 0.0ms -"]


@pytest.mark.parametrize("host", ["a..b", "x" * 300, "256.256.256.256"])
def test_an_invalid_host_is_a_configuration_error(host: str) -> None:
    with pytest.raises(ConfigError, match="cannot listen on"):
        listen(host, 0)


def test_a_port_in_use_is_a_configuration_error(server_url: str) -> None:
    port = urlsplit(server_url).port or 0
    with pytest.raises(ConfigError, match=rf"cannot listen on 127.0.0.1 port {port}: .*in use"):
        listen("127.0.0.1", port)


@pytest.mark.slow
def test_a_request_under_way_is_answered_before_the_server_stops() -> None:
    started = threading.Event()

    def slow(_environ: object, start_response: object) -> list[bytes]:
        started.set()
        time.sleep(0.5)
        start_response("200 OK", [("Content-Length", str(5 * MIB))])  # type: ignore[operator]
        return [b"x" * 5 * MIB]

    server = Server(slow, listen("127.0.0.1", 0), 2)
    thread = threading.Thread(target=server.run)
    thread.start()
    idle = socket.create_connection(("127.0.0.1", server.effective_port))
    connection = http.client.HTTPConnection("127.0.0.1", server.effective_port, timeout=10)
    connection.request("GET", "/")
    started.wait(5)
    server.stop()
    response = connection.getresponse()
    assert response.read() == b"x" * 5 * MIB
    connection.close()
    thread.join(5)
    idle.close()
    assert not thread.is_alive()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.effective_port))


def test_stopping_a_server_that_has_ended_does_nothing(tmp_path: Path) -> None:
    server = Server(create_app, listen("127.0.0.1", 0), 1)  # type: ignore[arg-type]
    server.stop()
    server.run()
    other = os.open(tmp_path / "other", os.O_RDWR | os.O_CREAT)
    copies = [os.dup(other) for _ in range(9)]  # among them are the numbers that the server's descriptors had
    try:
        server.stop()
    finally:
        for descriptor in (other, *copies):
            os.close(descriptor)
    assert (tmp_path / "other").read_bytes() == b""


def test_a_server_may_be_stopped_at_any_time_while_it_ends() -> None:
    for _ in range(20):
        server = Server(create_app, listen("127.0.0.1", 0), 1)  # type: ignore[arg-type]
        thread = threading.Thread(target=server.run)
        thread.start()
        while thread.is_alive():
            server.stop()
            time.sleep(0.0001)
        thread.join()
        server.stop()


@pytest.fixture
def process(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [
        sys.executable,
        "-m",
        "ftlserver",
        "--database",
        str(tmp_path / "ftl.sqlite3"),
        "serve",
        "--port",
        "0",
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_the_server_cleanly(process: subprocess.Popen[str], tmp_path: Path, number: int) -> None:
    url = wait_for_url(process)
    assert answer(talk(url, HEAD + b"Content-Length: %d\r\n\r\n" % len(ASK) + ASK))[0] == 200
    os.kill(process.pid, number)
    assert process.stderr is not None
    log = process.stderr.read()
    assert process.wait(10) == 0
    lines = [line for line in log.splitlines() if "POST" in line]
    assert len(lines) == 1
    assert " 127.0.0.1 POST /api/loguseractivity/ 200 " in lines[0]
    assert "W012A3CDE" not in log


@pytest.mark.slow
def test_what_is_in_a_path_cannot_forge_a_log_line(process: subprocess.Popen[str]) -> None:
    url = wait_for_url(process)
    talk(url, b"GET /x%0a2026-01-01%20forged%1b[31m?token=secret HTTP/1.1\r\nHost: localhost\r\n\r\n")
    process.terminate()
    assert process.stderr is not None
    log = process.stderr.read()
    assert "\x1b" not in log
    assert "secret" not in log
    assert not any(line.startswith("2026-01-01 forged") for line in log.splitlines())


def test_a_long_answer_is_not_buffered_in_memory() -> None:
    piece, count = b"x" * 256 * 1024, 256

    def application(_environ: object, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        for _ in range(count):
            yield piece

    with (
        serving(application) as url,
        closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)) as connection,
    ):
        tracemalloc.start()
        connection.request("GET", "/")
        response = connection.getresponse()
        received = sum(len(part) for part in iter(lambda: response.read(65536), b""))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert received == count * len(piece)
    assert peak < received / 4


def test_no_log_contains_the_path_of_a_request_that_fails(caplog: pytest.LogCaptureFixture) -> None:
    def application(_environ: object, start_response: Callable[..., object]) -> Iterator[bytes]:
        start_response("200 OK", [("Content-Type", "application/json")])
        yield b"{"
        raise RuntimeError("it fails")

    caplog.set_level(logging.DEBUG)
    with serving(application) as url:
        talk(url, b"GET /feed/canary/badge.svg HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert "Exception while serving a request" in caplog.text
    assert "it fails" in caplog.text
    assert "canary" not in caplog.text
