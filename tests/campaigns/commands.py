"""Stopping the server, backups under load, and imports that are killed."""

import json
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from random import Random

from ftlserver.domain import instants
from ftlserver.storage.database import transaction
from tests.campaigns.faults import held
from tests.campaigns.kill import START, USERS
from tests.campaigns.running import BOTH, POSTGRESQL, SQLITE, Client, Fresh, Served, on_each
from tests.campaigns.writes import PERIODS, add_users, batch, stored


def backup(*, long: bool) -> str:
    """Back up while four clients write; each copy is compared with what was acknowledged before it began."""
    return on_each(SQLITE, lambda database: _backup(database, 30 if long else 5))


def _backup(database: Fresh, rounds: int) -> str:
    add_users(database)
    acknowledged: list[tuple[str, int]] = []
    done = threading.Event()

    def write(number: int) -> None:
        with closing(Client(served.port)) as client:
            minute = 0
            while not done.is_set():
                answer = client.ask("POST", PERIODS, batch(f"u{number}", minute, 10))
                if answer.status == 200:
                    acknowledged.extend((f"u{number}", minute + further) for further in range(10))
                    minute += 10
                else:
                    assert answer.document["error"] == "database_busy", answer

    copy = database.directory / "copy.sqlite3"
    with database.serving() as served, ThreadPoolExecutor(4) as pool:
        writing = [pool.submit(write, number) for number in range(4)]
        try:
            time.sleep(0.5)
            for _ in range(rounds):
                before = set(acknowledged)
                database.run("backup", str(copy))
                missing = before - _held(copy)
                assert not missing, f"{len(missing):,} of {len(before):,} rows are missing"
                assert copy.stat().st_mode & 0o777 == 0o600, oct(copy.stat().st_mode)
        finally:
            done.set()
        for future in writing:
            future.result()
    return f"{rounds} copies under load, the last of {len(before):,} rows: 0 missing, integrity ok, mode 0600"


def _held(copy: Path) -> set[tuple[str, int]]:
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        rows = connection.execute("SELECT user_id, started_at FROM activity_periods").fetchall()
    return {(user_id, (started_at - START) // instants.MINUTE) for user_id, started_at in rows}


@contextmanager
def locked(database: Fresh) -> Iterator[None]:
    """Let writers wait."""
    if database.kind != POSTGRESQL:
        with held(database.url):
            yield
        return
    with database.opened() as storage, transaction(storage.database, write=True) as connection:
        connection.exec_driver_sql("LOCK TABLE activity_periods IN EXCLUSIVE MODE")
        yield


WAYS = [(number, workers) for number in (signal.SIGTERM, signal.SIGINT) for workers in ("1", "2")]


def stop() -> str:
    """Stop servers that work on a request of two seconds, and one whose client never ends its request."""
    return on_each(BOTH, _stop)


def _stop(database: Fresh) -> str:
    add_users(database)
    with ExitStack() as stack:
        servers = [stack.enter_context(database.serving("--workers", workers)) for _, workers in WAYS]
        waiting = stack.enter_context(database.serving())
        endless = stack.enter_context(socket.create_connection(("127.0.0.1", waiting.port)))
        pool = stack.enter_context(ThreadPoolExecutor(len(servers)))
        endless.sendall(b"POST /api/activity/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
        with locked(database):
            answers = [
                pool.submit(served.ask, "POST", PERIODS, batch("u0", 10 * at, 5))
                for at, served in enumerate(servers)
            ]
            time.sleep(0.5)
            for served, (number, _) in zip(servers, WAYS, strict=True):
                served.process.send_signal(number)
            waiting.process.send_signal(signal.SIGTERM)
            started = time.monotonic()
            time.sleep(1.5)
            for served in (*servers, waiting):
                assert served.process.poll() is None, "it did not wait for a request"
                assert _is_refused(served), "it takes new connections"
        for answer in answers:
            assert answer.result().status == 200, answer.result()
        statuses = [served.process.wait(20) for served in (*servers, waiting)]
        took = time.monotonic() - started
    assert statuses == [0] * 5, f"exit statuses {statuses}"
    assert took < 12, f"it took {took:.1f} s"
    assert len(stored(database)) == 5 * len(WAYS)
    return f"{len(WAYS)} requests of 2 s answered, new connections refused, exit status 0 within {took:.0f} s"


def _is_refused(served: Served) -> bool:
    try:
        served.ask("GET", "/healthz", timeout=2)
    except ConnectionRefusedError:
        return True
    return False


ROWS = 5_000


def imports(*, long: bool) -> str:
    """Kill imports at random moments and run them again; import files with a line that cannot be read."""
    return on_each(BOTH, lambda database: _imports(database, 50 if long or database.kind != POSTGRESQL else 10))


def _imports(database: Fresh, points: int) -> str:
    files = _write_files(database.directory)
    add_users(database)
    started = time.monotonic()
    database.run(*files[0])
    takes = time.monotonic() - started
    clean = stored(database)
    assert len(clean) == ROWS
    random, whole = Random(1), 0
    for point in range(points):
        _empty(database)
        command = database.command(*files[point % 2])
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            time.sleep(random.uniform(0.3, 1) * takes)
            process.kill()
        found = stored(database)
        assert found in ([], clean), f"{len(found):,} of {ROWS:,} rows were stored"
        whole += bool(found)
        database.run(*files[point % 2])
        assert stored(database) == clean, "run again, the import is not that of a clean run"
    _empty(database)
    bad = database.directory / "bad.ndjson"
    bad.write_text(Path(files[0][2]).read_text().replace('"end_time": "', '"end_time": "x', 1))
    assert "line 1:" in (error := database.run("import", "ndjson", str(bad), status=2).stderr), error
    assert not stored(database), "a file with a bad line has left something"
    assert "line 1:" in database.run("import", "ndjson", "--skip-bad", str(bad)).stderr
    assert stored(database) == clean[1:]
    return (
        f"{points} kills, {whole} after the rows were stored; run again, the same {ROWS:,} rows; bad lines named"
    )


def _write_files(directory: Path) -> list[tuple[str, str, str]]:
    """Write the same periods in two formats; return the arguments that import each."""
    periods = batch("u0", 0, ROWS)["periods"]
    lines, members = directory / "periods.ndjson", directory / "members.json"
    lines.write_text("".join(json.dumps(line) + "\n" for line in periods))
    user = USERS[0]
    member = {"id": user.id, "real_name": user.real_name, "tz": user.tz, "activity_periods": periods}
    for line in periods:
        del line["user_id"]
    members.write_text(json.dumps({"members": [member]}))
    return [("import", "ndjson", str(lines)), ("import", "members", str(members))]


def _empty(database: Fresh) -> None:
    with database.opened() as storage, transaction(storage.database, write=True) as connection:
        connection.exec_driver_sql("DELETE FROM activity_periods")
