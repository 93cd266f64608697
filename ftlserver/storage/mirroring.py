"""What changed since a position, for programs that mirror users and periods.

A change is at a position: the number of its transaction on PostgreSQL, a count on SQLite, and its own number.
On PostgreSQL only what lies before every transaction under way is read, as one of these may still commit with a
smaller number. The answer is not what a change wrote, but what is stored now of the users and starts that it
names: so it does not matter in which order transactions committed, and what is read twice does no harm.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Any, ClassVar, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from ftlserver.domain.period import Row
from ftlserver.domain.user import User
from ftlserver.errors import InvalidRequestError, ResyncError
from ftlserver.storage import marks
from ftlserver.storage.changes import SPAN_BYTES, unpack_spans
from ftlserver.storage.database import Database, transaction
from ftlserver.storage.periods import Periods
from ftlserver.storage.users import Users

MOST_ROWS = 1_000  # of changes that are read at once
MOST_PERIODS = 20_000  # that they name, unless the first one names more
_LAST = 2**62  # no change has this number
_CURSOR = re.compile(r"(\d{1,18})(?:-(\d{1,18}))?", re.ASCII)


class Position(NamedTuple):
    """A place among the changes: everything up to it was read."""

    transaction: int
    number: int = _LAST

    @classmethod
    def of(cls, cursor: str) -> "Position":
        """Return the position that a cursor stands for; raise InvalidRequestError."""
        match = _CURSOR.fullmatch(cursor)
        if match is None:
            message = "the cursor is not one of this server's; begin again with an export"
            raise InvalidRequestError("invalid_cursor", message)
        return cls(*map(int, filter(None, match.groups())))

    @property
    def cursor(self) -> str:
        return f"{self.transaction}" if self.number == _LAST else f"{self.transaction}-{self.number}"


class Page(NamedTuple):
    """What is stored now of what changed: users and periods that are there, and those that are gone.

    Of a period that is gone there are the id of the user, its start, and the offset there. *position* is where the
    next page begins, and *more* tells whether there is more to read now.
    """

    users: list[User]
    gone_users: list[str]
    periods: list[Row]
    gone_periods: list[tuple[str, int, int]]
    position: Position
    more: bool


class Mirroring:
    """Reads changes in the order in which they can be followed. Every method may raise DatabaseError."""

    def __init__(self, database: Database, users: Users, periods: Periods) -> None:
        self.database = database
        self._users = users
        self._periods = periods

    def now(self) -> Position:
        """Return the position of now: what is read after this call contains every change up to it."""
        with transaction(self.database) as connection:
            return self._end(connection)

    def since(self, position: Position) -> Page:
        """Return a page of what changed since *position*; raise ResyncError if not all of that is there."""
        with transaction(self.database) as connection:
            end = self._end(connection)
            oldest = marks.read(connection, marks.RESYNC)
            if position > end or (oldest is not None and position < Position(oldest)):
                raise ResyncError
            rows, more = self._rows(connection, position, end)
            ids = dict.fromkeys(row.user_id for row in rows if row.user_id is not None)
            users = self._users.stored(connection, ids)
            there = {user.id for user in users}
            named = {
                (row.user_id, span[0]): span[2]
                for row in rows
                if row.user_id in there
                for packed in (row.before, row.after, row.gone)
                for span in unpack_spans(packed)
            }
            periods = self._periods.existing(connection, [(*key, key[1] + 1) for key in named])
        for period in periods:
            del named[period[:2]]
        gone = [(user_id, start, offset) for (user_id, start), offset in named.items()]
        last = end
        if more:  # there may be none if a user was deleted just now
            last = Position(rows[-1].position, rows[-1].number) if rows else position
        return Page(users, [id_ for id_ in ids if id_ not in there], periods, gone, last, more)

    _END: ClassVar[dict[str, sa.TextClause]] = {
        "sqlite": sa.text("SELECT value FROM marks WHERE name = 'position'"),
        "postgresql": sa.text("SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint) - 1"),
    }

    def _end(self, connection: Connection) -> Position:
        """Return the last position before which nothing can be added any more."""
        return Position(int(connection.execute(self._END[self.database.dialect]).scalar_one()))

    _AFTER: ClassVar[dict[str, str]] = {
        "sqlite": "(xact, number) > (:transaction, :number) AND xact <= :end",
        "postgresql": "(xact, number) > (CAST(CAST(:transaction AS text) AS xid8), :number)"
        " AND xact <= CAST(CAST(:end AS text) AS xid8)",
    }
    _POSITION: ClassVar[dict[str, str]] = {"sqlite": "xact", "postgresql": "CAST(CAST(xact AS text) AS bigint)"}

    def _rows(self, connection: Connection, after: Position, end: Position) -> tuple[Sequence[Any], bool]:
        """Return the rows of a page, which name up to MOST_PERIODS, and whether there are more."""
        dialect = self.database.dialect
        values = {"transaction": after.transaction, "number": after.number, "end": end.transaction}
        select = f"FROM changes WHERE {self._AFTER[dialect]} ORDER BY xact, number LIMIT :most"
        sizes = connection.execute(
            sa.text(
                "SELECT coalesce(length(before), 0) + coalesce(length(after), 0) + coalesce(length(gone), 0)"
                f" AS size {select}"
            ),
            values | {"most": MOST_ROWS + 1},
        )
        totals = list(accumulate(sizes.scalars()))
        count = max(1, bisect_right(totals[:MOST_ROWS], MOST_PERIODS * SPAN_BYTES))
        rows = connection.execute(
            sa.text(
                f"SELECT {self._POSITION[dialect]} AS position, number, user_id, before, after, gone {select}"
            ),
            values | {"most": count},
        ).all()
        return rows, len(totals) > len(rows)
