"""Load: memory and descriptors, long answers, large bodies, and many connections."""

import http.client
import json
import socket
import statistics
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from random import Random

from benchmarks import data, measuring
from benchmarks.tiers import PostgreSQL, SQLite, Tier
from ftlserver.domain import instants
from ftlserver.domain.period import Row
from ftlserver.domain.user import User
from ftlserver.storage.database import transaction
from tests.campaigns.commands import locked
from tests.campaigns.running import BOTH, POSTGRESQL, ROLLBACK_JOURNAL, Fresh, Served, fresh, on_each, postgresql
from tests.campaigns.writes import ACTIVITY, PERIODS, add_users, batch
from tests.helpers import MIB

ABOUT_TWO = {"id_list": ["u0", "u1"]}


def request(method: str, path: str, document: object = None, **headers: str) -> bytes:
    """Return a request as it is sent."""
    body = b"" if document is None else json.dumps(document).encode()
    sent = {"Host": "localhost", "Content-Type": "application/json", "Content-Length": str(len(body)), **headers}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items()), "", ""]
    return "\r\n".join(lines).encode() + body


class Connection:
    """A connection that is kept alive, cheaper than those of http.client."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._rest = b""

    def receive(self) -> int:
        """Receive an answer and return its status."""
        received = self._rest
        while b"\r\n\r\n" not in received:
            received += self._more()
        head, _, body = received.partition(b"\r\n\r\n")
        if b"\r\nTransfer-Encoding: chunked" in head:
            while not body.endswith(b"\r\n0\r\n\r\n"):
                body += self._more()
            self._rest = b""
            return int(head[9:12])
        length = int(head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0])
        while len(body) < length:
            body += self._more()
        self._rest = body[length:]
        return int(head[9:12])

    def _more(self) -> bytes:
        data = self.socket.recv(262_144)
        assert data, "the server has hung up"
        return data


def soak(*, long: bool) -> str:
    """Send many requests of all kinds; compare memory and descriptors after a tenth of them and at the end."""
    return on_each(BOTH, lambda database: _soak(database, 500_000 if long else 25_000, long=long))


MIXTURE = [
    *[(request("POST", ACTIVITY, ABOUT_TWO), 200)] * 60,
    *[(request("POST", f"/api/{name}/", ABOUT_TWO), 200) for name in ("summary", "overlap", "presence", "hours")],
    *[(request("GET", path), 200) for path in ("/healthz", "/readyz", "/api/whoami", "/api/users/?limit=2")],
    (request("GET", "/api/export"), 200),
    (request("POST", PERIODS, batch("u0", 0, 20)), 200),
    (request("GET", "/no/such/path"), 404),
    (request("POST", ACTIVITY, {"id_list": [5]}), 400),
    (request("POST", ACTIVITY, ABOUT_TWO, Origin="http://evil.test"), 403),
    (request("POST", ACTIVITY, ABOUT_TWO, Authorization="Bearer x"), 401),
]


def _soak(database: Fresh, count: int, *, long: bool) -> str:
    add_users(database)
    random = Random(1)
    with database.serving() as served, ExitStack() as stack:
        for user_id in ("u0", "u1"):
            assert served.ask("POST", PERIODS, batch(user_id, 0, 50)).status == 200
        _fill_pool(database, served)
        connections = [Connection(served.port) for _ in range(8)]
        stack.callback(_close, connections)
        warm = 0.0
        for number in range(0, count, 8):
            if number % 4_000 == 0:
                connections.pop(0).socket.close()
                connections.append(Connection(served.port))
            sent = random.choices(MIXTURE, k=8)
            for connection, (data_, _) in zip(connections, sent, strict=True):
                connection.socket.sendall(data_)
            for connection, (data_, status) in zip(connections, sent, strict=True):
                found = connection.receive()
                # Invalid tokens are throttled after 20 in a minute.
                assert found == status or (status, found) == (401, 429), f"status {found} of {data_[:60]!r}"
            if number >= count // 10 and not warm:
                warm, descriptors = served.memory(), served.descriptors()
        time.sleep(0.2)
        more, now = served.memory() - warm, served.descriptors()
        assert more <= 5, f"{more:.1f} MiB more after {count:,} requests"
        assert now <= descriptors, f"{now} descriptors, {descriptors} before"
        figure = f"{count:,} requests: {more:+.1f} MiB, {descriptors} descriptors before, {now} after"
        bodies = max(_eight_bodies(served, *sent) for sent in LARGE)
    figure += f"; eight bodies of 1 MiB: {bodies:+.1f} MiB" + (f"; {_export(database)}" if long else "")
    assert bodies <= 16, figure
    return figure


def _close(connections: list[Connection]) -> None:
    for connection in connections:
        connection.socket.close()


def _fill_pool(database: Fresh, served: Served) -> None:
    """Let all threads read and write at once, so that no connection to the database is opened later."""
    with ThreadPoolExecutor(16) as pool:
        asked = [pool.submit(served.ask, "POST", ACTIVITY, ABOUT_TWO) for _ in range(100)]
        with locked(database):
            asked += [pool.submit(served.ask, "POST", PERIODS, batch("u0", 0, 20)) for _ in range(16)]
            time.sleep(0.5)
        assert {future.result().status for future in asked} == {200}


# Bodies of a mebibyte: one that is stored, and one that is refused and takes most memory to read.
LARGE = [
    (PERIODS, json.dumps(batch("u0", 10_000, 5_000)).encode().ljust(MIB), 200),
    (ACTIVITY, b'{"id_list":[' + b"{}," * (MIB // 3 - 10) + b"{}]}", 400),
]


def _eight_bodies(served: Served, path: str, body: bytes, status: int) -> float:
    """Return how much memory eight bodies of a mebibyte take at once."""
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    sent = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body

    def send(_number: int) -> int:
        connection = Connection(served.port)
        with connection.socket:
            connection.socket.sendall(sent)
            return connection.receive()

    before = served.memory()
    served.forget_peak()
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(send, range(8))) == [status] * 8
    return served.memory("VmHWM") - before


def _export(database: Fresh) -> str:
    team = data.users(1_000)
    with (
        made(database.kind, team, data.even_rows(team, 1_000, instants.HOUR)) as filled,
        filled.serving() as served,
    ):
        more, _ = _read(served, "GET", "/api/export")
    assert more <= 16, f"an export of 10^6 periods took {more:.1f} MiB"
    return f"export of 10^6 periods: {more:+.1f} MiB"


@contextmanager
def made(kind: str, team: list[User], rows: Iterable[Row]) -> Iterator[Fresh]:
    """Give a database with users and many periods, which are written without the server."""
    with fresh(kind) as database:
        tier: Tier = SQLite(database.directory)
        if kind == POSTGRESQL:
            tier = PostgreSQL(postgresql().get_uri())
        url = tier.make("made", team, rows)
        try:
            yield replace(database, url=url)
        finally:
            tier.drop(url)


def _read(served: Served, method: str, path: str, document: object = None) -> tuple[float, float]:
    """Read an answer piece by piece; return the memory that it took, in MiB, and the seconds."""
    served.ask("POST", ACTIVITY, {"id_list": ["unknown"]})
    before = served.memory()
    served.forget_peak()
    started = time.monotonic()
    with closing(http.client.HTTPConnection("127.0.0.1", served.port, timeout=120)) as connection:
        body = None if document is None else json.dumps(document)
        connection.request(method, path, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        first = response.read(100)
        while response.read(MIB):
            pass
    assert response.status == 200 or b'"too_much"' in first, (response.status, first)
    return served.memory("VmHWM") - before, time.monotonic() - started


def bounded() -> str:
    """Ask everything about one member with 10^6 periods."""
    return on_each(BOTH, _bounded)


def _bounded(database: Fresh) -> str:
    (user,) = team = data.users(1)
    about = {"id_list": [user.id]}
    asked: list[tuple[str, str, object]] = [
        ("POST", ACTIVITY, about),
        ("POST", ACTIVITY, about | {"time_format": "iso"}),
        ("POST", ACTIVITY, about | {"tz": "Asia/Kolkata", "from": "1990-01-01", "to": "2060-01-01", "clip": True}),
        ("GET", f"/api/users/{user.id}/export", None),
        ("GET", "/api/export", None),
        *(("POST", f"/api/{name}/", about) for name in ("summary", "overlap", "presence", "hours", "meeting")),
        ("POST", "/api/clock-changes/", about),
    ]
    wrong, largest, longest = [], 0.0, 0.0
    rows = data.even_rows(team, 1_000_000, 10 * instants.MINUTE)
    with made(database.kind, team, rows) as filled, filled.serving() as served:
        for method, path, document in asked:
            more, took = _read(served, method, path, document)
            largest, longest = max(largest, more), max(longest, took)
            if more > 64 or took > 20:
                wrong.append(f"{method} {path} took {more:.0f} MiB and {took:.1f} s")
    if database.kind == POSTGRESQL:
        with database.opened() as storage, transaction(storage.database) as connection:
            assert connection.exec_driver_sql("SHOW statement_timeout").scalar_one() == "20s"
    assert not wrong, "; ".join(wrong)
    return f"{len(asked)} answers, at most {largest:+.0f} MiB and {longest:.1f} s"


def body_limit() -> str:
    """Announce and send bodies that are too large."""
    head = b"POST /api/loguseractivity/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    announced = head + b"Content-Length: 2147483648\r\n"
    chunk = b"%x\r\n%s\r\n" % (MIB + 1, b" " * (MIB + 1))
    body = json.dumps(ABOUT_TWO).encode().ljust(MIB)
    with fresh(ROLLBACK_JOURNAL) as database, database.serving() as served:
        longest = 0.0
        before = served.memory()
        for sent in (
            announced + b"\r\n",
            announced + b"Expect: 100-continue\r\n\r\n",
            head + b"Transfer-Encoding: chunked\r\n\r\n" + chunk,
        ):
            took = statistics.median(_refused(served.port, sent) for _ in range(20))
            longest = max(longest, took)
        more = served.memory() - before
        for framing in (
            b"Content-Length: %d\r\n\r\n%s",
            b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n",
        ):
            connection = Connection(served.port)
            with connection.socket:
                connection.socket.sendall(head + framing % (MIB, body))
                assert connection.receive() == 200, "exactly 1 MiB is refused"
    assert longest < 0.05, f"{longest * 1_000:.0f} ms"
    assert more < 8, f"{more:.1f} MiB more memory"
    return f"413 within {longest * 1_000:.0f} ms, {more:+.1f} MiB; exactly 1 MiB 200"


def _refused(port: int, sent: bytes) -> float:
    """Send a body that is refused; return the seconds until the answer is there."""
    connection = Connection(port)
    with connection.socket:
        started = time.monotonic()
        connection.socket.sendall(sent)
        assert connection.receive() == 413
        return time.monotonic() - started


def connections(*, long: bool) -> str:
    """Compare the rates of many connections with that of eight."""
    return on_each(BOTH, lambda database: _connections(database, 7 if long else 3))


def _connections(database: Fresh, rounds: int) -> str:
    team = data.users(100)
    two = {"id_list": [team[3].id, team[7].id]}
    longest = 0.0
    rows = data.even_rows(team, 100, 2 * instants.HOUR)
    with made(database.kind, team, rows) as filled, filled.serving() as running:
        served = measuring.Served(f"http://127.0.0.1:{running.port}", running.process.pid)
        rates: dict[int, list[float]] = {8: [], 64: [], 256: [], 450: []}
        for _ in range(rounds):
            for count, found in rates.items():
                rate, waited = measuring.load(served, ACTIVITY, [two], 1.0, count)
                found.append(rate)
                longest = max(longest, waited)
    few, *many = rates.values()
    ratios = [statistics.median(found) / statistics.median(few) for found in many]
    assert min(ratios) >= 0.8, f"{ratios} of the rate with 8"
    assert longest <= 2, f"a connection waited for {longest:.1f} s"
    shown = ", ".join(f"{ratio:.2f}" for ratio in ratios)
    return f"{shown} of the rate with 8, longest wait {longest:.2f} s"


def connection_limit() -> str:
    """Let 500 connections ask without a pause, with and without newcomers."""
    with fresh(ROLLBACK_JOURNAL) as database:
        add_users(database)
        with database.serving() as running:
            served = measuring.Served(f"http://127.0.0.1:{running.port}", running.process.pid)
            done = threading.Event()
            refused: list[float] = []

            def come() -> None:
                while not done.is_set():
                    started = time.monotonic()
                    answer = running.ask("POST", ACTIVITY, ABOUT_TWO)
                    assert (answer.status, answer.document["error"]) == (503, "too_many_connections"), answer
                    assert answer.headers["Retry-After"] == "1"
                    refused.append(time.monotonic() - started)
                    assert running.ask("GET", "/healthz").status == 200
                    time.sleep(0.02)  # they take the same two cores as those inside

            ratios = []
            for _ in range(3):
                time.sleep(1.0)  # until the connections before are closed
                alone, _ = measuring.load(served, ACTIVITY, [ABOUT_TWO], 2.0, 500)
                done.clear()
                time.sleep(1.0)
                with ThreadPoolExecutor(5) as pool:
                    inside = pool.submit(measuring.load, served, ACTIVITY, [ABOUT_TWO], 3.0, 500)
                    time.sleep(1.0)  # until all are inside
                    coming = [pool.submit(come) for _ in range(4)]
                    time.sleep(1.5)
                    done.set()
                    for future in coming:
                        future.result()
                    rate, _ = inside.result()
                ratios.append(rate / alone)
            assert running.ask("POST", ACTIVITY, ABOUT_TWO).status == 200, (
                "a connection that is free again is refused"
            )
    ratio = statistics.median(ratios)
    assert ratio >= 0.8, f"those inside kept {ratio:.2f} of their rate"
    return f"{len(refused):,} newcomers 503, /healthz 200; those inside kept {ratio:.2f} of their rate"
