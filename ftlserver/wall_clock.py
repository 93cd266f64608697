"""Periods on the wall clock: which calendar day and which hour of the week each moment belongs to.

A moment belongs to the day that the member's clock showed when it was recorded, so history keeps its dates
when somebody moves, and each moment counts once, however many periods hold it.
"""

from collections.abc import Iterable, Iterator
from datetime import date

from ftlserver import clock
from ftlserver.clock import Zone
from ftlserver.intervals import Interval
from ftlserver.models import Span

Piece = tuple[int, int, int]  # start, end, offset

DAY = 24 * clock.HOUR  # of wall clock: 24 of its hours, however long they took
HOURS_OF_WEEK = 168
_HOUR = clock.HOUR
_WEEK = HOURS_OF_WEEK * _HOUR
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_EPOCH_HOUR = 3 * 24  # 1970 began on a Thursday


def recorded(spans: Iterable[Span], edges: Interval, tz: Zone) -> Iterator[Piece]:
    """Yield the time of *spans*, by start, within *edges*, each moment once, with the offset it was recorded at.

    A span whose offsets differ is cut where *tz* changes from one to the other. If it never does, because the
    member has moved since, nobody knows where, and it is cut in the middle: both ends keep their days.
    """
    reached, limit = edges
    for started_at, ended_at, start_offset, end_offset in spans:
        start = started_at if started_at > reached else reached
        end = ended_at if ended_at < limit else limit
        if start >= end:
            continue
        reached = end
        if start_offset == end_offset:
            yield start, end, start_offset
            continue
        change = next(
            (since for since, _, offset in clock.stretches(started_at, ended_at, tz)[1:] if offset == end_offset),
            (started_at + ended_at) // 2,
        )
        if start < change:
            yield start, min(change, end), start_offset
        if change < end:
            yield max(start, change), end, end_offset


def in_zone(spans: Iterable[Span], edges: Interval, tz: Zone) -> Iterator[Piece]:
    """Yield the time of *spans*, by start, within *edges*, each moment once, with the offset of *tz*."""
    reached, limit = edges
    stretches = clock.stretches(*edges, tz)
    index = 0
    for started_at, ended_at, *_ in spans:
        start, end = max(started_at, reached), min(ended_at, limit)
        while start < end:
            while stretches[index][1] <= start:
                index += 1
            until = min(end, stretches[index][1])
            yield start, until, stretches[index][2]
            start = reached = until


def by_day(pieces: Iterable[Piece]) -> Iterator[tuple[int, Piece]]:
    """Yield *pieces* cut at each midnight of the wall clock, with the day, counted from 1970-01-01."""
    # Most pieces lie in the day of the one before: remembering its edges saves a third of the time.
    day = opens = closes = shown = 0
    for piece in pieces:
        at, end, offset = piece
        if offset != shown or not opens <= at < closes:
            shown = offset
            shift = offset * clock.SECOND
            day = (at + shift) // DAY
            opens, closes = day * DAY - shift, (day + 1) * DAY - shift
        if end <= closes:
            yield day, piece
            continue
        while closes < end:
            yield day, (at, closes, offset)
            day, at, opens, closes = day + 1, closes, closes, closes + DAY
        yield day, (at, end, offset)


def hours_of_week(pieces: Iterable[Piece]) -> list[int]:
    """Return how much of *pieces* lies in each hour of the week, from Monday 00 to Sunday 23 of the wall clock."""
    hours = [0] * HOURS_OF_WEEK
    # Most pieces lie in the hour of the one before, as in by_day.
    opens = closes = hour = 0
    for start, end, offset in pieces:
        at, until = start + offset * clock.SECOND, end + offset * clock.SECOND
        if not opens <= at < closes:
            hour = at // _HOUR
            opens, closes = hour * _HOUR, (hour + 1) * _HOUR
            hour = (hour + _EPOCH_HOUR) % HOURS_OF_WEEK
        if until <= closes:
            hours[hour] += until - at
            continue
        weeks = (until - at) // _WEEK
        if weeks:
            hours = [length + weeks * _HOUR for length in hours]
            until -= weeks * _WEEK
        while closes < until:
            hours[hour] += closes - at
            at, opens, closes, hour = closes, closes, closes + _HOUR, (hour + 1) % HOURS_OF_WEEK
        hours[hour] += until - at
    return hours


def day_of(day: int) -> date:
    """Return the date of a day that is counted from 1970-01-01."""
    return date.fromordinal(_EPOCH_DAY + day)


def number_of(day: date) -> int:
    """Return the days from 1970-01-01 to *day*."""
    return day.toordinal() - _EPOCH_DAY
