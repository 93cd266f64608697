"""The table of activity periods: every question about it, and inserting in bulk.

Each user has a window of their own. A period that reaches into it began at most 7 days before it, so the primary
key bounds what is read on both sides.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, ClassVar, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection

from ftlserver.domain.intervals import Interval
from ftlserver.domain.period import LONGEST_PERIOD, Row, Span
from ftlserver.domain.user import USER_FIELDS, User
from ftlserver.storage import packing
from ftlserver.storage.database import Database, transaction
from ftlserver.storage.idle_connections import fetch
from ftlserver.storage.packing import Packing
from ftlserver.storage.users import Users, cached_user

Item = TypeVar("Item")
UserWindow = tuple[str, int, int]  # id, start, end

_PAGE = 5_000
_USERS_AT_ONCE = 50
_ALL = 2**62


# The windows of a question as a table, and the aggregate of what is packed.
_ASKED_SQLITE = (
    """WITH asked AS MATERIALIZED (
        SELECT key, json_extract(value, '$[0]') AS user_id,
               json_extract(value, '$[1]') AS starts, json_extract(value, '$[2]') AS ends
        FROM json_each(:asked))""",
    "group_concat(packed)",
)
_ASKED_POSTGRESQL = (
    """WITH asked AS (
        SELECT number - 1 AS key, user_id, starts, ends
        FROM unnest(CAST(:ids AS varchar[]), CAST(:starts AS bigint[]), CAST(:ends AS bigint[]))
             WITH ORDINALITY AS given (user_id, starts, ends, number))""",
    "string_agg(packed, ''::bytea)",
)


class Periods:
    """The periods in a database. Every method may raise DatabaseError."""

    def __init__(self, database: Database, users: Users) -> None:
        self.database = database
        self._users = users

    def histories(self, user_ids: Sequence[str], window: Interval, most: int) -> list[tuple[User, list[int]]]:
        """Return the users with those ids, in that order, with up to *most* periods within *window*, packed."""
        values = {"ids": self.database.array(user_ids), "after": window[0], "before": window[1], "most": most}
        count = len(USER_FIELDS)
        return [
            (cached_user(*row[:count]), packing.unpack_history(row[count]))
            for row in fetch(self.database, packing.HISTORIES[self.database.dialect], values)
        ]

    def pages(
        self, users: Iterable[User], edges: Mapping[str, Interval], most: int
    ) -> Iterator[tuple[User, Iterable[list[Span]]]]:
        """Yield *users*, each with pages of the spans that reach into their window, in flat memory.

        No transaction stays open between users, nor between pages, which contain up to *most* spans.
        """
        for batch in batches(users, _USERS_AT_ONCE):
            windows = [(user.id, *edges[user.id]) for user in batch]
            rows = fetch(self.database, *self._within(packing.SPANS, windows, most + 1))
            found = _unpacked(packing.SPANS, windows, rows)
            for user in batch:
                if len(found[user.id]) <= most:
                    yield user, [found.pop(user.id)]
                else:
                    del found[user.id]
                    yield user, self.pages_of(user.id, edges[user.id])

    _AFTER = sa.text("""
        SELECT started_at, ended_at, start_offset, end_offset FROM activity_periods
        WHERE user_id = :user_id AND (started_at, ended_at) > (:started_at, :ended_at)
          AND started_at < :before AND ended_at > :after
        ORDER BY started_at, ended_at LIMIT :limit""")

    def pages_of(self, user_id: str, window: Interval = (0, _ALL)) -> Iterator[list[Span]]:
        """Yield a user's spans that reach into *window*, page by page, each page a transaction of its own."""
        after, before = window
        last = (after - LONGEST_PERIOD, -1)
        while True:
            values = {"user_id": user_id, "started_at": last[0], "ended_at": last[1], "limit": _PAGE}
            with transaction(self.database) as connection:
                rows = connection.execute(self._AFTER, values | {"after": after, "before": before}).all()
            if rows:
                yield [tuple(row) for row in rows]
            if len(rows) < _PAGE:
                return
            last = rows[-1][:2]

    def spans(
        self, user_ids: Sequence[str] | None, edges_of: Callable[[User], Interval]
    ) -> tuple[list[tuple[User, list[Span]]], dict[str, Interval]]:
        """Return the users with those ids, or all, with the spans that reach into the window of each.

        Users come in the order given, or by id, spans by start, then end. *edges_of* gives a user's window, and
        the windows come back by user id; what it raises ends the question.
        """
        return self._of_users(packing.SPANS, user_ids, edges_of)

    def edges(
        self, user_ids: Sequence[str] | None, edges_of: Callable[[User], Interval]
    ) -> tuple[list[tuple[User, list[int]]], dict[str, Interval]]:
        """Return what ``spans`` does, with the starts and ends of the spans, in turn, cut at the window."""
        return self._of_users(packing.EDGES, user_ids, edges_of)

    _LAST_START: ClassVar[dict[str, sa.TextClause]] = {
        dialect: sa.text(f"""
            SELECT asked.value, (SELECT max(started_at) FROM activity_periods p
                                 WHERE p.user_id = asked.value AND p.started_at <= :at)
            FROM {asked} AS asked{"" if dialect == "sqlite" else " (value)"}""")  # noqa: S608
        for dialect, asked in (
            ("sqlite", "(SELECT value FROM json_each(:ids))"),
            ("postgresql", "unnest(CAST(:ids AS varchar[]))"),
        )
    }

    def latest(self, user_ids: Sequence[str] | None, at: int) -> list[tuple[User, list[Span]]]:
        """Return the users with those ids, or all, with the spans of the 7 days before their last start at *at*.

        Those include what is under way at that instant, what it continues without a break, and what ended last.
        """
        with transaction(self.database) as connection:
            users = self._users.find_many_in(connection, user_ids)
            values = {"ids": self.database.array(user.id for user in users), "at": at}
            last = connection.execute(self._LAST_START[self.database.dialect], values).all()
            windows = [(user_id, start - LONGEST_PERIOD, at + 1) for user_id, start in last if start is not None]
            found = self.within(connection, windows)
        return [(user, found.get(user.id, [])) for user in users]

    def within(self, connection: Connection, windows: Sequence[UserWindow]) -> dict[str, list[Span]]:
        """Return, by user id, the spans that reach into each of *windows*, in the caller's transaction.

        Windows of the same user come in order and lie further apart than a period is long.
        """
        rows = connection.execute(*self._within(packing.SPANS, windows, _ALL)).all()
        return _unpacked(packing.SPANS, windows, rows)

    def _of_users(
        self, packed: Packing, user_ids: Sequence[str] | None, edges_of: Callable[[User], Interval]
    ) -> tuple[list[tuple[User, list[Any]]], dict[str, Interval]]:
        with transaction(self.database) as connection:
            users = self._users.find_many_in(connection, user_ids)
            edges = {user.id: edges_of(user) for user in users}
            windows = [(user.id, *edges[user.id]) for user in users]
            rows = connection.execute(*self._within(packed, windows, _ALL)).all()
        found = _unpacked(packed, windows, rows)
        return [(user, found[user.id]) for user in users], edges

    _WITHIN: ClassVar[dict[tuple[Packing, str], sa.TextClause]] = {
        (packed, dialect): sa.text(f"""
            {asked}
            SELECT asked.key, (
                SELECT {aggregate} FROM (
                    SELECT {getattr(packed, dialect)} AS packed FROM activity_periods p
                    WHERE p.user_id = asked.user_id
                      AND p.started_at > asked.starts - 604800000000
                      AND p.started_at < asked.ends
                      AND p.ended_at > asked.starts
                    ORDER BY p.started_at, p.ended_at LIMIT :most) AS reaching)
            FROM asked ORDER BY asked.key""")  # noqa: S608
        for packed in (packing.SPANS, packing.EDGES)
        for dialect, asked, aggregate in (("sqlite", *_ASKED_SQLITE), ("postgresql", *_ASKED_POSTGRESQL))
    }

    def _within(
        self, packed: Packing, windows: Sequence[UserWindow], most: int
    ) -> tuple[sa.TextClause, dict[str, Any]]:
        statement = self._WITHIN[packed, self.database.dialect]
        if self.database.dialect == "sqlite":
            return statement, {"asked": json.dumps(windows), "most": most}
        ids, starts, ends = ([window[column] for window in windows] for column in range(3))
        return statement, {"ids": ids, "starts": starts, "ends": ends, "most": most}

    def insert(self, connection: Connection, rows: Sequence[Row]) -> int:
        """Add periods of existing users in the caller's transaction; return how many were not stored already."""
        if not rows:
            return 0
        if self.database.dialect == "postgresql":
            columns = dict(zip(_COLUMNS, map(list, zip(*rows, strict=True)), strict=True))
            return connection.execute(_INSERT_ARRAYS, columns).rowcount
        values = tuple(chain.from_iterable(rows))
        width = _ROWS_AT_ONCE * len(_COLUMNS)
        *whole, last = [values[at : at + width] for at in range(0, len(values), width)]
        added = connection.exec_driver_sql(_INSERT_ROWS, whole).rowcount if whole else 0
        return added + connection.exec_driver_sql(_insert_rows(len(last) // len(_COLUMNS)), last).rowcount


_COLUMNS = ("user_id", "started_at", "ended_at", "start_offset", "end_offset")
# SQLite: rows in one statement take half as long as rows one by one; every version takes 999 variables.
_ROWS_AT_ONCE = 199
_INSERT_ARRAYS = sa.text("""
    INSERT INTO activity_periods (user_id, started_at, ended_at, start_offset, end_offset)
    SELECT * FROM unnest(CAST(:user_id AS varchar[]), CAST(:started_at AS bigint[]), CAST(:ended_at AS bigint[]),
                         CAST(:start_offset AS integer[]), CAST(:end_offset AS integer[]))
    ON CONFLICT DO NOTHING""")


def _insert_rows(count: int) -> str:
    values = ", ".join(["(?, ?, ?, ?, ?)"] * count)
    return f"INSERT INTO activity_periods ({', '.join(_COLUMNS)}) VALUES {values} ON CONFLICT DO NOTHING"  # noqa: S608


_INSERT_ROWS = _insert_rows(_ROWS_AT_ONCE)


def _unpacked(
    packed: Packing, windows: Sequence[UserWindow], rows: Iterable[Sequence[Any]]
) -> dict[str, list[Any]]:
    """Return, by user id, what is packed in *rows*, each with the index of a window."""
    found: dict[str, list[Any]] = {window[0]: [] for window in windows}
    for key, value in rows:
        if value is not None:
            found[windows[key][0]] += packed.unpack(value)
    return found


def batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yield *items* in lists of up to *size*."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
