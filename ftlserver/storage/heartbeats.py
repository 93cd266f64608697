"""Heartbeats: a user is active at an instant; those that follow each other soon enough are one period."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import sqlalchemy as sa
from sqlalchemy import Connection

from ftlserver.domain import instants
from ftlserver.domain.instants import SECOND
from ftlserver.domain.period import LONGEST_PERIOD, ActivityPeriod, Span
from ftlserver.errors import UserNotFoundError
from ftlserver.storage import marks, period_writes
from ftlserver.storage.changes import Change, pack_spans, unpack_spans
from ftlserver.storage.database import Database, transaction
from ftlserver.storage.periods import Periods
from ftlserver.storage.users import Users

HEARTBEAT = SECOND  # what a single heartbeat counts, before its instant


@dataclass(frozen=True, slots=True)
class HeartbeatResult:
    """What a heartbeat did, the period that contains it now, and the number of the change that began this."""

    status: Literal["started", "extended", "unchanged"]
    period: ActivityPeriod
    change: int | None


class Heartbeats:
    """Writes heartbeats. Every method may raise DatabaseError."""

    def __init__(self, database: Database, users: Users, periods: Periods) -> None:
        self.database = database
        self._users = users
        self._periods = periods

    def record(self, single: ActivityPeriod, gap: int, caller: str | None = None) -> HeartbeatResult:
        """Record that a user is active at the end of *single*, the period of this heartbeat by itself.

        Heartbeats at most *gap* microseconds apart make one period, in whatever order they arrive. They also
        extend the end of a period that was recorded otherwise, never its start. Raise UserNotFoundError.
        """
        (result,) = self.record_all(single.user_id, [single], gap, caller)
        return result

    def record_all(
        self, user_id: str, singles: Sequence[ActivityPeriod], gap: int, caller: str | None = None
    ) -> list[HeartbeatResult]:
        """Record heartbeats of one user, as ``record`` does each, in one transaction."""
        results = []
        with transaction(self.database, write=True) as connection:
            if not self._users.lock(connection, [user_id]):
                raise UserNotFoundError(user_id)
            for single in singles:
                around = (user_id, single.started_at - gap, single.ended_at + gap + 1)
                (spans,) = self._periods.around(connection, [around])
                results.append(_Write(connection, self._periods, caller).record(spans, single, gap))
        return results


class _Write:
    """One heartbeat, in the transaction of *connection*."""

    def __init__(self, connection: Connection, periods: Periods, caller: str | None) -> None:
        self._connection = connection
        self._periods = periods
        self._caller = caller

    def record(self, spans: Sequence[Span], single: ActivityPeriod, gap: int) -> HeartbeatResult:
        user_id, start, at = single.user_id, single.started_at, single.ended_at
        for span in spans:
            if span[0] <= start and span[1] >= at:
                return HeartbeatResult("unchanged", ActivityPeriod(user_id, *span), None)
        near = [span for span in spans if span[0] <= start and span[1] >= at - gap]
        before = max(near, key=lambda span: (span[1], span[0]), default=None)
        after = self._next_of_heartbeats(user_id, [span for span in spans if start < span[0] <= start + gap])
        end, end_offset = at, single.end_offset
        if after is not None:
            end, end_offset = max((end, end_offset), (after[1], after[3]))
        first: Span = single[1:] if before is None else before
        if after is not None and end - first[0] > LONGEST_PERIOD:
            end, end_offset, after = after[0], after[2], None  # both periods stay, without a gap between them
        if before is not None and end - first[0] > LONGEST_PERIOD:
            if before[1] in (span[0] for span in spans):  # less than a second is missing
                return HeartbeatResult("unchanged", ActivityPeriod(user_id, *before), None)
            first, before = (before[1], end, before[3], end_offset), None
        joined = [span for span in (before, after) if span is not None]
        period = ActivityPeriod(user_id, first[0], end, first[2], end_offset)
        return self._replace(joined, period)

    def _replace(self, old: Sequence[Span], new: ActivityPeriod) -> HeartbeatResult:
        """Store *new* in the place of *old*, and extend the change that began the heartbeats of these."""
        user_id, after = new.user_id, [new[1:]]
        is_known = bool(old) and old[0][0] == new.started_at
        period_writes.delete(self._connection, [(user_id, span[0]) for span in old if span[0] != new.started_at])
        if is_known:
            period_writes.set_ends(self._connection, [new])
        else:
            period_writes.insert(self._connection, [new])
        own = [self._own_change(user_id, span) for span in old]
        was = [span for _, before in own for span in before]
        numbers = list(dict.fromkeys(number for number, _ in own if number is not None))
        if numbers:
            self._update(numbers[0], was, after, [span for span in old if span[0] != new.started_at])
            for other in numbers[1:]:
                self._update(other, [], [])
            return HeartbeatResult("extended", new, numbers[0])
        change = Change("heartbeat", self._caller)
        change.add_periods(self._connection, user_id, was, after)
        return HeartbeatResult("extended" if old else "started", new, change.save(self._connection))

    def _next_of_heartbeats(self, user_id: str, spans: Sequence[Span]) -> Span | None:
        """Return the first of *spans* that heartbeats began."""
        return next((span for span in spans if self._was_begun_by_heartbeats(user_id, span[0])), None)

    def _was_begun_by_heartbeats(self, user_id: str, start: int) -> bool:
        return any(start in after and start not in before for _, _, before, after in self._changes_of(user_id))

    def _own_change(self, user_id: str, span: Span) -> tuple[int | None, list[Span]]:
        """Return the caller's change that made *span* what it is, and what was before that change.

        Without one, the change to come is what changes *span*.
        """
        for number, caller, before, after in self._changes_of(user_id):
            if span[0] in after:
                if caller == self._caller and after[span[0]] == span:
                    return number, list(before.values())
                break
        return None, [span]

    _CHANGES = sa.text(
        "SELECT number, caller, before, after FROM changes WHERE user_id = :user_id AND number < :below"
        " AND action = 'heartbeat' ORDER BY number DESC LIMIT 20"
    )

    def _changes_of(self, user_id: str) -> Iterator[tuple[int, str | None, dict[int, Span], dict[int, Span]]]:
        """Yield the heartbeats' changes of a user, the last first, with the periods before and after by start."""
        below = 2**62
        while rows := self._connection.execute(self._CHANGES, {"user_id": user_id, "below": below}).all():
            for number, caller, before, after in rows:
                yield number, caller, _by_start(before), _by_start(after)
            below = rows[-1].number

    _GONE = sa.text("SELECT gone FROM changes WHERE number = :number")
    _UPDATE: ClassVar[dict[str, sa.TextClause]] = {
        dialect: sa.text(
            "UPDATE changes SET before = :before, after = :after, gone = coalesce(:gone, gone), at = :at,"  # noqa: S608
            f" xact = {position} WHERE number = :number"
        )
        for dialect, position in (("sqlite", ":position"), ("postgresql", "pg_current_xact_id()"))
    }

    def _update(
        self, number: int, before: Sequence[Span], after: Sequence[Span], gone: Sequence[Span] = ()
    ) -> None:
        """Set what a change did, at a new position, so that programs that mirror changes read it again.

        What is *gone* is kept, as the change has named it before.
        """
        connection = self._connection
        if gone:
            gone = [*unpack_spans(connection.execute(self._GONE, {"number": number}).scalar()), *gone]
        values = {
            "before": pack_spans(before),
            "after": pack_spans(after),
            "gone": pack_spans(gone),
            "at": instants.now(),
            "position": marks.next_position(connection),
            "number": number,
        }
        connection.execute(self._UPDATE[connection.dialect.name], values)


def _by_start(packed: bytes | None) -> dict[int, Span]:
    return {span[0]: span for span in unpack_spans(packed)}
