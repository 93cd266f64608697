"""A database that is locked, full, gone, damaged or stopped: clear answers, and 200 again without a restart."""

import os
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa
from webtest import TestApp, TestResponse

from ftlserver.storage import Storage, database, postgresql
from ftlserver.web.app import create_app
from tests.helpers import (
    ABOUT_BOTH,
    ACTIVITY,
    EGON,
    check_shape,
    in_threads,
    run_on_postgresql,
    serving,
    stopped_postgresql,
    store_team,
)

READS = [
    lambda app: app.post_json(ACTIVITY, ABOUT_BOTH, expect_errors=True),
    lambda app: app.post_json("/api/summary/", ABOUT_BOTH | {"to": "2020-04-01T00:00:00Z"}, expect_errors=True),
    lambda app: app.get("/api/users/", expect_errors=True),
    lambda app: app.get("/api/users/W012A3CDE/", expect_errors=True),
    lambda app: app.get("/api/export/", expect_errors=True),
]


def write(app: TestApp, name: str = "A") -> TestResponse:
    return app.put_json("/api/users/a", {"real_name": name, "tz": "UTC"}, expect_errors=True)


def code_of(response: TestResponse) -> tuple[int, str]:
    """Return the status and the error code of an answer; check its shape, and that it says nothing of the file."""
    if response.status_int == 200:
        return 200, ""
    check_shape(response)
    assert response.headers["Retry-After"] == "1"
    assert "sqlite" not in response.text.lower()
    return response.status_int, response.json["error"]


@pytest.mark.slow
def test_while_another_process_holds_the_write_lock_reads_answer_and_writes_get_503(
    sqlite_storage: Storage,
) -> None:
    store_team(sqlite_storage)
    app = TestApp(create_app(sqlite_storage))
    with closing(sqlite3.connect(str(sqlite_storage.database.file), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        answers: list[tuple[int, str]] = []
        writer = threading.Thread(target=lambda: answers.append(code_of(write(app))))
        started = time.monotonic()
        writer.start()
        while writer.is_alive():
            assert [read(TestApp(app.app)).status_int for read in READS] == [200] * len(READS)
        assert time.monotonic() - started < 10  # 5 s, and whatever else this machine does
        assert answers == [(503, "database_busy")]
        other.execute("ROLLBACK")
    assert code_of(write(app)) == (200, "")


@pytest.mark.parametrize("wal", [False, True])
def test_a_full_disk_stores_nothing_by_halves_and_needs_no_restart(tmp_path: Path, wal: bool) -> None:
    db = database.connect(str(tmp_path / "x.sqlite3"), wal=wal)
    storage = Storage(db)
    store_team(storage)
    app = TestApp(create_app(storage))
    most_pages = 8

    @sa.event.listens_for(db.engine, "checkout")
    def limit(driver: sqlite3.Connection, *_: object) -> None:
        driver.execute(f"PRAGMA max_page_count={most_pages}")

    def record(day: int) -> TestResponse:
        periods = [
            {"user_id": EGON.id, "start_time": f"2026-01-{day:02}T{hour:02}:{minute:02}:00Z", "end_time": end}
            for hour in range(24)
            for minute in range(60)
            for end in [f"2026-01-{day:02}T{hour:02}:{minute:02}:30Z"]
        ]
        return app.post_json("/api/activity/", {"periods": periods}, expect_errors=True)

    before = app.post_json(ACTIVITY, ABOUT_BOTH).json
    assert code_of(record(1)) == (503, "storage_full")
    assert [read(app).status_int for read in READS] == [200] * len(READS)
    assert app.post_json(ACTIVITY, ABOUT_BOTH).json == before
    most_pages = 1_000_000
    assert record(1).json["inserted"] == 24 * 60
    assert code_of(write(app)) == (200, "")
    db.close()


@contextmanager
def moved(path: Path) -> Iterator[None]:
    away = path.rename(path.with_name("away"))
    yield
    path.unlink(missing_ok=True)
    away.rename(path)


@contextmanager
def replaced(path: Path) -> Iterator[None]:
    with moved(path):
        database.connect(str(path)).close()
        yield


@contextmanager
def replaced_by_an_empty_file(path: Path) -> Iterator[None]:
    with moved(path):
        path.touch()
        yield


@contextmanager
def overwritten(path: Path) -> Iterator[None]:
    """Fill the file with noise, in place."""
    before = path.read_bytes()
    path.write_bytes(random.Random(1).randbytes(len(before)))
    yield
    path.write_bytes(before)


@contextmanager
def emptied(path: Path) -> Iterator[None]:
    before = path.read_bytes()
    os.truncate(path, 0)
    yield
    path.write_bytes(before)


@contextmanager
def cut(path: Path) -> Iterator[None]:
    """Leave the first page only."""
    before = path.read_bytes()
    os.truncate(path, 4096)
    yield
    path.write_bytes(before)


FAULTS = [moved, replaced, replaced_by_an_empty_file, overwritten, emptied, cut]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_file_that_is_gone_or_damaged_under_a_running_server_is_never_served_as_no_members(
    sqlite_storage: Storage, fault: Callable[[Path], Any]
) -> None:
    store_team(sqlite_storage)
    path, engine = sqlite_storage.database.file, sqlite_storage.database.engine
    assert path is not None
    assert engine is not None
    app = TestApp(create_app(sqlite_storage))
    before = [read(app).body for read in READS]  # leaves connections, which remember what they have read
    with fault(path):
        for read, known in zip(READS, before, strict=True):
            response = read(app)
            assert response.status_int != 200 or response.body == known
            assert code_of(response) in [(200, ""), (503, "database_unavailable")]
        sqlite_storage.database.idle_connections.clear()
        engine.dispose()
        for read in READS:
            assert code_of(read(app)) == (503, "database_unavailable")
        assert code_of(write(app)) == (503, "database_unavailable")
        assert code_of(app.get("/readyz", expect_errors=True)) == (503, "database_unavailable")
        assert app.get("/healthz").json["ok"]
    assert [read(app).body for read in READS] == before
    assert code_of(write(app)) == (200, "")


def test_a_database_that_became_read_only_answers_reads_and_refuses_writes(sqlite_storage: Storage) -> None:
    store_team(sqlite_storage)
    app = TestApp(create_app(sqlite_storage))
    is_read_only = 1

    @sa.event.listens_for(sqlite_storage.database.engine, "checkout")
    def limit(driver: sqlite3.Connection, *_: object) -> None:
        driver.execute(f"PRAGMA query_only={is_read_only}")

    assert [read(app).status_int for read in READS] == [200] * len(READS)
    assert code_of(write(app)) == (503, "database_unavailable")
    is_read_only = 0
    assert code_of(write(app)) == (200, "")


@pytest.mark.slow
def test_lost_connections_to_postgresql_cost_one_503_for_each_thread_at_most(
    postgresql: str, postgresql_storage: Storage
) -> None:
    store_team(postgresql_storage)
    application = create_app(postgresql_storage)
    answers: list[tuple[int, str]] = []

    def ask() -> None:
        app = TestApp(application)
        for number in range(5):
            answers.append(code_of(write(app, f"N{number}")))
            answers.extend(code_of(read(app)) for read in READS[:4])

    assert in_threads(4, ask) == []
    assert answers == [(200, "")] * 100
    for _ in range(3):
        answers.clear()
        run_on_postgresql(
            postgresql,
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = 'ftl'",
        )
        assert in_threads(4, ask) == []
        assert len(answers) == 100
        lost = [answer for answer in answers if answer != (200, "")]
        assert set(lost) <= {(503, "database_unavailable")}
        assert len(lost) <= 4


@contextmanager
def locked(path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield


def assert_health_answers(url: str) -> None:
    """Check that /healthz answers at once while each thread of the server waits for a write."""
    with requests.Session() as session:
        body = {"real_name": "A", "tz": "UTC"}
        writers = [
            threading.Thread(target=lambda: requests.put(f"{url}/api/users/a", json=body, timeout=30))
            for _ in range(4)
        ]
        for writer in writers:
            writer.start()
        for _ in range(40):
            started = time.monotonic()
            response = session.get(f"{url}/healthz", timeout=10)
            assert (response.status_code, response.json()["ok"]) == (200, True)
            assert time.monotonic() - started < 2
            time.sleep(0.01)
        for writer in writers:
            writer.join()


@pytest.mark.slow
@pytest.mark.parametrize("fault", [locked, moved])
def test_health_is_answered_while_a_sqlite_file_is_locked_or_gone(
    sqlite_storage: Storage, fault: Callable[[Path], Any]
) -> None:
    path = sqlite_storage.database.file
    assert path is not None
    with serving(create_app(sqlite_storage)) as url, fault(path):
        assert_health_answers(url)


@pytest.mark.slow
def test_health_is_answered_while_postgresql_is_stopped(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "ANSWER_SECONDS", 0.5)
    monkeypatch.setattr(database, "BUSY_SECONDS", 2)
    with (
        Storage.open(postgresql_url, threads=4) as storage,
        serving(create_app(storage)) as url,
        stopped_postgresql(postgresql_url),
    ):
        assert_health_answers(url)
        response = requests.get(f"{url}/readyz", timeout=30)
        assert (response.status_code, response.json()["error"]) == (503, "database_unavailable")
