"""Every query and every write, one short method each: a write is one unit, a question a unit or a fetch."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice
from operator import itemgetter
from struct import Struct, unpack
from typing import Any, TypeVar

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection, TextClause
from sqlalchemy.exc import IntegrityError

from ftlserver import statements
from ftlserver.database import Database, connect, fetch, scrub, unit
from ftlserver.errors import UserExistsError, UserNotFoundError
from ftlserver.intervals import Interval
from ftlserver.models import LONGEST_PERIOD, ActivityPeriod, Row, Span, User, UserSummary, is_user_id
from ftlserver.token_store import unbind

_Item = TypeVar("_Item")

_BATCH = 5_000
_USERS_AT_ONCE = 50
_ALL = 2**62
_SPAN_IN_BYTES = Struct(">qqii")


@dataclass(slots=True)
class Recorded:
    """What recording users and periods did."""

    users_added: int = 0
    users_updated: int = 0
    periods_added: int = 0
    periods_known: int = 0


# A user that was read before needs no second look: 20 us of a question about two.
_user = lru_cache(maxsize=4_096)(User)


class _DryRunError(Exception):
    """Ends a unit by rolling it back."""


class Store:
    """The rows behind the service. Every method may raise DatabaseError."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._dialect = "sqlite" if database.is_sqlite else "postgresql"
        self._minutes = sa.text(
            statements.MINUTES[self._dialect].replace("{minutes}", statements.MINUTES_OF_PERIOD)
        )
        self._keep_users = sa.text(statements.KEEP_USERS[self._dialect])
        self._find_users = sa.text(statements.FIND_USERS[self._dialect])
        self._within = self._packed_within(statements.SPAN)
        self._clipped = self._packed_within(statements.CLIPPED)
        self._minutes_within = self._packed_within(statements.PACKED_MINUTES)
        self._last_start = sa.text(statements.LAST_START[self._dialect])

    @classmethod
    @contextmanager
    def open(cls, url: str, *, threads: int = 1) -> Iterator["Store"]:
        """Open the database at *url* for as many *threads*, and close it at the end."""
        database = connect(url, threads=threads)
        try:
            yield cls(database)
        finally:
            database.close()

    def check(self) -> None:
        """Make sure that the database can be written."""
        with unit(self.database, write=True) as connection:
            connection.execute(statements.DELETE_USER, {"id": ""})

    def add_users(self, users: Sequence[User]) -> None:
        """Add new users, all or none; raise UserExistsError."""
        with unit(self.database, write=True) as connection:
            for user in users:
                try:
                    connection.execute(statements.INSERT_USER, _row(user))
                except IntegrityError as exc:
                    raise UserExistsError(user.id) from exc

    def add_user(self, user: User) -> bool:
        """Add a user, and tell whether they are new; raise UserExistsError if somebody else has the id."""
        with unit(self.database, write=True) as connection:
            is_new = bool(connection.execute(statements.ADD_USER, _row(user)).rowcount)
            row = connection.execute(statements.FIND_USER, {"id": user.id}).one_or_none()
            if row is None or User(*row) != user:
                raise UserExistsError(user.id)
            return is_new

    def change_user(self, user_id: str, changes: Mapping[str, str]) -> User:
        """Change some of a user's fields and return them; raise UserNotFoundError."""
        with unit(self.database, write=True) as connection:
            values = {"id": user_id, "real_name": None, "tz": None, **changes}
            if not connection.execute(statements.CHANGE_USER, values).rowcount:
                raise UserNotFoundError(user_id)
            return User(*connection.execute(statements.FIND_USER, {"id": user_id}).one())

    def find_users(self, user_ids: Iterable[str]) -> list[User]:
        """Return those of the users that exist."""
        values = {"ids": self.array(dict.fromkeys(user_ids))}
        return [_user(*row) for row in fetch(self.database, self._find_users, values)]

    def find_user(self, user_id: str) -> User | None:
        """Return the user with that id, if there is one."""
        if not is_user_id(user_id):  # such as what is no text, which no database takes
            return None
        rows = fetch(self.database, statements.FIND_USER, {"id": user_id})
        return _user(*rows[0]) if rows else None

    def users(self) -> list[UserSummary]:
        """Return all users by id, with the number of their periods and the end of the last one."""
        with unit(self.database) as connection:
            rows = connection.execute(statements.USERS).all()
        return [UserSummary(User(*row[:3]), row[3], row[4], row[5] or 0) for row in rows]

    def delete_user(self, user_id: str) -> None:
        """Delete a user and everything about them, from the files too; raise UserNotFoundError."""
        with unit(self.database, write=True) as connection:
            if not is_user_id(user_id) or not connection.execute(statements.DELETE_USER, {"id": user_id}).rowcount:
                raise UserNotFoundError(user_id)
            unbind(connection, user_id)
        scrub(self.database)

    def minutes(self, user_ids: Sequence[str], most: int) -> list[tuple[User, list[int]]]:
        """Return the users with those ids, in that order, with up to *most* of their periods, by start, then end.

        A period is its wall clock: the minutes from 1970-01-01T00:00 to its start, shifted by 16 bits, and those
        from there to its end, plus 4096.
        """
        rows = fetch(self.database, self._minutes, {"ids": self.array(user_ids), "most": most})
        return [(_user(*user), orjson.loads(text or b"[]")) for *user, text in rows]

    def activity(
        self, user_ids: Sequence[str] | None, edges_of: Callable[[User], Interval]
    ) -> tuple[list[tuple[User, list[Span]]], dict[str, Interval]]:
        """Return the users with those ids, or all, with the spans that reach into the window of each.

        Users come in the order given, or by id, spans by start, then end; *edges_of* gives a user's window,
        and the windows come back by user id. What it raises ends the question.
        """
        return self._reaching_in(self._within, user_ids, edges_of)

    def active(
        self, user_ids: Sequence[str] | None, edges_of: Callable[[User], Interval]
    ) -> tuple[list[tuple[User, list[int]]], dict[str, Interval]]:
        """Return what ``activity`` does, but the starts and ends of the spans, in turn, cut at the edges."""
        return self._reaching_in(self._clipped, user_ids, edges_of)

    def users_and_edges(
        self, user_ids: Sequence[str] | None, edges_of: Callable[[User], Interval]
    ) -> tuple[list[User], dict[str, Interval]]:
        """Return the users with those ids, or all, and the window of each by user id; as ``activity`` does."""
        if user_ids is None:
            users = [_user(*row) for row in fetch(self.database, statements.ALL_USERS, {})]
        else:
            users = self.find_users(user_ids)
        return users, {user.id: edges_of(user) for user in users}

    def latest_activity(self, user_ids: Sequence[str] | None, at: int) -> list[tuple[User, list[Span]]]:
        """Return the users with those ids, or all, with the spans of the 7 days before their last start at *at*.

        Those hold what is under way at that instant, what it follows without a break, and what ended last.
        """
        with unit(self.database) as connection:
            users = self._users(connection, user_ids)
            ids = self.array(user.id for user in users)
            last = connection.execute(self._last_start, {"ids": ids, "at": at}).all()
            edges = {user_id: (start - LONGEST_PERIOD, at + 1) for user_id, start in last if start is not None}
            return self._of_users(connection, self._within, users, edges)

    def _users(self, connection: Connection, user_ids: Sequence[str] | None) -> list[User]:
        if user_ids is None:
            rows = connection.execute(statements.ALL_USERS).all()
        else:
            ids = self.array(dict.fromkeys(user_ids))
            rows = connection.execute(self._find_users, {"ids": ids}).all()
        return [_user(*row) for row in rows]

    def _reaching_in(
        self, statement: TextClause, user_ids: Sequence[str] | None, edges_of: Callable[[User], Interval]
    ) -> tuple[list[tuple[User, list[Any]]], dict[str, Interval]]:
        with unit(self.database) as connection:
            users = self._users(connection, user_ids)
            edges = {user.id: edges_of(user) for user in users}
            return self._of_users(connection, statement, users, edges), edges

    def _of_users(
        self, connection: Connection, statement: TextClause, users: list[User], edges: Mapping[str, Interval]
    ) -> list[tuple[User, list[Any]]]:
        windows = [(user.id, *edges[user.id]) for user in users if user.id in edges]
        rows = connection.execute(statement, self._asked(windows)).all()
        found = _unpacked(windows, rows, _points if statement is self._clipped else _spans)
        return [(user, found.get(user.id, [])) for user in users]

    def _packed_within(self, packed: Mapping[str, str]) -> TextClause:
        return sa.text(statements.WITHIN[self._dialect].replace("{columns}", packed[self._dialect]))

    def spans_within(
        self, connection: Connection, windows: Sequence[tuple[str, int, int]], most: int = _ALL
    ) -> dict[str, list[Span]]:
        """Return, by user id, up to *most* spans that reach into each of *windows*: id, start, end.

        In the caller's unit. Windows of the same user come in order and lie further apart than a period is long.
        """
        return _unpacked(windows, connection.execute(self._within, self._asked(windows, most)).all(), _spans)

    def _asked(self, windows: Sequence[tuple[str, int, int]], most: int = _ALL) -> dict[str, object]:
        if self._dialect == "sqlite":
            return {"asked": json.dumps(windows), "most": most}
        ids, starts, ends = ([window[column] for window in windows] for column in range(3))
        return {"ids": ids, "starts": starts, "ends": ends, "most": most}

    def minutes_within(
        self, users: Sequence[User], edges: Mapping[str, Interval], most: int
    ) -> Iterator[tuple[User, list[int]]]:
        """Yield *users*, each with up to *most* of the periods that reach into their window, as ``minutes`` does.

        No transaction is held between users.
        """
        for batch in batches(users, _USERS_AT_ONCE):
            windows = [(user.id, *edges[user.id]) for user in batch]
            rows = fetch(self.database, self._minutes_within, self._asked(windows, most))
            found = _unpacked(windows, rows, _points)
            for user in batch:
                yield user, found.pop(user.id)

    def activity_pages(
        self, users: Sequence[User], edges: Mapping[str, Interval], most: int
    ) -> Iterator[tuple[User, Iterable[list[Span]]]]:
        """Yield *users*, each with pages of the spans that reach into their window, in flat memory.

        No transaction is held between users, nor between pages, which hold up to *most* spans.
        """
        for batch in batches(users, _USERS_AT_ONCE):
            windows = [(user.id, *edges[user.id]) for user in batch]
            rows = fetch(self.database, self._within, self._asked(windows, most + 1))
            found = _unpacked(windows, rows, _spans)
            for user in batch:
                if len(found[user.id]) <= most:
                    yield user, [found.pop(user.id)]
                else:
                    del found[user.id]
                    yield user, self.span_pages(user.id, edges[user.id])

    def insert_periods(self, connection: Connection, rows: Sequence[Row]) -> int:
        """Add periods of existing users in the caller's unit; return how many were not there already."""
        if not rows:
            return 0
        if self._dialect == "postgresql":
            columns = dict(zip(statements.PERIOD_COLUMNS, map(list, zip(*rows, strict=True)), strict=True))
            return connection.execute(statements.INSERT_ARRAYS, columns).rowcount
        values = tuple(chain.from_iterable(rows))
        width = statements.ROWS_AT_ONCE * len(statements.PERIOD_COLUMNS)
        *whole, last = [values[at : at + width] for at in range(0, len(values), width)]
        added = connection.exec_driver_sql(statements.INSERT_MANY, whole).rowcount if whole else 0
        insert_last = statements.insert_periods(len(last) // len(statements.PERIOD_COLUMNS))
        return added + connection.exec_driver_sql(insert_last, last).rowcount

    def array(self, values: Iterable[str]) -> str | list[str]:
        """Return a list as one value of a statement."""
        return json.dumps(list(values)) if self._dialect == "sqlite" else list(values)

    def users_after(self, after: str, limit: int) -> list[User]:
        """Return up to *limit* users by id, those after the id *after*."""
        with unit(self.database) as connection:
            rows = connection.execute(statements.USERS_AFTER, {"after": after, "limit": limit}).all()
        return [User(*row) for row in rows]

    def add_periods(self, periods: Iterable[Row]) -> int:
        """Add periods of existing users, all or none; return how many were not there already."""
        return self.record([], periods).periods_added

    def record(self, users: Iterable[User], periods: Iterable[Row], *, dry_run: bool = False) -> Recorded:
        """Add or update users, add periods of existing users, all or nothing; a *dry_run* only counts.

        Raise UserNotFoundError when a period's user does not exist. Recording the same again changes nothing.
        """
        recorded = Recorded()
        try:
            with unit(self.database, write=True) as connection:
                for batch in batches(users):
                    self._put_users(connection, batch, recorded)
                for periods_batch in batches(periods):
                    self._record_periods(connection, periods_batch, recorded)
                if dry_run:
                    raise _DryRunError
        except _DryRunError:
            pass
        return recorded

    def all_users(self) -> Iterator[User]:
        """Yield all users by id, page by page, without holding a transaction between pages."""
        after = ""
        while True:
            page = self.users_after(after, _BATCH)
            yield from page
            if len(page) < _BATCH:
                return
            after = page[-1].id

    def periods(self, user_id: str) -> Iterator[ActivityPeriod]:
        """Yield a user's periods by start, then end, without holding a transaction."""
        for page in self.span_pages(user_id):
            for span in page:
                yield ActivityPeriod(user_id, *span)

    def span_pages(self, user_id: str, window: Interval = (0, _ALL)) -> Iterator[list[Span]]:
        """Yield a user's spans that reach into *window*, page by page, without holding a transaction between."""
        after, before = window
        last = (after - LONGEST_PERIOD, -1)
        while True:
            values = {"user_id": user_id, "started_at": last[0], "ended_at": last[1], "limit": _BATCH}
            with unit(self.database) as connection:
                rows = connection.execute(
                    statements.PERIODS_AFTER, values | {"after": after, "before": before}
                ).all()
            if rows:
                yield [tuple(row) for row in rows]
            if len(rows) < _BATCH:
                return
            last = rows[-1][:2]

    def _put_users(self, connection: Connection, users: list[User], recorded: Recorded) -> None:
        wanted = {user.id: user for user in users}
        rows = connection.execute(self._find_users, {"ids": self.array(wanted)}).all()
        known = {row[0]: User(*row) for row in rows}
        changed = [user for user in wanted.values() if known.get(user.id) != user]
        if changed:
            connection.execute(statements.PUT_USER, [_row(user) for user in changed])
        recorded.users_added += len(wanted.keys() - known.keys())
        recorded.users_updated += len(changed) - len(wanted.keys() - known.keys())

    def _record_periods(self, connection: Connection, periods: list[Row], recorded: Recorded) -> None:
        ids = dict.fromkeys(map(itemgetter(0), periods))
        there = set(connection.execute(self._keep_users, {"ids": self.array(ids)}).scalars())
        for user_id in ids:
            if user_id not in there:
                raise UserNotFoundError(user_id)
        added = self.insert_periods(connection, periods)
        recorded.periods_added += added
        recorded.periods_known += len(periods) - added


def _unpacked(
    windows: Sequence[tuple[str, int, int]],
    rows: Iterable[Sequence[Any]],
    unpacked: Callable[[str | bytes], Iterable[_Item]],
) -> dict[str, list[_Item]]:
    """Return, by user id, what is packed in *rows*, each with the index of a window."""
    found: dict[str, list[_Item]] = {window[0]: [] for window in windows}
    for key, packed in rows:
        if packed is not None:
            found[windows[key][0]] += unpacked(packed)
    return found


def _spans(packed: str | bytes) -> Iterable[Span]:
    if isinstance(packed, bytes):
        return _SPAN_IN_BYTES.iter_unpack(packed)
    numbers = iter(orjson.loads(f"[{packed}]"))
    return zip(numbers, numbers, numbers, numbers, strict=True)


def _points(packed: str | bytes) -> Iterable[int]:
    if isinstance(packed, bytes):
        return unpack(f">{len(packed) // 8}q", packed)
    points: list[int] = orjson.loads(f"[{packed}]")
    return points


def _row(user: User) -> dict[str, str]:
    return {"id": user.id, "real_name": user.real_name, "tz": user.tz}


def batches(items: Iterable[_Item], size: int = _BATCH) -> Iterator[list[_Item]]:
    """Yield *items* in lists of up to *size*."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
