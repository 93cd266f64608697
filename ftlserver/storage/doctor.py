"""Looking for faults in what is stored, and correcting those whose correction loses nothing."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from ftlcommon.formats.git import full_name
from ftlcommon.zone_guess import ZoneGuess
from ftlserver.domain import instants, timezones
from ftlserver.domain.instants import SECOND
from ftlserver.domain.period import Span
from ftlserver.domain.redundant import redundant
from ftlserver.domain.user import User
from ftlserver.storage import period_writes, schema, sqlite_file
from ftlserver.storage.changes import Change
from ftlserver.storage.database import Database, transaction
from ftlserver.storage.full_check import FullCheck
from ftlserver.storage.periods import Periods
from ftlserver.storage.users import Users

LATEST = 20  # periods, by which a zone is judged
ENOUGH = 5
LONG_AGO = 366 * instants.DAY


class Finding(NamedTuple):
    """A fault: its kind, a sentence, and what to do about it, empty if ``fix`` does it."""

    kind: str
    sentence: str
    advice: str = ""


class Fixed(NamedTuple):
    """How many periods were deleted and joined, and the number of the change, None if there was none."""

    deleted: int
    joined: int
    change: int | None


class Doctor:
    """Examines a database. Every method may raise DatabaseError."""

    def __init__(self, database: Database, users: Users, periods: Periods) -> None:
        self.database = database
        self._users = users
        self._periods = periods

    def facts(self) -> dict[str, str]:
        """Return the versions and the journal mode."""
        with transaction(self.database) as connection:
            if not self.database.is_sqlite:
                found = {"PostgreSQL": str(connection.exec_driver_sql("SHOW server_version").scalar_one())}
            else:
                version = str(connection.exec_driver_sql("SELECT sqlite_version()").scalar_one())
                mode = str(connection.exec_driver_sql("PRAGMA journal_mode").scalar_one())
                found = {"SQLite": version, "journal mode": mode}
            return found | {"tables": f"version {schema.version(connection)}", "tzdata": timezones.TZDATA_VERSION}

    def examine(self, now: int) -> Iterator[Finding]:
        """Yield what is wrong, first with the database, then with the users and their periods."""
        yield from self._tables()
        of_file = list(self._file()) if self.database.is_sqlite else []
        yield from of_file
        if any(found.kind == "damage" for found in of_file):
            return
        users = list(self._users.all())
        yield from _same_people(users)
        left = self._users.departures()
        strangers: list[tuple[User, Sequence[Span]]] = []
        for user in users:
            spans = self._spans(user.id)
            yield from _of_periods(user, spans)
            last = max((span[1] for span in spans), default=now)
            if last < now - LONG_AGO and user.id not in left:
                sentence = f"{user.id} was last active on {instants.wall_clock(last, 0):%Y-%m-%d}"
                yield Finding("inactive", sentence, f"ftlserver user leave {user.id}")
            if not timezones.is_known(user.tz) or _disagrees(user, spans[-LATEST:]):
                strangers.append((user, spans[-LATEST:]))
        yield from _zones(strangers)

    _PERIODS = sa.text(
        "SELECT started_at, ended_at, start_offset, end_offset FROM activity_periods"
        " WHERE user_id = :user_id ORDER BY started_at"
    )

    def fix(self, caller: str | None = None) -> Fixed:
        """Delete the periods within others, and join those that differ by seconds, in one change."""
        ids = [user.id for user in self._users.all() if any(_corrections(self._spans(user.id)))]
        change = Change("doctor", caller)
        deleted = joined = 0
        with transaction(self.database, write=True) as connection:
            for user_id in sorted(self._users.lock(connection, ids)):
                rows = connection.execute(self._PERIODS, {"user_id": user_id}).all()
                before, after = _corrections([tuple(row) for row in rows])
                kept = {span[0] for span in after}
                period_writes.delete(connection, [(user_id, span[0]) for span in before if span[0] not in kept])
                period_writes.set_ends(connection, [(user_id, *span) for span in after])
                change.add_periods(connection, user_id, before, after)
                deleted += len(before) - len(after)
                joined += len(after)
            return Fixed(deleted, joined, change.save(connection))

    def _spans(self, user_id: str) -> list[Span]:
        return list(chain.from_iterable(self._periods.pages_of(user_id)))

    def _tables(self) -> Iterator[Finding]:
        """Yield the columns and indexes that new tables have and these have not."""
        fresh = sa.create_engine("sqlite://")
        with fresh.begin() as connection:
            schema.migrate(connection)
            expected = _columns_and_indexes(connection)
        fresh.dispose()
        with transaction(self.database) as connection:
            found = _columns_and_indexes(connection)
        for kind, table, name in sorted(expected - found):
            advice = "restore a backup, or make it as a new database has it"
            yield Finding("tables", f"the table {table} lacks the {kind} {name}", advice)

    def _file(self) -> Iterator[Finding]:
        """Yield what is wrong with a SQLite file."""
        check = FullCheck(self.database)
        check.run()
        if check.failure:
            yield Finding("damage", f"the file is damaged: {check.failure}", "restore a backup")
            return
        with transaction(self.database) as connection:
            mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()
            orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if mode == "wal" and not sqlite_file.wal_is_sound(sqlite3.sqlite_version_info):
            advice = "close all programs that use the file; ftlserver then changes the mode"
            yield Finding("journal", "this version of SQLite can corrupt the write-ahead log in use", advice)
        if orphans:
            yield Finding(
                "orphans", f"references to users or teams that are gone: {len(orphans):,}", "restore a backup"
            )


# Asked here, as SQLAlchemy does not know the type xid8.
_COLUMNS_AND_INDEXES = {
    "sqlite": """
        SELECT 'column', t.name, c.name FROM sqlite_master t, pragma_table_xinfo(t.name) c WHERE t.type = 'table'
        UNION ALL SELECT 'index', tbl_name, name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL""",
    "postgresql": """
        SELECT 'column', table_name, column_name FROM information_schema.columns
        WHERE table_schema = current_schema()
        UNION ALL SELECT 'index', tablename, indexname FROM pg_indexes WHERE schemaname = current_schema()""",
}


def _columns_and_indexes(connection: Connection) -> set[tuple[str, str, str]]:
    rows = connection.exec_driver_sql(_COLUMNS_AND_INDEXES[connection.dialect.name])
    return {(kind, table, name) for kind, table, name in rows if table in schema.TABLES}


def _corrections(spans: Sequence[Span]) -> tuple[list[Span], list[Span]]:
    return redundant(spans).corrected()


def _of_periods(user: User, spans: Sequence[Span]) -> Iterator[Finding]:
    found = redundant(spans)
    if count := len(found.contained):
        yield Finding("contained", f"{user.id} has {_counted(count, 'period')} within a longer one of theirs")
    if count := sum(map(len, found.groups)):
        yield Finding("seconds", f"{user.id} has {_counted(count, 'period')} that differ by seconds from another")


def _same_people(users: Iterable[User]) -> Iterator[Finding]:
    by_name: defaultdict[str, list[str]] = defaultdict(list)
    for user in users:
        if name := full_name(user.real_name):
            by_name[name].append(user.id)
    for ids in by_name.values():
        if len(ids) > 1:
            sentence = f"{', '.join(ids)} have the same full name, and may be one person"
            yield Finding("same_person", sentence, f"ftlserver user merge {ids[1]} {ids[0]}")


def _disagrees(user: User, spans: Sequence[Span]) -> bool:
    """Tell whether the zone of *user* had another offset than was recorded at the starts of most of *spans*."""
    right = sum(timezones.offset_at(span[0], user.zone) == span[2] for span in spans)
    return len(spans) >= ENOUGH and 2 * right < len(spans)


def _zones(strangers: Sequence[tuple[User, Sequence[Span]]]) -> Iterator[Finding]:
    """Yield for each of *strangers*, users with their latest periods, what is wrong with their zone."""
    starts = [span[0] // SECOND for _, spans in strangers for span in spans]
    guess = ZoneGuess(min(starts), max(starts)) if starts else None
    for user, spans in strangers:
        is_known = timezones.is_known(user.tz)
        sentence = f"the zone {user.tz} of {user.id} "
        sentence += "disagrees with most of their latest periods" if is_known else "is unknown to this zone data"
        advice = f"ftlserver user zone {user.id} ZONE"
        if guess is not None and spans:
            best = guess.best((span[0] // SECOND, span[2]) for span in spans)
            if best.zone == user.tz:  # of a traveller, for whom no zone is better
                continue
            advice = f"ftlserver user zone {user.id} {best.zone}  (fits {best.right} of the latest {best.seen})"
        yield Finding("zone" if is_known else "unknown_zone", sentence, advice)


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
