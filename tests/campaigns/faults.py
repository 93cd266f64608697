"""Databases that are cut off, locked, full, gone or broken."""

import os
import sqlite3
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy import event

from ftlserver.storage import Storage
from ftlserver.storage.database import describe
from ftlserver.web.app import create_app
from tests.campaigns.running import (
    POSTGRESQL,
    ROLLBACK_JOURNAL,
    SQLITE,
    Answer,
    Client,
    Fresh,
    NotTriedError,
    Served,
    fresh,
    on_each,
    postgresql,
    postgresql_processes,
)
from tests.campaigns.writes import ACTIVITY, PERIODS, add_users, batch, stored
from tests.helpers import run_on_postgresql, serving

ABOUT_U0 = {"id_list": ["u0"]}
TERMINATE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '%s'"
THREADS = 8


def reconnect() -> str:
    """End all sessions of PostgreSQL three times while clients ask."""
    postgresql()
    return on_each([POSTGRESQL], _reconnect)


def _reconnect(database: Fresh) -> str:
    add_users(database)
    name = str(sa.make_url(database.url).database)

    def ask(number: int) -> int:
        if number % 2:
            return served.ask("POST", ACTIVITY, ABOUT_U0).status
        return served.ask("POST", PERIODS, batch("u0", number, 2)).status

    most = 0
    with database.serving("--threads", str(THREADS)) as served, ThreadPoolExecutor(THREADS) as pool:
        assert list(pool.map(ask, range(100))) == [200] * 100, "before the sessions were ended"
        for pause in (0.0, 0.05, 0.1):  # between requests, and during some
            asked = pool.map(ask, range(100))
            time.sleep(pause)
            run_on_postgresql(postgresql().get_uri(), TERMINATE % name)
            found = [*asked, *pool.map(ask, range(100))]
            assert set(found) <= {200, 503}, found
            most = max(most, found.count(503))
            assert most <= THREADS, f"{most} answers were 503 with {THREADS} threads"
        assert list(pool.map(ask, range(100))) == [200] * 100, "it has not healed"
    return f"at most {most} × 503 each time that all sessions were ended, with {THREADS} threads; then 100 × 200"


# Takes a lock of SQLite, says so, and keeps it until it is to end.
HOLD = (
    "import sqlite3, sys; connection = sqlite3.connect(sys.argv[1], isolation_level=None);"
    " connection.execute('BEGIN ' + sys.argv[2]); print('held', flush=True); sys.stdin.read()"
)


@contextmanager
def held(path: str, lock: str = "IMMEDIATE") -> Iterator[None]:
    """Let another process hold a lock of a SQLite file."""
    command = [sys.executable, "-c", HOLD, path, lock]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        yield


def busy() -> str:
    """Hold SQLite's write lock in another process."""
    return on_each(SQLITE, _busy)


def _busy(database: Fresh) -> str:
    add_users(database)

    def write(number: int) -> tuple[Answer, float]:
        started = time.monotonic()
        answer = served.ask("POST", PERIODS, batch("u0", 10 * number, 2))
        return answer, time.monotonic() - started

    with database.serving() as served, ThreadPoolExecutor(4) as pool:
        with held(database.url):
            writing = pool.map(write, range(4))
            reads = [served.ask("POST", ACTIVITY, ABOUT_U0).status for _ in range(100)]
            written = list(writing)
        assert reads == [200] * 100, reads
        for answer, _ in written:
            assert (answer.status, answer.document["error"]) == (503, "database_busy"), answer
            assert answer.headers["Retry-After"] == "1"
        longest = max(seconds for _, seconds in written)
        assert longest < 6, f"an answer took {longest:.1f} s"
        assert write(9)[0].status == 200
    return f"100 reads 200; 4 writes 503 within {longest:.1f} s"


def full_disk() -> str:
    """Let SQLite run out of pages while eight clients write, then give it more."""
    with fresh(ROLLBACK_JOURNAL) as database, Storage.open(database.url, threads=THREADS) as storage:
        add_users(database)
        limit = [40]

        # The limit is one of a connection, and not of the file.
        @event.listens_for(storage.database.engine, "checkout")
        def set_limit(connection: sqlite3.Connection, _record: object, _proxy: object) -> None:
            connection.execute(f"PRAGMA max_page_count={limit[0]}")

        acknowledged: set[tuple[str, int]] = set()
        refused = 0
        with serving(create_app(storage), THREADS) as url, ThreadPoolExecutor(THREADS) as pool:
            port = urlsplit(url).port or 0

            def write(number: int) -> Answer:
                with closing(Client(port)) as client:
                    return client.ask("POST", PERIODS, batch(f"u{number % 5}", number * 200, 200))

            for number, answer in enumerate(pool.map(write, range(100))):
                if answer.status == 200:
                    acknowledged |= {(f"u{number % 5}", number * 200 + minute) for minute in range(200)}
                else:
                    assert (answer.status, answer.document["error"]) == (503, "storage_full"), answer
                    refused += 1
            assert refused > 20, f"only {refused} of 100 writes were refused"
            with closing(Client(port)) as client:
                reads = [client.ask("POST", ACTIVITY, ABOUT_U0).status for _ in range(100)]
                assert reads == [200] * 100, reads
            assert set(stored(database)) == acknowledged, "what is stored is not what was acknowledged"
            limit[0] = 100_000
            assert write(1_000).status == 200, "it has not recovered"
            with closing(Client(port)) as client:
                assert client.ask("GET", "/readyz").status == 200
    return f"{100 - refused} of 100 batches stored whole, {refused} × 503, reads 200; with space again 200"


def make_read_only(path: Path) -> None:
    """Make a file read-only, as far as this system and this user can."""
    path.chmod(0o444)
    if os.access(path, os.W_OK):  # root may in spite of that
        subprocess.run(["chattr", "+i", path], check=False, capture_output=True)


def make_writable(path: Path) -> None:
    """Undo ``make_read_only``."""
    subprocess.run(["chattr", "-i", path], check=False, capture_output=True)
    path.chmod(0o600)


def overwrite(path: Path) -> None:
    """Write other bytes over a whole file, in place."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.write(os.urandom(size))


def overwrite_rest(path: Path) -> None:
    """Write other bytes over all pages but the first."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4_096)
        file.write(os.urandom(size - 4_096))


def drop(path: Path) -> None:
    """Drop a table of a file that another process may have open."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE activity_periods")
        connection.execute("DROP TABLE users")


def remove_and_make_directory(path: Path) -> None:
    """Put a directory in the place of the file."""
    path.unlink()
    path.mkdir()


def replace_by_empty(path: Path) -> None:
    """Put an empty file in the place of the file."""
    path.unlink()
    path.touch()


def replace_by_another(path: Path) -> None:
    """Put another database of this program, without users, in the place of the file."""
    path.unlink()
    with Storage.open(str(path)):
        pass


AT_THE_START: dict[str, Callable[[Path], object]] = {
    "zero-length": lambda path: os.truncate(path, 0),
    "truncated": lambda path: os.truncate(path, 4_096),
    "text": lambda path: path.write_text("Dear reader, " * 1_000),
    "overwritten": overwrite,
    "a directory": remove_and_make_directory,
    "without its tables": drop,
    "read-only": make_read_only,
}
LATER: dict[str, Callable[[Path], object]] = {
    "missing": Path.unlink,
    "zero-length": lambda path: os.truncate(path, 0),
    "replaced by an empty file": replace_by_empty,
    "replaced by another database": replace_by_another,
    "truncated": lambda path: os.truncate(path, 4_096),
    "overwritten": overwrite,
    "overwritten but for the first page": overwrite_rest,
    "without its tables": drop,
}


def missing_database() -> str:
    """Break a database in every way before the server starts, and while it runs."""
    wrong = [f"at the start, {name}: {found}" for name, fault in AT_THE_START.items() if (found := _start(fault))]
    wrong += [f"later, {name}: {found}" for name, fault in LATER.items() if (found := _break(fault))]
    figure = f"{len(AT_THE_START)} faults at the start and {len(LATER)} later on SQLite"
    try:
        wrong += _break_postgresql()
        figure += "; tables and database dropped on PostgreSQL"
    except NotTriedError:
        pass
    assert not wrong, "; ".join(wrong)
    return figure


def _start(fault: Callable[[Path], object]) -> str:
    """Return what is wrong with how a server starts over a database with this fault."""
    with fresh(ROLLBACK_JOURNAL) as database:
        add_users(database)
        path = Path(database.url)
        fault(path)
        try:
            return _starts_wrongly(database)
        finally:
            if path.is_file():
                make_writable(path)


def _starts_wrongly(database: Fresh) -> str:
    try:
        command = database.command("serve", "--port", "0")
        done = subprocess.run(command, capture_output=True, text=True, timeout=5)
    except subprocess.TimeoutExpired:
        return "it serves"
    is_clear = len(done.stderr.splitlines()) == 1 and describe(database.url) in done.stderr
    return "" if done.returncode == 3 and is_clear else f"exit status {done.returncode}, {done.stderr[-200:]!r}"


def _break(fault: Callable[[Path], object]) -> str:
    """Return what is wrong with the answers of a server whose database gets this fault."""
    with fresh(ROLLBACK_JOURNAL) as database:
        add_users(database)
        with database.serving() as served:
            assert _members(served) == ["u0"]
            fault(Path(database.url))
            return _answers_wrongly(served, knows=fault is overwrite_rest)


def _answers_wrongly(served: Served, *, knows: bool = False) -> str:
    """Return what a server without its database answers, if it is not what it should be.

    One that still *knows* pages, of a file whose first page has not changed, may give the right answer.
    """
    wrong = []
    for method, path, document in (
        ("POST", ACTIVITY, ABOUT_U0),
        ("POST", ACTIVITY, {"all": True}),
        ("POST", "/api/summary/", {"all": True}),
        ("GET", "/api/users/", None),
        ("GET", "/api/export/", None),
        ("POST", PERIODS, batch("u0", 0, 2)),
        ("GET", "/readyz", None),
    ):
        status, answer, _ = served.ask(method, path, document)
        is_right = knows and status == 200 and "User 0" in str(answer)
        if not is_right and (status, answer.get("error")) != (503, "database_unavailable"):
            wrong.append(f"{method} {path} {status} {str(answer)[:80]}")
    if served.ask("GET", "/healthz").status != 200:
        wrong.append("/healthz fails")
    return ", ".join(wrong)


def _members(served: Served) -> list[str]:
    return [member["id"] for member in served.ask("POST", ACTIVITY, ABOUT_U0).document["members"]]


def _break_postgresql() -> list[str]:
    wrong = []
    for name, statement in (
        ("tables dropped", "DROP TABLE activity_periods, users CASCADE"),
        ("schema dropped", "DROP SCHEMA public CASCADE"),
        ("database dropped", "DROP DATABASE {database} WITH (FORCE)"),
    ):
        with fresh(POSTGRESQL) as database:
            add_users(database)
            url = postgresql().get_uri() if "{" in statement else database.url
            with database.serving() as served:
                assert _members(served) == ["u0"]
                run_on_postgresql(url, statement.format(database=sa.make_url(database.url).database))
                wrong.append(f"{name} later: {_answers_wrongly(served)}")
            if name != "schema dropped":  # an empty database is a new one
                wrong.append(f"{name} at the start: {_starts_wrongly(database)}")
    return [f"PostgreSQL, {found}" for found in wrong if not found.endswith(": ")]


@contextmanager
def removed(path: str) -> Iterator[None]:
    """Move a file away, and back again."""
    os.rename(path, path + ".away")
    try:
        yield
    finally:
        os.rename(path + ".away", path)


@contextmanager
def stopped() -> Iterator[None]:
    """Stop all processes of PostgreSQL, as a machine without memory does."""
    processes = postgresql_processes()
    try:
        for process in processes:
            process.suspend()
        yield
    finally:
        for process in processes:
            process.resume()


def health() -> str:
    """Ask for health while the database is locked, removed or stopped, and twelve clients wait for it."""
    figures = []
    with fresh(ROLLBACK_JOURNAL) as database:
        add_users(database)
        for name, fault in (
            ("write lock held", lambda: held(database.url)),
            ("exclusive lock held", lambda: held(database.url, "EXCLUSIVE")),
            ("file removed", lambda: removed(database.url)),
        ):
            figures.append(f"{name} {_health(database, fault)}")
    try:
        postgresql()
    except NotTriedError:
        return "; ".join(figures)
    with fresh(POSTGRESQL) as database:
        add_users(database)
        figures.append(f"PostgreSQL stopped {_health(database, stopped)}")
    return "; ".join(figures)


def _health(database: Fresh, fault: Callable[[], Any]) -> str:
    done = threading.Event()

    def go_on_asking(number: int) -> None:
        while not done.is_set():
            try:
                if number % 3:
                    served.ask("POST", PERIODS, batch("u0", number, 2), timeout=15)
                else:
                    served.ask("POST", ACTIVITY, ABOUT_U0, timeout=15)
            except TimeoutError:
                pass

    with database.serving() as served, ThreadPoolExecutor(13) as pool:
        assert served.ask("GET", "/readyz").status == 200
        with fault():
            ready = pool.submit(_readiness, served)
            time.sleep(0.2)
            asking = [pool.submit(go_on_asking, number) for number in range(12)]
            time.sleep(0.5)
            took = []
            for _ in range(200):
                started = time.monotonic()
                answer = served.ask("GET", "/healthz")
                took.append((time.monotonic() - started) * 1_000)
                assert answer.status == 200
                assert answer.document.keys() == {"ok", "tzdata"}, answer.document
                time.sleep(0.02)
            wait([ready], 3)
            readiness = ready.result() if ready.done() else None
            done.set()
        assert readiness in (None, 503), f"/readyz answered {readiness}"
        for future in asking:
            future.result()
        assert served.ask("GET", "/readyz").status == 200, "it has not recovered"
    median, p99 = statistics.median(took), sorted(took)[197]
    assert median < 100, f"median {median:.0f} ms"
    assert p99 < 250, f"p99 {p99:.0f} ms"
    return f"median {median:.0f} ms, p99 {p99:.0f} ms, /readyz {readiness or 'no answer'}"


def _readiness(served: Served) -> int:
    return served.ask("GET", "/readyz").status
