"""Recording what callers send: a status for each period, all or nothing, stored once however often it is sent."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Literal, NamedTuple

from sqlalchemy import Connection

from ftlserver.domain import intervals, time_formats
from ftlserver.domain.intervals import Interval
from ftlserver.domain.period import LONGEST_PERIOD, ActivityPeriod, Row, Span
from ftlserver.domain.rules import Rules
from ftlserver.errors import InvalidPeriodError, PeriodNotFoundError, UserNotFoundError
from ftlserver.storage import marks, period_writes
from ftlserver.storage.busy import Busy
from ftlserver.storage.changes import Change
from ftlserver.storage.database import Database, transaction
from ftlserver.storage.periods import Periods, UserWindow
from ftlserver.storage.users import Users

MOST_OVERLAPS = 10  # that are listed for one period
_FEW = 16  # stored periods near those that were sent are read anyway

Status = Literal["inserted", "overlaps", "extended", "duplicate", "deleted", "not_found", "rejected"]


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a period cannot be taken: where in it, a code, a sentence, and the choices, if there are any."""

    pointer: str
    code: str
    message: str
    choices: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class PeriodStatus:
    """What became of a period; *overlaps* lists up to MOST_OVERLAPS of the periods that it overlaps.

    *period* is the stored one with the same start, where it is not the one that was sent.
    """

    status: Status
    rejection: Rejection | None = None
    overlaps: Sequence[Span] = ()
    period: Span | None = None


class Recorded(NamedTuple):
    """The status of each period that was sent, and the number of the change, if there was one."""

    statuses: Sequence[PeriodStatus]
    change: int | None


Item = Row | Rejection
Statuses = list[PeriodStatus]
_Grown = tuple[str, list[Span], list[Span]]  # what the periods of a user were, and are
_Sent = dict[str, list[tuple[int, Row]]]  # the periods by user, with their indexes among the items
_Work = Callable[[Connection, Sequence[Item], Change], Statuses]

_INSERTED = PeriodStatus("inserted")
_DELETED = PeriodStatus("deleted")
_NOT_FOUND = PeriodStatus("not_found")
_TOO_OLD = Rejection("/end_time", "too_old", "the period ended before the oldest time that this server keeps")


class _NotStoredError(Exception):
    """Ends a transaction by rolling it back."""


class Recording:
    """Writes periods for the API. Every method may raise DatabaseError."""

    def __init__(self, database: Database, users: Users, periods: Periods, rules: Rules) -> None:
        self.database = database
        self._rules = rules
        self._users = users
        self._periods = periods

    def record(
        self, items: Sequence[Item], *, partial: bool = False, dry_run: bool = False, caller: str | None = None
    ) -> Recorded:
        """Store periods and return the status of each, in order; *caller* is the id of a token.

        If one is rejected none is stored, unless *partial*; a *dry_run* stores none. Periods of the same users
        that are sent at the same time are compared one request after the other.
        """

        def work(connection: Connection, items: Sequence[Item], change: Change) -> Statuses:
            items = self._without_old(connection, items)
            compare = self._compare if self._rules.may_overlap else self._compare_apart
            statuses, new, grown = compare(connection, items)
            period_writes.insert(connection, new)
            for user_id, of_user in groupby(new, itemgetter(0)):
                change.add_periods(connection, user_id, [], list(of_user))
            for user_id, before, after in grown:
                change.add_periods(connection, user_id, before, after)
                period_writes.set_ends(connection, [(user_id, *span) for span in after])
            return statuses

        return self._write(items, work, Change("record", caller), partial=partial, dry_run=dry_run)

    def delete(
        self, items: Sequence[Item], *, partial: bool = False, dry_run: bool = False, caller: str | None = None
    ) -> Recorded:
        """Delete periods, by exactly their start and end, and return the status of each, in order."""

        def work(connection: Connection, items: Sequence[Item], change: Change) -> Statuses:
            sent = [item[:3] for item in items if not isinstance(item, Rejection)]
            there = {row[:2]: row for row in self._periods.existing(connection, sent)}
            statuses = []
            deleted: list[Row] = []
            for item in items:
                if isinstance(item, Rejection):
                    statuses.append(PeriodStatus("rejected", item))
                    continue
                row = there.get(item[:2])
                if row is not None and row[2] == item[2]:
                    deleted.append(there.pop(item[:2]))
                    statuses.append(_DELETED)
                else:
                    statuses.append(_NOT_FOUND if row is None else PeriodStatus("not_found", period=row[1:]))
            period_writes.delete(connection, [row[:2] for row in deleted])
            for user_id, of_user in groupby(sorted(deleted), itemgetter(0)):
                change.add_periods(connection, user_id, list(of_user), [])
            return statuses

        return self._write(items, work, Change("delete", caller), partial=partial, dry_run=dry_run)

    def edit(self, old: ActivityPeriod, new: ActivityPeriod, caller: str | None = None) -> int | None:
        """Replace a period, named by exactly its start and end, by another of the same user.

        Return the number of the change. Raise UserNotFoundError, PeriodNotFoundError if *old* is not stored, or
        InvalidPeriodError if another period has the new start.
        """
        change = Change("edit", caller)
        with transaction(self.database, write=True) as connection:
            if not self._users.lock(connection, [old.user_id]):
                raise UserNotFoundError(old.user_id)
            self._check(connection, old, new)
            stored = {row[1]: row[1:] for row in self._periods.existing(connection, [old[:3], new[:3]])}
            span = stored.get(old.started_at)
            if span is None or span[1] != old.ended_at:
                raise PeriodNotFoundError(span)
            if new.started_at == old.started_at:
                period_writes.set_ends(connection, [new])
            elif new.started_at in stored:
                raise InvalidPeriodError("another period starts at that time; edit or delete that one")
            else:
                period_writes.delete(connection, [old[:2]])
                period_writes.insert(connection, [new])
            if span != new[1:]:
                change.add_periods(connection, old.user_id, [span], [new[1:]])
            return change.save(connection)

    def _check(self, connection: Connection, old: Row, new: Row) -> None:
        """Raise InvalidPeriodError unless *new* may take the place of *old*."""
        if new[2] <= marks.oldest(connection, self._rules):
            raise InvalidPeriodError(_TOO_OLD.message)
        if not self._rules.may_overlap:
            (spans,) = self._periods.around(connection, [new[:3]])
            if taken := Busy(span[:2] for span in spans if span[0] != old[1]).overlap(*new[1:3]):
                raise InvalidPeriodError(_overlapping(taken).message)

    def _without_old(self, connection: Connection, items: Sequence[Item]) -> Sequence[Item]:
        """Return *items* with the periods rejected that ended before the oldest time that is kept."""
        oldest = marks.oldest(connection, self._rules)
        if not oldest:
            return items
        return [item if isinstance(item, Rejection) or item[2] > oldest else _TOO_OLD for item in items]

    def _compare_apart(
        self, connection: Connection, items: Sequence[Item]
    ) -> tuple[Statuses, list[Row], list[_Grown]]:
        """Return what ``_compare`` does, with those rejected that overlap others, stored or sent before them."""
        statuses = [PeriodStatus("rejected", item) if isinstance(item, Rejection) else _INSERTED for item in items]
        new: list[Row] = []
        grown: list[_Grown] = []
        for user_id, numbered in _by_user(items).items():
            clusters = intervals.clusters([row[1:3] for _, row in numbered], LONGEST_PERIOD)
            found = self._periods.around(connection, [(user_id, *edges) for edges, _ in clusters])
            was = {span[0]: span for spans in found for span in spans}
            now = dict(was)
            busy = Busy(span[:2] for span in was.values())
            for index, (_, start, end, start_offset, end_offset) in numbered:
                current = now.get(start)
                if current is not None and end <= current[1]:
                    statuses[index] = PeriodStatus("duplicate", period=current)
                    continue
                # A period grows by what follows its end.
                begins = start if current is None else current[1]
                if taken := busy.overlap(begins, end):
                    statuses[index] = PeriodStatus("rejected", _overlapping(taken))
                    continue
                busy.add(begins, end)
                if current is not None:
                    statuses[index] = PeriodStatus("extended")
                now[start] = (start, end, start_offset if current is None else current[2], end_offset)
            changed = [start for start in now if now[start] != was.get(start)]
            new += [(user_id, *now[start]) for start in changed if start not in was]
            longer = [start for start in changed if start in was]
            if longer:
                grown.append((user_id, [was[start] for start in longer], [now[start] for start in longer]))
        return statuses, new, grown

    def _write(
        self, items: Sequence[Item], work: _Work, change: Change, *, partial: bool, dry_run: bool
    ) -> Recorded:
        statuses: Statuses = []
        try:
            with transaction(self.database, write=True) as connection:
                ids = {item[0] for item in items if not isinstance(item, Rejection)}
                missing = ids - self._users.lock(connection, ids)
                statuses = work(connection, _without(missing, items) if missing else items, change)
                if dry_run or (not partial and any(found.status == "rejected" for found in statuses)):
                    raise _NotStoredError
                return Recorded(statuses, change.save(connection))
        except _NotStoredError:
            return Recorded(statuses, None)

    def _compare(self, connection: Connection, items: Sequence[Item]) -> tuple[Statuses, list[Row], list[_Grown]]:
        """Return the status of each of *items*, the rows that are new, and what grows."""
        statuses = [PeriodStatus("rejected", item) if isinstance(item, Rejection) else _INSERTED for item in items]
        sent = _by_user(items)
        stored, near = self._around(connection, sent)
        new: list[Row] = []
        grown: list[_Grown] = []
        for user_id, numbered in sent.items():
            if not (stored[user_id] or near) and intervals.are_disjoint([row[1:3] for _, row in numbered]):
                new += [row for _, row in numbered]  # the fast path; the rest takes three times as long
                continue
            was = {span[0]: span for span in stored[user_id]}
            now = dict(was)
            fresh: dict[int, int] = {}  # indexes among the items, and starts
            known: list[tuple[int, int]] = []
            for index, (_, start, end, start_offset, end_offset) in numbered:
                current = now.get(start)
                if current is None:
                    now[start] = (start, end, start_offset, end_offset)
                elif end > current[1]:
                    now[start] = (start, end, current[2], end_offset)
                    statuses[index] = PeriodStatus("extended")
                else:
                    known.append((index, start))
                    continue
                fresh[index] = start
            for index, start in known:
                statuses[index] = PeriodStatus("duplicate", period=now[start])
            self._find_overlaps(statuses, fresh, now, near, user_id)
            changed = dict.fromkeys(fresh.values())
            new += [(user_id, *now[start]) for start in changed if start not in was]
            longer = [start for start in changed if start in was]
            if longer:
                grown.append((user_id, [was[start] for start in longer], [now[start] for start in longer]))
        return statuses, new, grown

    def _find_overlaps(
        self,
        statuses: Statuses,
        fresh: Mapping[int, int],
        stored: Mapping[int, Span],
        near: Mapping[tuple[str, int], list[Span]],
        user_id: str,
    ) -> None:
        """Set the status of the periods that overlap others among those that will be *stored*, or *near*."""
        spans = list(stored.values())
        others = dict(zip(stored, intervals.overlapping([span[:2] for span in spans], MOST_OVERLAPS), strict=True))
        for index, start in fresh.items():
            around = (span for span in near.get((user_id, start), ()) if span[0] != start)
            found = dict.fromkeys([*(spans[other] for other in others[start]), *around])
            status = statuses[index].status
            if found:
                overlaps = list(found)[:MOST_OVERLAPS]
                statuses[index] = PeriodStatus("overlaps" if status == "inserted" else status, overlaps=overlaps)

    def _around(
        self, connection: Connection, sent: _Sent
    ) -> tuple[dict[str, list[Span]], dict[tuple[str, int], list[Span]]]:
        """Return, by user, the stored spans near those that were *sent*.

        Where more are stored than were sent, they are only those with the same starts, and the second value has
        more than MOST_OVERLAPS of the others for each start.
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
        near: defaultdict[tuple[str, int], list[Span]] = defaultdict(list)
        lonely = _without_enough_overlaps(crowded)
        found = self._periods.around(connection, lonely, MOST_OVERLAPS + 1)
        for window, spans in zip(lonely, found, strict=True):
            near[window[:2]] += spans
        return stored, near


def _overlapping(taken: Interval) -> Rejection:
    """Return the rejection of a period that overlaps the time *taken*."""
    start, end = (time_formats.utc(edge) for edge in taken)
    message = f"the period overlaps activity from {start} to {end}, and this server stores no overlaps"
    return Rejection("", "overlaps", message)


def _without_enough_overlaps(windows: Iterable[UserWindow]) -> list[UserWindow]:
    """Return those of the *windows* that overlap fewer than MOST_OVERLAPS of the others of their user."""
    found = []
    for _, of_user in groupby(windows, itemgetter(0)):
        longest = {window[1]: window for window in sorted(of_user)}
        others = intervals.overlapping([window[1:] for window in longest.values()], MOST_OVERLAPS)
        found += [
            window for window, them in zip(longest.values(), others, strict=True) if len(them) < MOST_OVERLAPS
        ]
    return found


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
