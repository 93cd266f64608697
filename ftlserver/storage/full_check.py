"""Reading every row of a SQLite file in the background, because damage is found only by reading what is damaged.

``PRAGMA quick_check`` takes 0.6 s for a million periods, and with the rollback journal all writers wait for it. So
the rows are read a few thousand at a time, in transactions of less than a millisecond. That finds every page that
cannot be read; what the pragma finds besides, such as free pages that were lost, changes no answer.
"""

import logging
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from operator import itemgetter
from typing import Any

from ftlserver.errors import DatabaseError
from ftlserver.storage import schema, sqlite_file
from ftlserver.storage.database import Database, check_file

SECONDS_BETWEEN = 3600.0
SECONDS_AFTER_FAILURE = 60.0
ROWS_AT_ONCE = 2_000
PAUSE_SECONDS = 0.01
LOCK_SECONDS = 1.0  # no longer, because a server that stops waits for it

_log = logging.getLogger("ftlserver")


class FullCheck:
    """Reads all of a database now and then; *failure* says what could not be read the last time, or is empty.

    *periods* is how many periods it read the last time, to the nearest ROWS_AT_ONCE.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.failure = ""
        self.periods: int | None = None
        self._stopping = threading.Event()

    @contextmanager
    def in_background(self) -> Iterator[None]:
        """Check a SQLite file now and once an hour, in a thread; PostgreSQL is left to those who run it."""
        if not self.database.is_sqlite:
            yield
            return
        thread = threading.Thread(target=self._repeat, name="full check")
        thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            thread.join()

    def run(self) -> bool:
        """Read every row, tell whether that was possible, and log a change."""
        assert self.database.file is not None
        failure = ""
        try:
            check_file(self.database)
            # A new connection: the others keep in memory what they have read before.
            uri = f"{self.database.file.absolute().as_uri()}?mode=rw"
            with closing(sqlite3.connect(uri, timeout=LOCK_SECONDS, isolation_level=None, uri=True)) as connection:
                rows = {table: self._read(connection, table) for table in schema.TABLES}
                self._read(connection, "activity_periods", "INDEXED BY long_periods", schema.IS_LONG)
                _read_small_indexes(connection)
        except sqlite3.Error as exc:
            if sqlite_file.error_code(exc) == sqlite3.SQLITE_BUSY:  # which says nothing about the rows
                return False
            failure = str(exc)
        except DatabaseError:  # the file was moved, as every request says
            return False
        if self._stopping.is_set():
            return False
        if failure and not self.failure:
            _log.error("the full check failed: %s (database: %s)", failure, self.database.name)
        elif self.failure and not failure:
            _log.warning("the full check passes again (database: %s)", self.database.name)
        self.failure = failure
        if not failure:
            self.periods = rows["activity_periods"]
        return not failure

    def _repeat(self) -> None:
        passed = self.run()
        while not self._stopping.wait(SECONDS_BETWEEN if passed else SECONDS_AFTER_FAILURE):
            passed = self.run()

    def _read(self, connection: sqlite3.Connection, table: str, index: str = "", part: str = "1") -> int:
        """Read a table, or *part* of it by an *index*; return the number of rows, to the nearest ROWS_AT_ONCE."""
        found = connection.execute("SELECT name, pk FROM pragma_table_info(?)", [table]).fetchall()
        if not found:
            raise sqlite3.OperationalError(f"no such table: {table}")
        key = [name for name, place in sorted(found, key=itemgetter(1)) if place]
        columns = ", ".join(key)
        each_value = " + ".join(["0", *(f"({name} IS '')" for name, place in found if not place)])
        after = f"({columns}) > ({', '.join('?' for _ in key)})"
        # The key where the next rows begin; the rows before it are read on the way.
        first, following = (
            f"SELECT {columns} FROM {table} {index} WHERE {part} AND {start} AND {each_value} >= 0"  # noqa: S608
            f" ORDER BY {columns} LIMIT 1 OFFSET {ROWS_AT_ONCE}"
            for start in ("1", after)
        )
        rows = connection.execute(first).fetchall()  # all, so that no statement stays open
        seen: set[tuple[Any, ...]] = set()  # where the next rows begin, so far
        while rows and not self._stopping.wait(PAUSE_SECONDS):
            if rows[0] in seen:  # a damaged page may lead in a circle
                raise sqlite3.DatabaseError(f"the rows of {table} have lost their order")
            seen.add(rows[0])
            rows = connection.execute(following, rows[0]).fetchall()
        return len(seen) * (ROWS_AT_ONCE + 1)


def _read_small_indexes(connection: sqlite3.Connection) -> None:
    """Read the indexes of the tables with few rows, each at once, and the last numbers of changes."""
    found = connection.execute(
        "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    )
    for name, table, sql in found.fetchall():
        if table != "activity_periods":
            column = connection.execute("SELECT name FROM pragma_index_info(?)", [name]).fetchone()[0]
            part = sql.partition(" WHERE ")[2] or "1"
            read = f"SELECT {column} AS value FROM {table} INDEXED BY {name} WHERE {part}"  # noqa: S608
            connection.execute(f"SELECT count(value) FROM ({read})").fetchall()  # noqa: S608
    connection.execute("SELECT count(seq) FROM sqlite_sequence").fetchall()
