"""Recording what people and programs send: each period judged, all or nothing, stored once however often sent."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from ftlserver import clock, intervals
from ftlserver.database import Database, unit
from ftlserver.errors import DatabaseError, UserNotFoundError
from ftlserver.models import LONGEST_PERIOD, ActivityPeriod, Row, Span
from ftlserver.store import Store

MOST_NAMED = 10  # of the periods that one overlaps
BEAT = clock.SECOND  # what a heartbeat alone counts, before it

# Writers of the same users take turns, so that what is judged is what is stored: on PostgreSQL by locks on the
# users, in one order so that nobody waits in a circle; SQLite has one writer.
_LOCK_USERS = {
    "sqlite": "SELECT id FROM users WHERE id IN (SELECT value FROM json_each(:ids))",
    "postgresql": "SELECT id FROM users WHERE id = ANY(CAST(:ids AS varchar[])) ORDER BY id FOR NO KEY UPDATE",
}
_DELETE = "DELETE FROM activity_periods WHERE user_id = {0} AND started_at = {0} AND ended_at = {0}"
_EXTEND = sa.text("""
    UPDATE activity_periods
    SET started_at = :new_start, start_offset = :start_offset, ended_at = :new_end, end_offset = :end_offset
    WHERE user_id = :user_id AND started_at = :started_at AND ended_at = :ended_at""")

Word = Literal["inserted", "overlaps", "duplicate", "deleted", "not_found", "rejected"]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A period that cannot be taken: where in it, a code, a sentence, and what to choose from, if anything."""

    pointer: str
    code: str
    message: str
    choices: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a period; *overlaps* names up to MOST_NAMED of the periods that it overlaps."""

    word: Word
    rejected: Rejected | None = None
    overlaps: Sequence[Span] = ()


@dataclass(frozen=True, slots=True)
class Beaten:
    """What a heartbeat did, and the period that holds it now."""

    word: Literal["started", "extended", "unchanged"]
    period: ActivityPeriod


Item = Row | Rejected
_Sent = dict[str, list[tuple[int, Row]]]  # the periods by user, with their indexes among the items

_Work = Callable[[Connection, Sequence[Item]], list[Verdict]]


class _NotStoredError(Exception):
    """Ends a unit by rolling it back."""


class Recorder:
    """The writes of the API. Every method may raise DatabaseError."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._database: Database = store.database
        self._dialect = "sqlite" if self._database.is_sqlite else "postgresql"
        self._lock_users = sa.text(_LOCK_USERS[self._dialect])
        self._delete = _DELETE.format("?" if self._database.is_sqlite else "%s")

    def record(self, items: Sequence[Item], *, partial: bool = False, dry_run: bool = False) -> list[Verdict]:
        """Store periods and return a verdict on each, in order.

        If one is rejected none is stored, unless *partial*; a *dry_run* stores none. Periods of the same users
        that are sent at the same time are judged one after the other.
        """

        def work(connection: Connection, items: Sequence[Item]) -> list[Verdict]:
            verdicts, new = self._judge(connection, items)
            if self._store.insert_periods(connection, new) != len(new):
                raise self._busy()
            return verdicts

        return self._write(items, work, partial=partial, dry_run=dry_run)

    def delete(self, items: Sequence[Item], *, partial: bool = False, dry_run: bool = False) -> list[Verdict]:
        """Delete periods, by exactly their start and end, and return a verdict on each, in order."""

        def work(connection: Connection, items: Sequence[Item]) -> list[Verdict]:
            there = _keys(self._around(connection, _by_user(items)))
            verdicts = []
            keys = []
            for item in items:
                if isinstance(item, Rejected):
                    verdicts.append(Verdict("rejected", item))
                elif (key := item[:3]) in there:
                    there.remove(key)
                    keys.append(key)
                    verdicts.append(_DELETED)
                else:
                    verdicts.append(_NOT_FOUND)
            if keys:
                connection.exec_driver_sql(self._delete, keys)
            return verdicts

        return self._write(items, work, partial=partial, dry_run=dry_run)

    def beat(self, alone: ActivityPeriod, gap: int) -> Beaten:
        """Note that a user is active, at the end of the period of one BEAT that is this beat *alone*.

        Beats no more than *gap* microseconds apart make one stretch of activity, in whatever order they come.
        Raise UserNotFoundError.
        """
        user_id, at = alone.user_id, alone.ended_at
        with unit(self._database, write=True) as connection:
            if not self._locked(connection, [user_id]):
                raise UserNotFoundError(user_id)
            around = (user_id, at - BEAT - gap, at + gap + 1)
            spans = self._store.spans_within(connection, [around])[user_id]
            return self._beat(connection, spans, alone, gap)

    def _beat(self, connection: Connection, spans: Sequence[Span], alone: ActivityPeriod, gap: int) -> Beaten:
        user_id, start, at = alone.user_id, alone.started_at, alone.ended_at
        start_offset, offset = alone.start_offset, alone.end_offset
        for span in spans:
            if span[0] <= start and span[1] >= at:
                return Beaten("unchanged", ActivityPeriod(user_id, *span))
        near = [span for span in spans if span[0] <= start and span[1] >= at - gap]
        before = max(near, key=lambda span: span[1], default=None)
        after = next((span for span in spans if start < span[0] <= start + gap), None)
        if before is not None:
            end, end_offset = (at, offset) if after is None else max((at, offset), (after[0], after[2]))
            if end - before[0] > LONGEST_PERIOD:
                return self._start(connection, ActivityPeriod(user_id, before[1], end, before[3], end_offset))
            extended = ActivityPeriod(user_id, before[0], end, before[2], end_offset)
            return self._extend(connection, before, extended)
        if after is not None:
            end, end_offset = max((at, offset), (after[1], after[3]))
            if end - start > LONGEST_PERIOD:
                return self._start(connection, ActivityPeriod(user_id, start, after[0], start_offset, after[2]))
            return self._extend(connection, after, ActivityPeriod(user_id, start, end, start_offset, end_offset))
        return self._start(connection, alone)

    def _start(self, connection: Connection, period: ActivityPeriod) -> Beaten:
        self._store.insert_periods(connection, [period])
        return Beaten("started", period)

    def _extend(self, connection: Connection, old: Span, new: ActivityPeriod) -> Beaten:
        values = {
            "user_id": new.user_id,
            "started_at": old[0],
            "ended_at": old[1],
            "new_start": new.started_at,
            "new_end": new.ended_at,
            "start_offset": new.start_offset,
            "end_offset": new.end_offset,
        }
        try:
            connection.execute(_EXTEND, values)
        except IntegrityError as exc:
            raise self._busy() from exc
        return Beaten("extended", new)

    def _busy(self) -> DatabaseError:
        """Return what to raise if an import, which takes no turns, has stored a period since it was looked for."""
        return DatabaseError("database_busy", "an import is going on; try again", self._database.name)

    def _write(self, items: Sequence[Item], work: _Work, *, partial: bool, dry_run: bool) -> list[Verdict]:
        verdicts: list[Verdict] = []
        try:
            with unit(self._database, write=True) as connection:
                ids = {item[0] for item in items if not isinstance(item, Rejected)}
                missing = ids - self._locked(connection, ids)
                verdicts = work(connection, _without(missing, items) if missing else items)
                if dry_run or (not partial and any(verdict.word == "rejected" for verdict in verdicts)):
                    raise _NotStoredError
        except _NotStoredError:
            pass
        return verdicts

    def _judge(self, connection: Connection, items: Sequence[Item]) -> tuple[list[Verdict], list[Row]]:
        verdicts = [Verdict("rejected", item) if isinstance(item, Rejected) else _INSERTED for item in items]
        sent = _by_user(items)
        stored = self._around(connection, sent)
        new: list[Row] = []
        for user_id, numbered in sent.items():
            if not stored[user_id] and intervals.are_disjoint([row[1:3] for _, row in numbered]):
                new += [row for _, row in numbered]  # as is usual; the rest takes three times as long
                continue
            seen = {span[:2] for span in stored[user_id]}
            fresh = []
            for index, row in numbered:
                if row[1:3] in seen:
                    verdicts[index] = _DUPLICATE
                else:
                    seen.add(row[1:3])
                    fresh.append((index, row))
            spans = [row[1:] for _, row in fresh] + stored[user_id]
            others = intervals.overlapping([span[:2] for span in spans], MOST_NAMED)
            for (index, _), overlapped in zip(fresh, others, strict=False):
                if overlapped:
                    verdicts[index] = Verdict("overlaps", overlaps=[spans[other] for other in overlapped])
            new += [row for _, row in fresh]
        return verdicts, new

    def _around(self, connection: Connection, sent: _Sent) -> dict[str, list[Span]]:
        """Return, by user, the stored spans that reach into where those that were *sent* are."""
        windows = [
            (user_id, *window)
            for user_id, numbered in sent.items()
            for window in intervals.clusters([row[1:3] for _, row in numbered], LONGEST_PERIOD)
        ]
        return self._store.spans_within(connection, windows)

    def _locked(self, connection: Connection, user_ids: Iterable[str]) -> set[str]:
        """Return those of *user_ids* that exist, and keep them until the unit ends."""
        rows = connection.execute(self._lock_users, {"ids": self._store.array(sorted(user_ids))})
        return set(rows.scalars())


_INSERTED = Verdict("inserted")
_DUPLICATE = Verdict("duplicate")
_DELETED = Verdict("deleted")
_NOT_FOUND = Verdict("not_found")


def _keys(stored: Mapping[str, list[Span]]) -> set[tuple[str, int, int]]:
    return {(user_id, span[0], span[1]) for user_id, spans in stored.items() for span in spans}


def _without(user_ids: set[str], items: Sequence[Item]) -> list[Item]:
    """Return *items* with the periods of some users rejected, because they do not exist."""
    return [
        item
        if isinstance(item, Rejected) or item[0] not in user_ids
        else Rejected("/user_id", "user_not_found", f'User "{item[0]}" not found !')
        for item in items
    ]


def _by_user(items: Iterable[Item]) -> _Sent:
    found: _Sent = {}
    for index, item in enumerate(items):
        if not isinstance(item, Rejected):
            found.setdefault(item[0], []).append((index, item))
    return found
