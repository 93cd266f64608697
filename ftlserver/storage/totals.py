"""How much the database has, at a price that does not grow with it: each answer serves for a minute.

Counting ten million periods takes 0.2 s if SQLite's file is in memory, and far longer if it is not; with the
rollback journal no one may write meanwhile. So up to EXACT are counted. Of more, PostgreSQL's statistics tell how
many there are, and the last full check of a SQLite file.
"""

import threading
import time
from dataclasses import dataclass

import sqlalchemy as sa

from ftlserver.storage.database import Database
from ftlserver.storage.full_check import FullCheck
from ftlserver.storage.idle_connections import fetch

SECONDS = 60.0
EXACT = 100_000

_USERS = sa.text("SELECT count(*) FROM users")
_PERIODS = sa.text("SELECT count(*) FROM (SELECT 1 FROM activity_periods LIMIT :most) AS counted")
# A table, or its partitions.
_ESTIMATE = sa.text("""
    SELECT CAST(sum(greatest(reltuples, 0)) AS bigint) FROM pg_class
    WHERE relkind = 'r' AND (oid = CAST('activity_periods' AS regclass) OR oid IN (
        SELECT inhrelid FROM pg_inherits WHERE inhparent = CAST('activity_periods' AS regclass)))""")
# One step into the primary key for each user.
_NEWEST_END = sa.text("""
    SELECT max((SELECT p.ended_at FROM activity_periods p WHERE p.user_id = u.id
                ORDER BY p.started_at DESC LIMIT 1))
    FROM users u""")


@dataclass(frozen=True, slots=True)
class Totals:
    """The number of users and of periods, None while it is unknown, and the end of the newest period, if any."""

    users: int
    periods: int | None
    newest_end: int | None


class Counting:
    """Counts what the database has, at most once in SECONDS."""

    def __init__(self, database: Database, full_check: FullCheck) -> None:
        self._database = database
        self._full_check = full_check
        self._found: Totals | None = None
        self._count_at = 0.0
        self._lock = threading.Lock()

    def read(self) -> Totals:
        """Return what there was at most SECONDS ago; the newest period of a user is the last to start."""
        with self._lock:
            now = time.monotonic()
            if self._found is None or now >= self._count_at:
                self._found = Totals(self._one(_USERS) or 0, self._periods(), self._one(_NEWEST_END))
                self._count_at = now + SECONDS
            return self._found

    def _periods(self) -> int | None:
        count = self._one(_PERIODS, most=EXACT + 1) or 0
        if count <= EXACT:
            return count
        estimate = self._full_check.periods if self._database.is_sqlite else self._one(_ESTIMATE)
        return max(estimate, count) if estimate else None

    def _one(self, statement: sa.TextClause, **values: int) -> int | None:
        ((value,),) = fetch(self._database, statement, values)
        return None if value is None else int(value)
