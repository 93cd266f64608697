"""Idle connections that serve reads: cut, cancelled and closed."""

import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from ftlserver.errors import DatabaseError
from ftlserver.storage import Storage
from ftlserver.storage.database import connect
from ftlserver.storage.idle_connections import fetch
from tests.helpers import EGON, EVERYTHING, in_threads, run_on_postgresql


@pytest.mark.slow
def test_reads_recover_after_postgresql_cut_the_connections(postgresql: str, postgresql_storage: Storage) -> None:
    postgresql_storage.users.add_new([EGON])

    def read() -> None:
        assert len(postgresql_storage.users.summaries()) == 1
        assert postgresql_storage.users.find(EGON.id) == EGON
        assert postgresql_storage.periods.histories([EGON.id], EVERYTHING, 9) == [(EGON, b"[]")]

    assert in_threads(4, read) == []
    for _ in range(2):
        run_on_postgresql(
            postgresql,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = 'ftl'",
        )
        assert in_threads(8, read) == []


@pytest.mark.slow
def test_a_read_whose_connection_was_cut_while_it_ran_is_not_retried(
    postgresql: str, postgresql_storage: Storage
) -> None:
    assert postgresql_storage.users.find(EGON.id) is None  # leaves an idle connection
    asked: list[str] = []

    def ask() -> None:
        try:
            fetch(postgresql_storage.database, sa.text("SELECT pg_sleep(20)"), {})
        except DatabaseError as exc:
            asked.append(exc.code)

    question = threading.Thread(target=ask)
    question.start()
    time.sleep(0.5)
    run_on_postgresql(
        postgresql,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE query LIKE 'SELECT pg_sleep%' AND pid <> pg_backend_pid()",
    )
    question.join(timeout=10)
    assert asked == ["database_unavailable"]


@pytest.mark.slow
def test_a_read_during_close_leaves_no_connection_open(tmp_path: Path) -> None:
    database = connect(str(tmp_path / "ftl.sqlite3"))
    assert fetch(database, sa.text("SELECT 1"), {}) == [(1,)]
    assert len(database.idle_connections) == 1
    slow = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000) SELECT max(i) FROM n"
    found: list[object] = []
    question = threading.Thread(target=lambda: found.extend(fetch(database, sa.text(slow), {})))
    question.start()
    while database.idle_connections:
        time.sleep(0.001)
    database.close()
    assert found == []
    question.join()
    assert found == [(3_000_000,)]
    assert database.idle_connections == []
