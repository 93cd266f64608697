"""The event loop: many connections, pipelined requests, early ends, and ``/healthz`` while all threads wait."""

import contextlib
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest

from ftlserver.serving import event_loop, threads
from ftlserver.serving import server as server_module
from ftlserver.serving.server import Server, listen

GET = b"GET /%d HTTP/1.1\r\nHost: localhost\r\n\r\n"


@contextmanager
def running(application: Callable[..., Any], threads: int = 4) -> Iterator[tuple[str, int]]:
    server = Server(application, listen("127.0.0.1", 0), threads)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        parts = urlsplit(server.url)
        yield str(parts.hostname), int(parts.port or 0)
    finally:
        server.stop()
        thread.join(15)
        assert not thread.is_alive()


def wait_a_moment() -> None:
    """Let the loop see what was sent: it has no sign of that to wait for."""
    time.sleep(0.1)


def echo(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    body = environ["PATH_INFO"].encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


def read_answers(connection: socket.socket, count: int) -> list[bytes]:
    found: list[bytes] = []
    file = connection.makefile("rb")
    for _ in range(count):
        length = 0
        while (line := file.readline()) != b"\r\n":
            assert line, "the connection was closed"
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        found.append(file.read(length))
    return found


def test_every_one_of_many_connections_is_answered_again_and_again() -> None:
    with running(echo) as address:
        connections = [socket.create_connection(address, timeout=20) for _ in range(300)]
        for round_ in range(3):
            for connection in connections:
                connection.sendall(GET % round_)
            for connection in connections:
                assert read_answers(connection, 1) == [b"/%d" % round_]
        for connection in connections:
            connection.close()


def test_no_step_waits_for_the_look_at_all_channels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which is for what changes by time alone, and would hide a change that was not noted."""
    monkeypatch.setattr(event_loop, "LOOK_SECONDS", 600.0)
    with running(echo) as address:
        for _ in range(5):
            with socket.create_connection(address, timeout=10) as connection:
                for number in range(5):
                    connection.sendall(GET % number)
                    assert read_answers(connection, 1) == [b"/%d" % number]


def test_the_loop_leaves_sending_to_the_thread_that_sends() -> None:
    """Otherwise it turns without a pause until the thread is done: with two workers that took a third of the rate."""
    server = Server(echo, listen("127.0.0.1", 0), threads=1)
    try:
        with socket.create_connection(server.socket.getsockname(), timeout=10) as connection:
            server.handle_accept()
            (channel,) = server.active_channels.values()
            sending, go_on = threading.Event(), threading.Event()

            def send() -> None:
                with channel.outbuf_lock:
                    channel.total_outbufs_len = 1  # appended, and not sent so far
                    sending.set()
                    go_on.wait(10)
                    channel.total_outbufs_len = 0

            thread = threading.Thread(target=send)
            thread.start()
            assert sending.wait(10)
            assert not channel.writable()
            assert channel.readable()  # the registration that the connection has when the answer is sent
            go_on.set()
            thread.join(10)
            connection.close()
    finally:
        server.stop()
        server.run()


def test_pipelined_requests_are_answered_in_order() -> None:
    def slowly(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        time.sleep(0.01)
        return echo(environ, start_response)

    with running(slowly) as address, socket.create_connection(address, timeout=10) as connection:
        connection.sendall(b"".join(GET % number for number in range(20)))
        assert read_answers(connection, 20) == [b"/%d" % number for number in range(20)]


def test_a_request_that_arrives_while_another_is_worked_on_is_answered_at_once_after_it() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def wait(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"] == "/0":
            begun.set()
            go_on.wait(10)
        return echo(environ, start_response)

    with running(wait) as address, socket.create_connection(address, timeout=10) as connection:
        connection.sendall(GET % 0)
        assert begun.wait(10)
        connection.sendall(GET % 1)
        time.sleep(0.1)
        go_on.set()
        assert read_answers(connection, 2) == [b"/0", b"/1"]


@pytest.mark.parametrize("size", [10, 30_000, 3_000_000])
def test_answers_of_all_sizes_arrive_whole_at_a_slow_reader(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_loop, "LOOK_SECONDS", 600.0)

    def long(_environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Length", str(size))])
        return [b"x" * size]

    with running(long) as address, socket.create_connection(address, timeout=10) as connection:
        for _ in range(2):
            connection.sendall(GET % 0)
            time.sleep(0.05)
            assert len(read_answers(connection, 1)[0]) == size


def test_an_answer_without_keep_alive_ends_with_the_connection() -> None:
    with running(echo) as address, socket.create_connection(address, timeout=10) as connection:
        connection.sendall(b"GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        received = b"".join(iter(lambda: connection.recv(65_536), b""))
        assert received.endswith(b"\r\n\r\n/x")


def test_connections_that_leave_early_disturb_no_one() -> None:
    with running(echo) as address:
        for _ in range(50):
            connection = socket.create_connection(address, timeout=10)
            connection.sendall(GET % 0)
            connection.close()
        with socket.create_connection(address, timeout=10) as connection:
            connection.sendall(GET % 1)
            assert read_answers(connection, 1) == [b"/1"]


def test_healthz_is_answered_while_all_threads_wait() -> None:
    begun, go_on = threading.Semaphore(0), threading.Event()

    def wait(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"] != "/healthz":
            begun.release()
            go_on.wait(20)
        return echo(environ, start_response)

    with running(wait, threads=2) as address:
        waiting = [socket.create_connection(address, timeout=30) for _ in range(4)]
        for connection in waiting:
            connection.sendall(GET % 0)
        assert begun.acquire(timeout=10)
        with socket.create_connection(address, timeout=5) as connection:
            for _ in range(3):
                connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert read_answers(connection, 1) == [b"/healthz"]
        go_on.set()
        for connection in waiting:
            assert read_answers(connection, 1) == [b"/0"]
            connection.close()


@pytest.mark.slow
def test_a_clock_that_is_set_back_does_not_switch_off_the_deadlines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "MAINTENANCE_SECONDS", 0.1)
    monkeypatch.setattr(server_module, "HEADER_SECONDS", 0.3)
    with running(echo) as address, socket.create_connection(address, timeout=10) as connection:
        real = time.time
        monkeypatch.setattr(time, "time", lambda: real() - 3_600)
        connection.sendall(b"GET / HTTP/1.1\r\nHost:")
        assert connection.recv(1_000) == b""


@pytest.mark.slow
def test_an_idle_connection_is_closed_and_one_in_use_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "MAINTENANCE_SECONDS", 0.1)
    monkeypatch.setattr(server_module, "IDLE_SECONDS", 0.5)
    with running(echo) as address, socket.create_connection(address, timeout=10) as idle:
        idle.sendall(GET % 0)
        assert read_answers(idle, 1) == [b"/0"]
        with socket.create_connection(address, timeout=10) as used:
            for number in range(10):
                used.sendall(GET % number)
                assert read_answers(used, 1) == [b"/%d" % number]
                time.sleep(0.1)
        assert idle.recv(1_000) == b""


def test_an_error_of_http_is_answered_and_closes_the_connection() -> None:
    with running(echo) as address, socket.create_connection(address, timeout=10) as connection:
        connection.sendall(b"nonsense\r\n\r\n")
        received = b"".join(iter(lambda: connection.recv(65_536), b""))
        assert json.loads(received.partition(b"\r\n\r\n")[2])["error"] == "bad_request"


def wait_for_go(begun: threading.Semaphore, go_on: threading.Event) -> Callable[..., Any]:
    def wait(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"] == "/0":
            begun.release()
            go_on.wait(20)
        return echo(environ, start_response)

    return wait


def test_a_connection_beyond_the_limit_is_refused_all_but_healthz(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "CONNECTIONS", 3)
    begun, go_on = threading.Semaphore(0), threading.Event()
    with running(wait_for_go(begun, go_on)) as address:
        inside = [socket.create_connection(address, timeout=30) for _ in range(3)]
        for connection in inside:
            connection.sendall(GET % 0)
            assert begun.acquire(timeout=10)
        with socket.create_connection(address, timeout=10) as spare:
            spare.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert read_answers(spare, 1) == [b"/healthz"]
            spare.sendall(GET % 1)
            head, _, body = b"".join(iter(lambda: spare.recv(65_536), b"")).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 503 ")
        assert b"\r\nRetry-After: 1" in head
        assert json.loads(body)["error"] == "too_many_connections"
        go_on.set()
        for connection in inside:
            assert read_answers(connection, 1) == [b"/0"]
        inside.pop().close()
        with socket.create_connection(address, timeout=10) as connection:
            connection.sendall(GET % 1)
            assert read_answers(connection, 1) == [b"/1"]
        for connection in inside:
            connection.close()


def test_connections_that_were_closed_while_their_requests_waited_leave_their_places(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server_module, "CONNECTIONS", 5)
    monkeypatch.setattr(threads, "LONG_SECONDS", 60)
    begun, go_on = threading.Semaphore(0), threading.Event()
    with running(wait_for_go(begun, go_on), threads=1) as address:
        first, *waiting = [socket.create_connection(address, timeout=30) for _ in range(5)]
        first.sendall(GET % 0)
        assert begun.acquire(timeout=10)
        for connection in waiting:
            connection.sendall(GET % 1)
        wait_a_moment()
        for connection in waiting:
            connection.close()
        wait_a_moment()
        others = [socket.create_connection(address, timeout=30) for _ in range(4)]
        for connection in others:
            connection.sendall(GET % 2)
        wait_a_moment()
        go_on.set()
        assert [read_answers(connection, 1) for connection in others] == [[b"/2"]] * 4
        assert read_answers(first, 1) == [b"/0"]
        for connection in (first, *others):
            connection.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    "begun",
    [
        pytest.param(b"GET / HTTP/1.1\r\nHost:", id="headers"),
        pytest.param(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{", id="body"),
    ],
)
def test_requests_that_trickle_give_way_when_all_connections_are_taken(
    begun: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their own deadlines, of 10 and 30 seconds, are longer than this test waits."""
    monkeypatch.setattr(server_module, "CONNECTIONS", 20)
    with running(echo) as address:
        slow = [socket.create_connection(address, timeout=10) for _ in range(20)]
        for connection in slow:
            connection.sendall(begun)
        body = b""
        for _ in range(60):
            with socket.create_connection(address, timeout=6) as connection:
                connection.sendall(GET % 1)
                (body,) = read_answers(connection, 1)
            if body == b"/1":
                break
            assert json.loads(body)["error"] == "too_many_connections"
            time.sleep(0.1)
        assert body == b"/1"
        for connection in slow:
            connection.close()


@pytest.mark.slow
def test_a_slow_reader_who_goes_on_reading_is_not_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "IDLE_SECONDS", 0.7)
    size = 40_000_000

    def long(_environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Length", str(size))])
        return [b"x" * size]

    with running(long) as address, socket.create_connection(address, timeout=10) as connection:
        connection.sendall(GET % 0)
        received = 0
        while chunk := connection.recv(1_000_000):
            received += len(chunk)
            if received > size:  # with the headers
                break
            time.sleep(0.05)
        assert received > size


def test_clients_that_reset_their_connections_do_not_end_the_server() -> None:
    """Sending then fails, and a connection that was to be closed afterwards is closed twice."""
    with running(echo) as address:
        for _ in range(100):
            with socket.create_connection(address, timeout=10) as connection:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                with contextlib.suppress(OSError):
                    connection.sendall(b"\r\n" * 4096)
        with socket.create_connection(address, timeout=10) as connection:
            connection.sendall(GET % 1)
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
