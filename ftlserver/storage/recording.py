"""Recording what callers send: a status for each period, all or nothing, stored once however often it is sent."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from ftlserver.domain import intervals
from ftlserver.domain.period import LONGEST_PERIOD, Row, Span
from ftlserver.errors import DatabaseError
from ftlserver.storage.database import Database, transaction
from ftlserver.storage.periods import Periods, UserWindow
from ftlserver.storage.users import Users

MOST_OVERLAPS = 10  # that are listed for one period
_FEW = 16  # stored periods near those that were sent are read anyway

Status = Literal["inserted", "overlaps", "duplicate", "deleted", "not_found", "rejected"]


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a period cannot be taken: where in it, a code, a sentence, and the choices, if there are any."""

    pointer: str
    code: str
    message: str
    choices: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class PeriodStatus:
    """What became of a period; *overlaps* lists up to MOST_OVERLAPS of the periods that it overlaps."""

    status: Status
    rejection: Rejection | None = None
    overlaps: Sequence[Span] = ()


Item = Row | Rejection
Statuses = list[PeriodStatus]
_Sent = dict[str, list[tuple[int, Row]]]  # the periods by user, with their indexes among the items
_Work = Callable[[Connection, Sequence[Item]], Statuses]

_INSERTED = PeriodStatus("inserted")
_DUPLICATE = PeriodStatus("duplicate")
_DELETED = PeriodStatus("deleted")
_NOT_FOUND = PeriodStatus("not_found")


class _NotStoredError(Exception):
    """Ends a transaction by rolling it back."""


class Recording:
    """Writes periods for the API. Every method may raise DatabaseError."""

    def __init__(self, database: Database, users: Users, periods: Periods) -> None:
        self.database = database
        self._users = users
        self._periods = periods

    def record(self, items: Sequence[Item], *, partial: bool = False, dry_run: bool = False) -> Statuses:
        """Store periods and return the status of each, in order.

        If one is rejected none is stored, unless *partial*; a *dry_run* stores none. Periods of the same users
        that are sent at the same time are compared one request after the other.
        """

        def work(connection: Connection, items: Sequence[Item]) -> Statuses:
            statuses, new = self._compare(connection, items)
            if self._periods.insert(connection, new) != len(new):
                raise import_is_running(self.database)
            return statuses

        return self._write(items, work, partial=partial, dry_run=dry_run)

    _DELETE = "DELETE FROM activity_periods WHERE user_id = {0} AND started_at = {0} AND ended_at = {0}"

    def delete(self, items: Sequence[Item], *, partial: bool = False, dry_run: bool = False) -> Statuses:
        """Delete periods, by exactly their start and end, and return the status of each, in order."""

        def work(connection: Connection, items: Sequence[Item]) -> Statuses:
            sent = [item[:3] for item in items if not isinstance(item, Rejection)]
            there = {row[:3] for row in self._periods.existing(connection, sent)}
            statuses = []
            keys = []
            for item in items:
                if isinstance(item, Rejection):
                    statuses.append(PeriodStatus("rejected", item))
                elif (key := item[:3]) in there:
                    there.remove(key)
                    keys.append(key)
                    statuses.append(_DELETED)
                else:
                    statuses.append(_NOT_FOUND)
            if keys:
                statement = self._DELETE.format("?" if self.database.is_sqlite else "%s")
                connection.exec_driver_sql(statement, keys)
            return statuses

        return self._write(items, work, partial=partial, dry_run=dry_run)

    def _write(self, items: Sequence[Item], work: _Work, *, partial: bool, dry_run: bool) -> Statuses:
        statuses: Statuses = []
        try:
            with transaction(self.database, write=True) as connection:
                ids = {item[0] for item in items if not isinstance(item, Rejection)}
                missing = ids - self._users.lock(connection, ids, against_writers=True)
                statuses = work(connection, _without(missing, items) if missing else items)
                if dry_run or (not partial and any(found.status == "rejected" for found in statuses)):
                    raise _NotStoredError
        except _NotStoredError:
            pass
        return statuses

    def _compare(self, connection: Connection, items: Sequence[Item]) -> tuple[Statuses, list[Row]]:
        """Return the status of each of *items*, and the rows that are new."""
        statuses = [PeriodStatus("rejected", item) if isinstance(item, Rejection) else _INSERTED for item in items]
        sent = _by_user(items)
        stored, near = self._around(connection, sent)
        new: list[Row] = []
        for user_id, numbered in sent.items():
            if not (stored[user_id] or near) and intervals.are_disjoint([row[1:3] for _, row in numbered]):
                new += [row for _, row in numbered]  # the fast path; the rest takes three times as long
                continue
            seen = {span[:2] for span in stored[user_id]}
            fresh = []
            for index, row in numbered:
                if row[1:3] in seen:
                    statuses[index] = _DUPLICATE
                else:
                    seen.add(row[1:3])
                    fresh.append((index, row))
            spans = [row[1:] for _, row in fresh] + stored[user_id]
            others = intervals.overlapping([span[:2] for span in spans], MOST_OVERLAPS)
            for (index, row), overlapped in zip(fresh, others, strict=False):
                found = dict.fromkeys([*(spans[other] for other in overlapped), *near.get(row[:3], ())])
                if found:
                    statuses[index] = PeriodStatus("overlaps", overlaps=list(found)[:MOST_OVERLAPS])
            new += [row for _, row in fresh]
        return statuses, new

    def _around(
        self, connection: Connection, sent: _Sent
    ) -> tuple[dict[str, list[Span]], dict[UserWindow, list[Span]]]:
        """Return, by user, the stored spans near those that were *sent*.

        Where more are stored than were sent, they are only those that were sent, and the second value has up to
        MOST_OVERLAPS of the others for each.
        """
        by_size: defaultdict[int, list[UserWindow]] = defaultdict(list)
        for user_id, numbered in sent.items():
            for edges, count in intervals.clusters([row[1:3] for _, row in numbered], LONGEST_PERIOD):
                by_size[count.bit_length()].append((user_id, *edges))
        stored: dict[str, list[Span]] = {user_id: [] for user_id in sent}
        crowded: list[UserWindow] = []
        for bits, windows in by_size.items():
            most = _FEW + (1 << bits)
            for window, spans in zip(windows, self._periods.around(connection, windows, most), strict=True):
                if len(spans) < most:
                    stored[window[0]] += spans
                else:
                    crowded += [row[:3] for _, row in sent[window[0]] if window[1] <= row[1] < window[2]]
        if not crowded:
            return stored, {}
        for row in self._periods.existing(connection, crowded):
            stored[row[0]].append(row[1:])
        found = self._periods.around(connection, crowded, MOST_OVERLAPS)
        return stored, dict(zip(crowded, found, strict=True))


def import_is_running(database: Database) -> DatabaseError:
    """Return the error for a period that an import, which takes no locks, stored since it was looked for."""
    return DatabaseError("database_busy", "an import is running; try again", database.name)


def _without(user_ids: set[str], items: Sequence[Item]) -> list[Item]:
    """Return *items* with the periods of some users rejected, because they do not exist."""
    return [
        item
        if isinstance(item, Rejection) or item[0] not in user_ids
        else Rejection("/user_id", "user_not_found", f'User "{item[0]}" not found !')
        for item in items
    ]


def _by_user(items: Iterable[Item]) -> _Sent:
    found: _Sent = {}
    for index, item in enumerate(items):
        if not isinstance(item, Rejection):
            found.setdefault(item[0], []).append((index, item))
    return found
