"""Closing a database while threads still use it leaves no connection open."""

import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from ftlserver.storage.database import connect, transaction
from ftlserver.storage.idle_connections import fetch


@pytest.mark.parametrize("access", ["fetch", "fetch beyond the idle connections", "transaction"])
def test_a_connection_released_while_the_database_is_closed_is_closed(url: str, access: str) -> None:
    database = connect(url)
    opened: list[Any] = []

    @sa.event.listens_for(database.engine, "checkout")
    def remember(driver: object, *_: object) -> None:
        opened.append(driver)

    @sa.event.listens_for(database.engine, "checkin")
    def close(*_: object) -> None:
        database.close()

    class ClosedBeforeAppend(list[Any]):
        def append(self, connection: object) -> None:
            database.close()
            super().append(connection)

    if access == "fetch":
        database.idle_connections = ClosedBeforeAppend()
    elif access == "fetch beyond the idle connections":
        database.most_idle_connections = 0
    if access == "transaction":
        with transaction(database) as connection:
            connection.exec_driver_sql("SELECT 1")
    else:
        assert fetch(database, sa.text("SELECT 1"), {}) == [(1,)]
    assert len(opened) == 1
    assert is_closed(opened[0])


@pytest.mark.slow
def test_a_connection_that_reads_while_the_database_is_closed_is_closed_afterwards(tmp_path: Path) -> None:
    database = connect(str(tmp_path / "ftl.sqlite3"))
    fetch(database, sa.text("SELECT 1"), {})
    driver = database.idle_connections[0].driver_connection
    slow = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000) SELECT max(i) FROM n"
    found: list[object] = []
    question = threading.Thread(target=lambda: found.extend(fetch(database, sa.text(slow), {})))
    question.start()
    while database.idle_connections:
        pass
    database.close()
    question.join()
    assert found == [(3_000_000,)]
    assert is_closed(driver)


def is_closed(driver: Any) -> bool:
    if not isinstance(driver, sqlite3.Connection):
        return bool(driver.closed)
    try:
        driver.execute("SELECT 1")
    except sqlite3.ProgrammingError:
        return True
    return False
