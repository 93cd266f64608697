"""Databases that hold tables alone, made once: making the tables for each test takes three times as long."""

from collections.abc import Callable
from typing import Self

import sqlalchemy as sa

from ftlserver.storage import Storage, schema
from tests.helpers import run_on_postgresql


def make_tables(url: str) -> None:
    """Run all migrations on an empty database."""
    with Storage.open(url):
        pass


class PostgreSQLTables:
    """A database on a PostgreSQL server whose rows are deleted for each test."""

    _STATE = sa.text("""
        SELECT (SELECT count(*) FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
                WHERE relnamespace = 'public'::regnamespace AND NOT attisdropped),
               (SELECT count(*) FROM migrations)""")
    _DELETE = "; ".join(f"DELETE FROM {table}" for table in schema.TABLES if table != "migrations")

    def __init__(self, server: str, name: str, make: Callable[[str], None]) -> None:
        run_on_postgresql(server, f"CREATE DATABASE {name} TEMPLATE template0")
        self.url = sa.make_url(server).set(database=name).render_as_string(hide_password=False)
        self._make = make
        driver_url = self.url.replace("postgresql://", "postgresql+psycopg://")
        self._engine = sa.create_engine(driver_url, isolation_level="AUTOCOMMIT", pool_pre_ping=True)
        make(self.url)
        self._state = self._read_state()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._engine.dispose()

    def emptied(self) -> str:
        """Return the URL, with the tables as they were made and without rows."""
        if self._read_state() != self._state:  # a test has changed the tables
            run_on_postgresql(self.url, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
            self._make(self.url)
        with self._engine.connect() as connection:
            connection.exec_driver_sql(self._DELETE)
        return self.url

    def _read_state(self) -> tuple[int, ...] | None:
        try:
            with self._engine.connect() as connection:
                return tuple(connection.execute(self._STATE).one())
        except sa.exc.ProgrammingError:  # a table is missing
            return None
