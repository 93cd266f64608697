"""The table of activity periods: every question about it, and inserting in bulk.

Each user has a window of their own. A period that reaches into it began at most 7 days before it, so the primary
key bounds what is read on both sides.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection

from ftlserver.domain.intervals import Interval
from ftlserver.domain.period import LONGEST_PERIOD, Row, Span
from ftlserver.domain.user import USER_FIELDS, User
from ftlserver.domain.window import Window
from ftlserver.storage import packing, period_writes
from ftlserver.storage.changes import Change
from ftlserver.storage.database import Database
from ftlserver.storage.idle_connections import fetch
from ftlserver.storage.packing import Packing
from ftlserver.storage.schema import LONG_PERIOD
from ftlserver.storage.users import cached_user

Item = TypeVar("Item")
UserWindow = tuple[str, int, int]  # id, start, end

PAGE = 1_500  # periods of one user that are read at once
_ROWS_AT_ONCE = 20_000  # periods of several users that are read at once
_USERS_AT_ONCE = 200
_FEW = 16  # stored periods between those that were sent are read anyway
_ALL = 2**62


# The windows of a question as a table, and the aggregate of what is packed.
_ASKED_SQLITE = (
    """WITH asked AS MATERIALIZED (
        SELECT key, json_extract(value, '$[0]') AS user_id,
               json_extract(value, '$[1]') AS starts, json_extract(value, '$[2]') AS ends,
               json_extract(value, '$[3]') AS read_start
        FROM json_each(:asked))""",
    "group_concat(packed)",
)
_ASKED_POSTGRESQL = (
    """WITH asked AS (
        SELECT number - 1 AS key, user_id, starts, ends, read_start
        FROM unnest(CAST(:ids AS varchar[]), CAST(:starts AS bigint[]), CAST(:ends AS bigint[]),
                    CAST(:read_starts AS bigint[]))
             WITH ORDINALITY AS given (user_id, starts, ends, read_start, number))""",
    "string_agg(packed, NULL)",
)
_ASKED = {"sqlite": _ASKED_SQLITE, "postgresql": _ASKED_POSTGRESQL}
# A period that reaches into a window, and comes after the last one that was read.
_REACHES_IN = """
    p.user_id = asked.user_id AND p.started_at > asked.read_start AND p.started_at < asked.ends
    AND p.ended_at > asked.starts"""


class Extent(NamedTuple):
    """What a question reads of a user: the window, how many periods reach into it, and the first one's start.

    A user who has *moved* recorded beside an edge of the window on another clock than that of their zone.
    """

    user: User
    window: Interval
    periods: int
    first_start: int | None
    moved: bool = False


class Periods:
    """The periods in a database. Every method may raise DatabaseError."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def histories(self, user_ids: Sequence[str], window: Interval, most: int) -> list[tuple[User, bytes | None]]:
        """Return the users with those ids, in that order, with the JSON list of their periods within *window*.

        Periods are in display times, as recorded; more than *most* are None.
        """
        values = {"ids": self.database.array(user_ids), "after": window[0], "before": window[1], "most": most + 1}
        count = len(USER_FIELDS)
        return [
            (cached_user(*row[:count]), packing.history_json(row[count], most))
            for row in fetch(self.database, packing.HISTORIES[self.database.dialect], values)
        ]

    _EXTENTS: ClassVar[dict[str, sa.TextClause]] = {
        dialect: sa.text(f"""
            {asked[0]}
            SELECT (SELECT count(*) FROM activity_periods p WHERE {_REACHES_IN}),
                   (SELECT p.started_at FROM activity_periods p WHERE {_REACHES_IN}
                    ORDER BY p.started_at LIMIT 1)
            FROM asked ORDER BY asked.key""")  # noqa: S608
        for dialect, asked in _ASKED.items()
    }

    def extents(
        self,
        users: Sequence[User],
        edges: Mapping[str, Interval],
        moved: Mapping[str, Interval] = MappingProxyType({}),
    ) -> Iterator[Extent]:
        """Yield what a question about *users* reads, whose windows are in *moved*, or else in *edges*.

        A caller may stop the count.
        """
        for batch in batches(users, _USERS_AT_ONCE):
            windows = [moved.get(user.id, edges[user.id]) for user in batch]
            values = self._asked([(user.id, *window) for user, window in zip(batch, windows, strict=True)])
            rows = fetch(self.database, self._EXTENTS[self.database.dialect], values)
            for user, window, (periods, first_start) in zip(batch, windows, rows, strict=True):
                yield Extent(user, window, periods, first_start, moved=user.id in moved)

    _OFFSETS: ClassVar[dict[str, sa.TextClause]] = {
        dialect: sa.text(f"""
            {asked[0]}
            SELECT min(p.start_offset), max(p.start_offset), min(p.end_offset), max(p.end_offset)
            FROM asked LEFT JOIN activity_periods p ON {_REACHES_IN}
            GROUP BY asked.key ORDER BY asked.key""")  # noqa: S608
        for dialect, asked in _ASKED.items()
    }

    def moved(self, users: Sequence[User], window: Window) -> dict[str, Interval]:
        """Return, by id, the *users* who recorded beside an edge of *window* on another clock than their zone's.

        Each comes with the instants between which the window lies on all the clocks that they had.
        """
        found: dict[str, Interval] = {}
        if window.is_same_for_all:
            return found
        beside = [(user, *near) for user in users for near in window.beside_edges(user)]
        for batch in batches(beside, _USERS_AT_ONCE):
            values = self._asked([(user.id, *near) for user, near, _ in batch])
            rows = fetch(self.database, self._OFFSETS[self.database.dialect], values)
            for (user, _, own), offsets in zip(batch, rows, strict=True):
                for offset in set(offsets) - {own, None}:
                    start, end = found.get(user.id, window.edges(user))
                    opens, closes = window.edges_on_clock(user, offset)
                    found[user.id] = min(start, opens), max(end, closes)
        return found

    def reach(self, users: Sequence[User], window: Window) -> dict[str, Interval]:
        """Return, by user id, the instants between which *window* lies on all the clocks that each user had."""
        return window.edges_of_all(users) | self.moved(users, window)

    def read(
        self, packed: Packing[Item], extents: Iterable[Extent]
    ) -> Iterator[tuple[Extent, Iterable[list[Item]]]]:
        """Yield *extents*, each with pages of what is packed of its periods, by start, in flat memory.

        A page holds up to PAGE periods. No transaction stays open between users, nor between pages.
        """
        for batch in _of_rows(extents, _ROWS_AT_ONCE):
            pages = self.pages(packed, [(extent.user.id, *extent.window) for extent in batch])
            for extent, (_, found) in zip(batch, pages, strict=True):
                yield extent, found

    def pages(
        self, packed: Packing[Item], windows: Sequence[UserWindow]
    ) -> Iterator[tuple[str, Iterable[list[Item]]]]:
        """Yield the id of each of *windows* with pages of what is packed of the periods that reach into it."""
        rows = fetch(self.database, *self._within(packed, windows, PAGE + 1))
        for window, (_, value) in zip(windows, rows, strict=True):
            yield window[0], self._pages(packed, window, value)

    def pages_of(self, user_id: str, window: Interval = (0, _ALL)) -> Iterator[list[Span]]:
        """Yield a user's spans that reach into *window*, page by page, each page a transaction of its own."""
        for _, pages in self.pages(packing.SPANS, [(user_id, *window)]):
            yield from pages

    def _pages(self, packed: Packing[Item], window: UserWindow, value: str | bytes | None) -> Iterator[list[Item]]:
        """Yield what is packed in *value*, and in the pages after it."""
        while value is not None:
            page, last = packed.unpack_page(value, PAGE)
            yield page
            if last is None:
                return
            ((_, value),) = fetch(self.database, *self._within(packed, [window], PAGE + 1, last))

    _LAST_START: ClassVar[dict[str, sa.TextClause]] = {
        dialect: sa.text(f"""
            SELECT (SELECT max(started_at) FROM activity_periods p
                    WHERE p.user_id = asked.value AND p.started_at <= :at)
            FROM {asked} ORDER BY asked.key""")  # noqa: S608
        for dialect, asked in (
            ("sqlite", "json_each(:ids) AS asked"),
            ("postgresql", "unnest(CAST(:ids AS varchar[])) WITH ORDINALITY AS asked (value, key)"),
        )
    }

    def latest(self, users: Sequence[User], at: int) -> dict[str, Interval]:
        """Return, by user id, the window from 7 days before the user's last start until *at*, empty without one.

        It contains what is under way at that instant, what this continues without a break, and what ended last.
        """
        found = {}
        for batch in batches(users, _USERS_AT_ONCE):
            values = {"ids": self.database.array(user.id for user in batch), "at": at}
            rows = fetch(self.database, self._LAST_START[self.database.dialect], values)
            for user, (start,) in zip(batch, rows, strict=True):
                found[user.id] = (at if start is None else start - LONGEST_PERIOD, at + 1)
        return found

    # What began long before a window is found by the index of long periods; the rest began shortly before it.
    _AROUND: ClassVar[dict[str, sa.TextClause]] = {
        dialect: sa.text(f"""
            {asked}
            SELECT (
                SELECT {aggregate} FROM (
                    SELECT packed FROM (
                        SELECT {getattr(packing.SPANS, dialect)} AS packed
                        FROM activity_periods p {"INDEXED BY long_periods" if dialect == "sqlite" else ""}
                        WHERE p.user_id = asked.user_id
                          AND p.started_at > asked.starts - {LONGEST_PERIOD}
                          AND p.started_at <= asked.starts - {LONG_PERIOD}
                          AND p.ended_at - p.started_at > {LONG_PERIOD} AND p.ended_at > asked.starts
                        ORDER BY p.started_at LIMIT :most) AS long_before
                    UNION ALL
                    SELECT packed FROM (
                        SELECT {getattr(packing.SPANS, dialect)} AS packed FROM activity_periods p
                        WHERE p.user_id = asked.user_id AND p.started_at > asked.starts - {LONG_PERIOD}
                          AND p.started_at < asked.ends AND p.ended_at > asked.starts
                        ORDER BY p.started_at LIMIT :most) AS near
                    LIMIT :most) AS reaching)
            FROM asked ORDER BY asked.key""")  # noqa: S608
        for dialect, (asked, aggregate) in _ASKED.items()
    }

    def around(self, connection: Connection, windows: Sequence[UserWindow], most: int = _ALL) -> list[list[Span]]:
        """Return up to *most* spans that reach into each of *windows*, in the caller's transaction.

        It reads what lies near the windows, however much history lies before them.
        """
        values = self._asked(windows) | {"most": most}
        found = connection.execute(self._AROUND[self.database.dialect], values).scalars()
        return [[] if value is None else packing.SPANS.unpack(value) for value in found]

    _EXISTING: ClassVar[dict[str, sa.TextClause]] = {
        dialect: sa.text(f"""
            {asked}
            SELECT p.user_id, p.started_at, p.ended_at, p.start_offset, p.end_offset FROM asked
            {"CROSS" if dialect == "sqlite" else "INNER"} JOIN activity_periods p
            ON p.user_id = asked.user_id AND p.started_at = asked.starts""")  # noqa: S608
        for dialect, (asked, _) in _ASKED.items()
    }

    def existing(self, connection: Connection, windows: Sequence[UserWindow]) -> list[Row]:
        """Return the stored periods that start with one of *windows*, in the caller's transaction."""
        rows = connection.execute(self._EXISTING[self.database.dialect], self._asked(windows)).all()
        return [tuple(row) for row in rows]

    def stored(self, connection: Connection, sent: Mapping[str, Sequence[Row]]) -> dict[tuple[str, int], Span]:
        """Return, by user id and start, the stored periods with the starts of those that were *sent*, and others.

        In the caller's transaction. Where few periods are stored between those of a user they are read at once.
        """
        by_size: defaultdict[int, list[UserWindow]] = defaultdict(list)
        for user_id, rows in sent.items():
            starts = [row[1] for row in rows]
            by_size[len(starts).bit_length()].append((user_id, min(starts), max(starts) + 1))
        found: dict[tuple[str, int], Span] = {}
        for bits, windows in by_size.items():
            most = _FEW + (1 << bits)
            packed = connection.execute(*self._within(packing.SPANS, windows, most, from_start=True)).all()
            for (user_id, *_), (_, value) in zip(windows, packed, strict=True):
                spans = [] if value is None else packing.SPANS.unpack(value)
                if len(spans) < most:
                    found |= {(user_id, span[0]): span for span in spans}
                else:
                    keys = [(row[0], row[1], row[2]) for row in sent[user_id]]
                    found |= {(user_id, row[1]): row[1:] for row in self.existing(connection, keys)}
        return found

    _WITHIN: ClassVar[dict[tuple[Packing[Any], str], sa.TextClause]] = {
        (packed, dialect): sa.text(f"""
            {asked}
            SELECT asked.key, (
                SELECT {aggregate} FROM (
                    SELECT {getattr(packed, dialect)} AS packed FROM activity_periods p
                    WHERE {_REACHES_IN}
                    ORDER BY p.started_at LIMIT :most) AS reaching)
            FROM asked ORDER BY asked.key""")  # noqa: S608
        for packed in (packing.SPANS, packing.EDGES)
        for dialect, (asked, aggregate) in _ASKED.items()
    }

    def _within(
        self,
        packed: Packing[Any],
        windows: Sequence[UserWindow],
        most: int,
        last: int | None = None,
        *,
        from_start: bool = False,
    ) -> tuple[sa.TextClause, dict[str, Any]]:
        values = self._asked(windows, last, from_start=from_start)
        return self._WITHIN[packed, self.database.dialect], values | {"most": most}

    def _asked(
        self, windows: Sequence[UserWindow], last: int | None = None, *, from_start: bool = False
    ) -> dict[str, Any]:
        """Return the values of a statement about *windows*, of periods after the start *last* that was read.

        *from_start* leaves out the periods that began before a window.
        """
        before = 1 if from_start else LONGEST_PERIOD
        asked = [(*window, window[1] - before if last is None else last) for window in windows]
        if self.database.dialect == "sqlite":
            return {"asked": json.dumps(asked)}
        names = ("ids", "starts", "ends", "read_starts")
        return {name: [row[column] for row in asked] for column, name in enumerate(names)}

    def store(self, connection: Connection, sent: Mapping[str, Sequence[Row]], change: Change) -> tuple[int, int]:
        """Add periods of existing users, and let those with a stored start grow to a later end.

        In the caller's transaction, in which no other may write periods of these users. Return how many were
        added, and how many grew.
        """
        stored = self.stored(connection, sent)
        new: list[Row] = []
        grown: list[Row] = []
        for user_id, rows in sent.items():
            rows = _with_latest_ends(rows)  # noqa: PLW2901
            if stored:
                known = [(row, stored.get((user_id, row[1]))) for row in rows]
                rows = [row for row, old in known if old is None]  # noqa: PLW2901
                longer = [(row, old) for row, old in known if old is not None and row[2] > old[1]]
                after = [(user_id, old[0], row[2], old[2], row[4]) for row, old in longer]
                change.add_periods(connection, user_id, [old for _, old in longer], after)
                grown += after
            new += rows
            change.add_periods(connection, user_id, [], rows)
        period_writes.insert(connection, new)
        period_writes.set_ends(connection, grown)
        return len(new), len(grown)


def _with_latest_ends(rows: Sequence[Row]) -> Sequence[Row]:
    """Return *rows* of a user with one for each start, the latest to end."""
    if len({row[1] for row in rows}) == len(rows):
        return rows
    latest: dict[int, Row] = {}
    for row in rows:
        known = latest.get(row[1])
        if known is None or row[2] > known[2]:
            latest[row[1]] = row
    return list(latest.values())


def _of_rows(extents: Iterable[Extent], most: int) -> Iterator[list[Extent]]:
    """Yield *extents* in lists of about *most* periods, as they are read: no more than a page of each."""
    batch: list[Extent] = []
    rows = 0
    for extent in extents:
        batch.append(extent)
        rows += min(extent.periods, PAGE)
        if rows >= most or len(batch) == _USERS_AT_ONCE:
            yield batch
            batch, rows = [], 0
    if batch:
        yield batch


def batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yield *items* in lists of up to *size*."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
