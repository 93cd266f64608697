"""Heartbeats: a user is active at an instant; those that follow each other soon enough are one period."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from ftlserver.domain.instants import SECOND
from ftlserver.domain.period import LONGEST_PERIOD, ActivityPeriod, Span
from ftlserver.errors import UserNotFoundError
from ftlserver.storage.database import Database, transaction
from ftlserver.storage.periods import Periods
from ftlserver.storage.recording import import_is_running
from ftlserver.storage.users import Users

HEARTBEAT = SECOND  # what a single heartbeat counts, before its instant


@dataclass(frozen=True, slots=True)
class HeartbeatResult:
    """What a heartbeat did, and the period that contains it now."""

    status: Literal["started", "extended", "unchanged"]
    period: ActivityPeriod


class Heartbeats:
    """Writes heartbeats. Every method may raise DatabaseError."""

    def __init__(self, database: Database, users: Users, periods: Periods) -> None:
        self.database = database
        self._users = users
        self._periods = periods

    def record(self, single: ActivityPeriod, gap: int) -> HeartbeatResult:
        """Record that a user is active at the end of *single*, the period of this heartbeat by itself.

        Heartbeats at most *gap* microseconds apart make one period, in whatever order they arrive. Raise
        UserNotFoundError.
        """
        user_id, at = single.user_id, single.ended_at
        with transaction(self.database, write=True) as connection:
            if not self._users.lock(connection, [user_id], against_writers=True):
                raise UserNotFoundError(user_id)
            around = (user_id, at - HEARTBEAT - gap, at + gap + 1)
            (spans,) = self._periods.around(connection, [around])
            return self._record(connection, spans, single, gap)

    def _record(
        self, connection: Connection, spans: Sequence[Span], single: ActivityPeriod, gap: int
    ) -> HeartbeatResult:
        user_id, start, at = single.user_id, single.started_at, single.ended_at
        start_offset, offset = single.start_offset, single.end_offset
        for span in spans:
            if span[0] <= start and span[1] >= at:
                return HeartbeatResult("unchanged", ActivityPeriod(user_id, *span))
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
        return self._start(connection, single)

    def _start(self, connection: Connection, period: ActivityPeriod) -> HeartbeatResult:
        self._periods.insert(connection, [period])
        return HeartbeatResult("started", period)

    _EXTEND = sa.text("""
        UPDATE activity_periods
        SET started_at = :started_at, start_offset = :start_offset, ended_at = :ended_at, end_offset = :end_offset
        WHERE user_id = :user_id AND started_at = :old_start AND ended_at = :old_end""")

    def _extend(self, connection: Connection, old: Span, new: ActivityPeriod) -> HeartbeatResult:
        try:
            connection.execute(self._EXTEND, new._asdict() | {"old_start": old[0], "old_end": old[1]})
        except IntegrityError as exc:
            raise import_is_running(self.database) from exc
        return HeartbeatResult("extended", new)
