"""The fast path of a question that is a single SELECT: the driver runs it on an idle connection that is kept.

``fetch`` replaces a ``transaction`` with the same statement: 10 us instead of 170, and three calls that give up
the interpreter lock, each of which may be a change of threads, instead of eight. Connections that were cut while
they were idle are replaced. ``tests/server/storage/test_idle_connections.py`` compares both ways.
"""

import time
from contextlib import suppress
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from ftlserver.storage.database import (
    Database,
    check_file,
    driver_error,
    transaction,
    translate,
    wrapped_driver_error,
)

LONGEST_TO_FAIL = 0.1  # seconds that an operation on a connection that was cut takes to fail


def fetch(database: Database, statement: sa.TextClause, values: dict[str, Any]) -> list[Any]:
    """Run one SELECT, which is a transaction of its own, and return its rows as tuples; raise DatabaseError."""
    assert database.engine is not None
    if database.needs_version_check():
        with transaction(database):
            pass
    text = statement.text if database.is_sqlite else _for_driver(statement, database.engine)
    try:
        check_file(database)
        rows = None
        while rows is None:
            rows = _fetch(database, text, values)
        return rows
    except sa.exc.DBAPIError as exc:
        raise translate(exc, database.name) from exc
    except driver_error(database) as exc:
        raise translate(wrapped_driver_error(database, exc), database.name) from exc


def _fetch(database: Database, statement: str, values: dict[str, Any]) -> list[Any] | None:
    """Return the rows, or None if the connection was cut while it was idle: retry then."""
    connection, was_idle = _reading_connection(database)
    driver: Any = connection.driver_connection
    options = {} if database.is_sqlite else {"binary": True}  # bytes come as they are, not as digits
    started = time.monotonic()
    try:
        rows: list[Any] = driver.execute(statement, values, **options).fetchall()
    except BaseException:
        # A statement that ran for longer may have been ended on purpose, and is not repeated.
        failed_at_once = time.monotonic() - started < LONGEST_TO_FAIL
        was_cut = was_idle and not database.is_sqlite and driver.closed and failed_at_once
        connection.invalidate()
        if was_cut:
            return None
        raise
    if len(database.idle_connections) < database.most_idle_connections:
        database.idle_connections.append(connection)
    else:
        _return_to_pool(database, connection)
    database.close_returned_connections()
    return rows


def _return_to_pool(database: Database, connection: sa.PoolProxiedConnection) -> None:
    driver: Any = connection.driver_connection
    try:
        if not database.is_sqlite:
            driver.autocommit = False
        connection.close()
    except driver_error(database):  # cut just now, after its answer
        connection.invalidate()


def _reading_connection(database: Database) -> tuple[sa.PoolProxiedConnection, bool]:
    """Return a connection in which each statement is a transaction, and whether it was idle."""
    with suppress(IndexError):  # another thread may take the last one
        return database.idle_connections.pop(), True
    assert database.engine is not None
    connection = database.engine.raw_connection()
    if not database.is_sqlite:
        driver: Any = connection.driver_connection
        driver.autocommit = True  # neither a BEGIN nor a ROLLBACK to send
    return connection, False


@lru_cache(maxsize=64)
def _for_driver(statement: sa.TextClause, engine: sa.Engine) -> str:
    """Return a statement with its parameters written as the driver reads them."""
    return str(statement.compile(dialect=engine.dialect))
