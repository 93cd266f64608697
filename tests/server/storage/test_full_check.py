"""The full check: it finds every damaged page, blocks no writer and ends with the server."""

import logging
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import requests
from webtest import TestApp

from ftlserver.domain.period import ActivityPeriod
from ftlserver.domain.token import Token
from ftlserver.domain.user import User
from ftlserver.storage import Storage, database, full_check
from ftlserver.web.app import create_app
from tests.helpers import query

PAGE = 4096
USERS = [User(f"user{number:03}", "N" * 50, "UTC") for number in range(300)]


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(full_check, "PAUSE_SECONDS", 0.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give the path of a database whose tables have several pages each."""
    path = tmp_path / "full.sqlite3"
    with Storage.open(str(path)) as storage:
        periods = [ActivityPeriod(user.id, n * 1000, n * 1000 + 1, 0, 0) for user in USERS for n in range(10)]
        storage.bulk_import.store(USERS, periods)
        for number in range(40):
            token = Token(f"{number:08}", "N" * 50, "0" * 64, ("read",), ("u" * 100,) * 20, 0, None, None, None)
            storage.tokens.add(token)
    return path


def overwrite(path: Path, page: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek((page - 1) * PAGE)
        file.write(content)


def read_page(path: Path, page: int) -> bytes:
    return path.read_bytes()[(page - 1) * PAGE : page * PAGE]


def leaf_of(path: Path, text: bytes) -> int:
    """Return the number of the page that contains *text*."""
    return path.read_bytes().index(text) // PAGE + 1


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("rows_at_once", [1, 7, 2_000])
def test_a_sound_database_passes(path: Path, monkeypatch: pytest.MonkeyPatch, rows_at_once: int) -> None:
    monkeypatch.setattr(full_check, "ROWS_AT_ONCE", rows_at_once)
    with Storage.open(str(path)) as storage:
        assert storage.full_check.run()
        storage.check()


def test_an_empty_database_passes(sqlite_storage: Storage) -> None:
    assert sqlite_storage.full_check.run()
    sqlite_storage.check()


@pytest.mark.slow
@pytest.mark.parametrize(
    "content", [bytes(PAGE), b"\xff" * PAGE, b"text " * (PAGE // 5)], ids=["0", "255", "text"]
)
def test_it_finds_a_damaged_page_wherever_that_is(path: Path, content: bytes) -> None:
    count = path.stat().st_size // PAGE
    assert count > 60
    with Storage.open(str(path)) as storage:
        for page in range(2, count + 1):
            before = read_page(path, page)
            overwrite(path, page, content)
            with closing(sqlite3.connect(path)) as connection:
                try:
                    is_sound = connection.execute("PRAGMA quick_check").fetchone() == ("ok",)
                except sqlite3.DatabaseError:
                    is_sound = False
            assert storage.full_check.run() == is_sound, f"page {page}"
            overwrite(path, page, before)
        assert storage.full_check.run()


def test_it_finds_a_table_that_is_missing(path: Path) -> None:
    with Storage.open(str(path)) as storage:
        query(path, "DROP TABLE tokens")
        assert not storage.full_check.run()
        assert storage.full_check.failure == "no such table: tokens"


def test_readyz_answers_what_it_found_last_and_the_log_says_it_once(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    page = leaf_of(path, b"user150")
    before = read_page(path, page)
    caplog.set_level(logging.WARNING, "ftlserver")
    with Storage.open(str(path)) as storage:
        app = TestApp(create_app(storage))
        assert app.get("/readyz").json == {"ok": True}
        caplog.clear()
        overwrite(path, page, bytes(PAGE))
        assert not storage.full_check.run()
        assert not storage.full_check.run()
        assert caplog.messages == [f"the full check failed: database disk image is malformed (database: {path})"]
        response = app.get("/readyz", expect_errors=True)
        assert (response.status_int, response.json["error"]) == (503, "database_unavailable")
        assert response.json["message"] == "the last full check found damage; restore a backup"
        caplog.clear()
        overwrite(path, page, before)
        assert storage.full_check.run()
        assert caplog.messages == [f"the full check passes again (database: {path})"]
        assert app.get("/readyz").json == {"ok": True}


def test_a_lock_that_is_held_says_nothing_about_the_rows(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(full_check, "LOCK_SECONDS", 0.0)
    with Storage.open(str(path)) as storage, closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert not storage.full_check.run()
        other.execute("ROLLBACK")
        storage.check()


def test_a_file_that_was_moved_is_ready_as_soon_as_it_is_back(path: Path) -> None:
    with Storage.open(str(path)) as storage:
        moved = path.rename(path.with_name("moved"))
        assert not storage.full_check.run()
        assert not path.exists()
        moved.rename(path)
        storage.check()


def test_it_runs_at_once_and_again_in_the_background(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(full_check, "SECONDS_BETWEEN", 0.02)
    monkeypatch.setattr(full_check, "SECONDS_AFTER_FAILURE", 0.02)
    page = leaf_of(path, b"user150")
    before = read_page(path, page)
    with Storage.open(str(path)) as storage, storage.full_check.in_background():
        storage.check()
        overwrite(path, page, bytes(PAGE))
        until(lambda: storage.full_check.failure != "")
        overwrite(path, page, before)
        until(lambda: storage.full_check.failure == "")


def test_it_ends_at_once_with_what_it_is_for(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(full_check, "PAUSE_SECONDS", 3600.0)
    monkeypatch.setattr(full_check, "ROWS_AT_ONCE", 1)
    before = threading.active_count()
    with Storage.open(str(path)) as storage:
        with storage.full_check.in_background():
            assert threading.active_count() == before + 1
        assert threading.active_count() == before
        assert storage.full_check.failure == ""


def test_it_needs_no_thread_for_postgresql(postgresql_storage: Storage) -> None:
    before = threading.active_count()
    with postgresql_storage.full_check.in_background():
        assert threading.active_count() == before
        postgresql_storage.check()


@pytest.mark.parametrize("wal", [False, True])
def test_writers_do_not_wait_for_its_end(path: Path, monkeypatch: pytest.MonkeyPatch, wal: bool) -> None:
    monkeypatch.setattr(full_check, "PAUSE_SECONDS", 3600.0)  # so that it does not end
    monkeypatch.setattr(full_check, "ROWS_AT_ONCE", 1)
    db = database.connect(str(path), threads=2, wal=wal)
    storage = Storage(db)
    try:
        with storage.full_check.in_background():
            started = time.monotonic()
            for number in range(5):
                storage.users.put(User("writer", f"N{number}", "UTC"))
            assert time.monotonic() - started < database.BUSY_SECONDS
    finally:
        db.close()


@pytest.mark.slow
def test_serve_answers_503_at_readyz_for_a_file_that_is_damaged_when_it_starts(path: Path) -> None:
    overwrite(path, leaf_of(path, b"user150"), bytes(PAGE))
    log = path.with_name("log")
    command = [sys.executable, "-m", "ftlserver", "--database", str(path), "serve", "--port", "0", "--public-read"]
    with log.open("w") as stderr, subprocess.Popen(command, stderr=stderr) as process:
        until(lambda: " answers at " in log.read_text())
        url = log.read_text().split(" answers at ")[1].split(",")[0]
        until(lambda: requests.get(f"{url}/readyz", timeout=10).status_code == 503)
        health = requests.get(f"{url}/healthz", timeout=10).status_code
        asked = requests.get(f"{url}/api/loguseractivity/?id=user150", timeout=10).status_code
        process.terminate()
    assert (health, asked, process.returncode) == (200, 503, 0)
    assert log.read_text().count("the full check failed") == 1
