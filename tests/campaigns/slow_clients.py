"""500 half-open requests, whose clients send a byte now and then."""

import contextlib
import socket
import threading
import time

from tests.campaigns.running import ROLLBACK_JOURNAL, Served, fresh

HALF_OPEN = {
    "headers": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-",
    "bodies": b"POST /api/loguseractivity/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{",
}
CONNECTIONS = 500
LONGEST_WAIT = 2.0


def try_it() -> str:
    """Measure how long a normal client waits for an answer to a question, one after another."""
    figures = []
    for name, begin in HALF_OPEN.items():
        with fresh(ROLLBACK_JOURNAL) as database, database.serving() as served:
            served.ask("POST", "/api/users", {"id": "u", "real_name": "U", "tz": "UTC"})
            longest = _longest_wait(served, begin)
        assert longest <= LONGEST_WAIT, f"half-open {name} delayed a client by {longest:.1f} s"
        figures.append(f"{name}: at most {longest:.1f} s")
    return "; ".join(figures)


def _longest_wait(served: Served, begin: bytes) -> float:
    ended = threading.Event()
    trickle = threading.Thread(target=_trickle, args=(served, begin, ended))
    trickle.start()
    time.sleep(0.5)
    longest = 0.0
    try:
        for _ in range(10):
            started = time.monotonic()
            while not _is_answered(served):  # refused with 503, and asked again as Retry-After says
                assert time.monotonic() - started < 30
                time.sleep(0.1)
            longest = max(longest, time.monotonic() - started)
            time.sleep(0.2)
    finally:
        ended.set()
        trickle.join()
    return longest


def _is_answered(served: Served) -> bool:
    with contextlib.suppress(OSError):
        return served.ask("POST", "/api/loguseractivity/", {"id_list": ["u"]}).status == 200
    return False


def _trickle(served: Served, begin: bytes, ended: threading.Event) -> None:
    """Keep CONNECTIONS half-open; those that the server closes are opened again."""
    connections: list[socket.socket] = []
    while not ended.wait(0.3):
        alive = []
        for connection in connections:
            try:
                connection.sendall(b"a")
                alive.append(connection)
            except OSError:
                connection.close()
        while len(alive) < CONNECTIONS:
            with contextlib.suppress(OSError):
                connection = socket.create_connection(("127.0.0.1", served.port), timeout=1)
                connection.sendall(begin)
                alive.append(connection)
        connections = alive
    for connection in connections:
        connection.close()
