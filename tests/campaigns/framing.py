"""What of requests is not the requests themselves, sent without end."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing

from tests.campaigns.expensive import at
from tests.campaigns.running import ROLLBACK_JOURNAL, Client, Served, fresh

SENT = 10 * 1024 * 1024  # of each kind
GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
CHUNKED = (
    b"POST /api/loguseractivity/ HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
)
ENDLESS = {
    "empty lines": (b"", b"\r\n" * 4096),
    "empty lines after requests": (b"", GET + b"\r\n" * 4096),
    "chunks of a byte": (CHUNKED, b"1\r\nx\r\n" * 1_000),
    "chunk extensions": (CHUNKED + b"1", b";name=value" * 1_000),
    "a chunk size": (CHUNKED, b"0" * 8192),
    "trailers": (CHUNKED + b"0\r\n", b"Name: value\r\n" * 1_000),
}


def try_it(long: bool = False) -> str:
    """Send rubbish of each kind on new connections, and look at ``/healthz`` and the memory meanwhile."""
    waits: list[float] = []
    with fresh(ROLLBACK_JOURNAL) as database, database.serving() as served:
        served.ask("GET", "/healthz")
        idle = served.memory()
        served.forget_peak()
        ended = threading.Event()
        watch = threading.Thread(target=_look, args=(served, waits, ended))
        watch.start()
        for begin, again in ENDLESS.values():
            _send(served, begin, again, SENT * (10 if long else 1))
        ended.set()
        watch.join()
        more = served.memory("VmHWM") - idle
    wait = at(0.99, waits)
    assert wait <= 250, f"/healthz took {wait:.0f} ms at p99"
    assert more <= 16, f"{more:.0f} MiB more memory"
    return f"{len(ENDLESS)} kinds: /healthz at most {max(waits):.0f} ms, {more:+.0f} MiB"


def _look(served: Served, found: list[float], ended: threading.Event) -> None:
    with closing(Client(served.port)) as client:
        while not ended.wait(0.005):
            started = time.monotonic()
            assert client.ask("GET", "/healthz").status == 200
            found.append((time.monotonic() - started) * 1000)


def _send(served: Served, begin: bytes, again: bytes, count: int) -> None:
    """Send *count* bytes, on as many connections as the server closes."""
    sent = 0
    for connection in _connections(served):
        with connection, contextlib.suppress(OSError):
            connection.sendall(begin)
            while sent < count:
                connection.sendall(again)
                sent += len(again)
        sent += len(begin)
        if sent >= count:
            return


def _connections(served: Served) -> Iterator[socket.socket]:
    while True:
        yield socket.create_connection(("127.0.0.1", served.port), timeout=10)
