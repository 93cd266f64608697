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

from ftlserver.database import Database, connect, fetch, scrub, unit
from ftlserver.errors import UserExistsError, UserNotFoundError
from ftlserver.intervals import Interval
from ftlserver.models import LONGEST_PERIOD, ActivityPeriod, Row, Span, User, UserSummary, is_user_id
from ftlserver.token_store import unbind

_Item = TypeVar("_Item")

_BATCH = 5_000
_USERS_AT_ONCE = 50

_INSERT_USER = sa.text("INSERT INTO users (id, real_name, tz) VALUES (:id, :real_name, :tz)")
_ADD_USER = sa.text("""
    INSERT INTO users (id, real_name, tz) VALUES (:id, :real_name, :tz) ON CONFLICT (id) DO NOTHING""")
_CHANGE_USER = sa.text("""
    UPDATE users SET real_name = coalesce(:real_name, real_name), tz = coalesce(:tz, tz) WHERE id = :id""")
_PUT_USER = sa.text("""
    INSERT INTO users (id, real_name, tz) VALUES (:id, :real_name, :tz)
    ON CONFLICT (id) DO UPDATE SET real_name = excluded.real_name, tz = excluded.tz""")
_FIND_USER = sa.text("SELECT id, real_name, tz FROM users WHERE id = :id")
_DELETE_USER = sa.text("DELETE FROM users WHERE id = :id")
_USERS = sa.text("""
    SELECT u.id, u.real_name, u.tz, count(p.user_id), max(p.ended_at),
           (SELECT end_offset FROM activity_periods l WHERE l.user_id = u.id ORDER BY ended_at DESC LIMIT 1)
    FROM users u LEFT JOIN activity_periods p ON p.user_id = u.id
    GROUP BY u.id, u.real_name, u.tz ORDER BY u.id""")
_ALL_USERS = sa.text("SELECT id, real_name, tz FROM users ORDER BY id")
_USERS_AFTER = sa.text("SELECT id, real_name, tz FROM users WHERE id > :after ORDER BY id LIMIT :limit")
_PERIODS_AFTER = sa.text("""
    SELECT started_at, ended_at, start_offset, end_offset FROM activity_periods
    WHERE user_id = :user_id AND (started_at, ended_at) > (:started_at, :ended_at)
      AND started_at < :before AND ended_at > :after
    ORDER BY started_at, ended_at LIMIT :limit""")
_PERIOD_COLUMNS = ("user_id", "started_at", "ended_at", "start_offset", "end_offset")
# SQLite: rows in one statement take half as long as rows one by one; of variables every version takes 999.
_ROWS_AT_ONCE = 199


def _insert_periods(count: int) -> str:
    values = ", ".join(["(?, ?, ?, ?, ?)"] * count)
    return f"INSERT INTO activity_periods ({', '.join(_PERIOD_COLUMNS)}) VALUES {values} ON CONFLICT DO NOTHING"  # noqa: S608


_INSERT_MANY = _insert_periods(_ROWS_AT_ONCE)
_INSERT_ARRAYS = sa.text("""
    INSERT INTO activity_periods (user_id, started_at, ended_at, start_offset, end_offset)
    SELECT * FROM unnest(CAST(:user_id AS varchar[]), CAST(:started_at AS bigint[]), CAST(:ended_at AS bigint[]),
                         CAST(:start_offset AS integer[]), CAST(:end_offset AS integer[]))
    ON CONFLICT DO NOTHING""")
# The ids are one value, however many there are: no limit on variables, one constant statement.
# One statement for users and periods: a row each, so that the interpreter lock changes hands twice and not once
# a period, and in it the minutes of the wall clock, start and length in one number: start * 65536 + end - start
# + 4096, because the length of who travels may be negative. Division rounds to zero, and west of Greenwich 1970
# began in 1969, so a day more is divided. 2 users with 100 periods take 50 us; their bare rows take 100.
_MINUTES_OF_PERIOD = """
    (p.started_at / 1000000 + p.start_offset + 86400) / 60 * 65535
    + (p.ended_at / 1000000 + p.end_offset + 86400) / 60 - 94367744"""
_MINUTES = {
    "sqlite": """
        SELECT u.id, u.real_name, u.tz, (
            SELECT json_group_array(minutes) FROM (
                SELECT {minutes} AS minutes
                FROM activity_periods p WHERE p.user_id = u.id
                ORDER BY p.started_at, p.ended_at LIMIT :most))
        FROM json_each(:ids) AS asked CROSS JOIN users u ON u.id = asked.value ORDER BY asked.key""",
    "postgresql": """
        SELECT u.id, u.real_name, u.tz, CAST((
            SELECT json_agg(minutes) FROM (
                SELECT {minutes} AS minutes
                FROM activity_periods p WHERE p.user_id = u.id
                ORDER BY p.started_at, p.ended_at LIMIT :most) AS page) AS text)
        FROM unnest(CAST(:ids AS varchar[])) WITH ORDINALITY AS asked (value, key)
        JOIN users u ON u.id = asked.value ORDER BY asked.key""",
}
# The key share lock keeps the users there until their periods are stored.
_KEEP_USERS = {
    "sqlite": "SELECT id FROM users WHERE id IN (SELECT value FROM json_each(:ids))",
    "postgresql": "SELECT id FROM users WHERE id = ANY(CAST(:ids AS varchar[])) FOR KEY SHARE",
}
_FIND_USERS = {
    "sqlite": """
        SELECT u.id, u.real_name, u.tz
        FROM json_each(:ids) AS asked CROSS JOIN users u ON u.id = asked.value ORDER BY asked.key""",
    "postgresql": """
        SELECT u.id, u.real_name, u.tz
        FROM unnest(CAST(:ids AS varchar[])) WITH ORDINALITY AS asked (value, key)
        JOIN users u ON u.id = asked.value ORDER BY asked.key""",
}
# Each user has a window of their own. A period that reaches into it began at most 7 days before it, so the key
# bounds what is read on both sides. The periods of a user come as one text of numbers, from PostgreSQL as bytes: a
# row each costs twice as much, mostly in handing the interpreter lock over and back, or in packing.
_WITHIN = {
    "sqlite": """
        WITH asked AS MATERIALIZED (
            SELECT key, json_extract(value, '$[0]') AS user_id,
                   json_extract(value, '$[1]') AS starts, json_extract(value, '$[2]') AS ends
            FROM json_each(:asked))
        SELECT asked.key, (
            SELECT group_concat(span) FROM (
                SELECT {columns} AS span FROM activity_periods p
                WHERE p.user_id = asked.user_id
                  AND p.started_at > asked.starts - 604800000000
                  AND p.started_at < asked.ends
                  AND p.ended_at > asked.starts
                ORDER BY p.started_at, p.ended_at LIMIT :most))
        FROM asked ORDER BY asked.key""",
    "postgresql": """
        SELECT asked.key - 1, (
            SELECT string_agg(span, ''::bytea) FROM (
                SELECT {columns} AS span FROM activity_periods p
                WHERE p.user_id = asked.user_id
                  AND p.started_at > asked.starts - 604800000000
                  AND p.started_at < asked.ends
                  AND p.ended_at > asked.starts
                ORDER BY p.started_at, p.ended_at LIMIT :most) AS page)
        FROM unnest(CAST(:ids AS varchar[]), CAST(:starts AS bigint[]), CAST(:ends AS bigint[]))
             WITH ORDINALITY AS asked (user_id, starts, ends, key)
        ORDER BY asked.key""",
}
_SPAN = {
    "sqlite": "p.started_at || ',' || p.ended_at || ',' || p.start_offset || ',' || p.end_offset",
    "postgresql": """
        int8send(p.started_at) || int8send(p.ended_at) || int4send(p.start_offset) || int4send(p.end_offset)""",
}
_CLIPPED = {
    "sqlite": "max(p.started_at, asked.starts) || ',' || min(p.ended_at, asked.ends)",
    "postgresql": "int8send(greatest(p.started_at, asked.starts)) || int8send(least(p.ended_at, asked.ends))",
}
_PACKED_MINUTES = {"sqlite": _MINUTES_OF_PERIOD, "postgresql": f"int8send({_MINUTES_OF_PERIOD})"}
_SPAN_IN_BYTES = Struct(">qqii")
_ALL = 2**62
_LAST_START = {
    "sqlite": """
        SELECT asked.value, (SELECT max(started_at) FROM activity_periods p
                             WHERE p.user_id = asked.value AND p.started_at <= :at)
        FROM json_each(:ids) AS asked""",
    "postgresql": """
        SELECT asked.value, (SELECT max(started_at) FROM activity_periods p
                             WHERE p.user_id = asked.value AND p.started_at <= :at)
        FROM unnest(CAST(:ids AS varchar[])) AS asked (value)""",
}


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
        self._minutes = sa.text(_MINUTES[self._dialect].replace("{minutes}", _MINUTES_OF_PERIOD))
        self._keep_users = sa.text(_KEEP_USERS[self._dialect])
        self._find_users = sa.text(_FIND_USERS[self._dialect])
        self._within = self._packed_within(_SPAN)
        self._clipped = self._packed_within(_CLIPPED)
        self._minutes_within = self._packed_within(_PACKED_MINUTES)
        self._last_start = sa.text(_LAST_START[self._dialect])

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
            connection.execute(_DELETE_USER, {"id": ""})

    def add_users(self, users: Sequence[User]) -> None:
        """Add new users, all or none; raise UserExistsError."""
        with unit(self.database, write=True) as connection:
            for user in users:
                try:
                    connection.execute(_INSERT_USER, _row(user))
                except IntegrityError as exc:
                    raise UserExistsError(user.id) from exc

    def add_user(self, user: User) -> bool:
        """Add a user, and tell whether they are new; raise UserExistsError if somebody else has the id."""
        with unit(self.database, write=True) as connection:
            is_new = bool(connection.execute(_ADD_USER, _row(user)).rowcount)
            row = connection.execute(_FIND_USER, {"id": user.id}).one_or_none()
            if row is None or User(*row) != user:
                raise UserExistsError(user.id)
            return is_new

    def change_user(self, user_id: str, changes: Mapping[str, str]) -> User:
        """Change some of a user's fields and return them; raise UserNotFoundError."""
        with unit(self.database, write=True) as connection:
            values = {"id": user_id, "real_name": None, "tz": None, **changes}
            if not connection.execute(_CHANGE_USER, values).rowcount:
                raise UserNotFoundError(user_id)
            return User(*connection.execute(_FIND_USER, {"id": user_id}).one())

    def find_users(self, user_ids: Iterable[str]) -> list[User]:
        """Return those of the users that exist."""
        values = {"ids": self.array(dict.fromkeys(user_ids))}
        return [_user(*row) for row in fetch(self.database, self._find_users, values)]

    def find_user(self, user_id: str) -> User | None:
        """Return the user with that id, if there is one."""
        if not is_user_id(user_id):  # such as what is no text, which no database takes
            return None
        rows = fetch(self.database, _FIND_USER, {"id": user_id})
        return _user(*rows[0]) if rows else None

    def users(self) -> list[UserSummary]:
        """Return all users by id, with the number of their periods and the end of the last one."""
        with unit(self.database) as connection:
            rows = connection.execute(_USERS).all()
        return [UserSummary(User(*row[:3]), row[3], row[4], row[5] or 0) for row in rows]

    def delete_user(self, user_id: str) -> None:
        """Delete a user and everything about them, from the files too; raise UserNotFoundError."""
        with unit(self.database, write=True) as connection:
            if not is_user_id(user_id) or not connection.execute(_DELETE_USER, {"id": user_id}).rowcount:
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
            users = [_user(*row) for row in fetch(self.database, _ALL_USERS, {})]
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
            rows = connection.execute(_ALL_USERS).all()
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
        return sa.text(_WITHIN[self._dialect].replace("{columns}", packed[self._dialect]))

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
            columns = dict(zip(_PERIOD_COLUMNS, map(list, zip(*rows, strict=True)), strict=True))
            return connection.execute(_INSERT_ARRAYS, columns).rowcount
        values = tuple(chain.from_iterable(rows))
        width = _ROWS_AT_ONCE * len(_PERIOD_COLUMNS)
        *whole, last = [values[at : at + width] for at in range(0, len(values), width)]
        added = connection.exec_driver_sql(_INSERT_MANY, whole).rowcount if whole else 0
        insert_last = _insert_periods(len(last) // len(_PERIOD_COLUMNS))
        return added + connection.exec_driver_sql(insert_last, last).rowcount

    def array(self, values: Iterable[str]) -> str | list[str]:
        """Return a list as one value of a statement."""
        return json.dumps(list(values)) if self._dialect == "sqlite" else list(values)

    def users_after(self, after: str, limit: int) -> list[User]:
        """Return up to *limit* users by id, those after the id *after*."""
        with unit(self.database) as connection:
            rows = connection.execute(_USERS_AFTER, {"after": after, "limit": limit}).all()
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
                rows = connection.execute(_PERIODS_AFTER, values | {"after": after, "before": before}).all()
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
            connection.execute(_PUT_USER, [_row(user) for user in changed])
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
