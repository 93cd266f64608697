"""Periods on the wall clock: which calendar day and which hour of the week each moment belongs to.

A moment belongs to the day that the member's clock showed when it was recorded, so that a member who moves keeps
their dates. Each moment counts once, however many periods contain it.
"""

from collections.abc import Iterable, Iterator
from datetime import date

from ftlserver.domain.instants import DAY, HOUR, SECOND
from ftlserver.domain.intervals import Interval
from ftlserver.domain.period import Span
from ftlserver.domain.timezones import Zone, offset_intervals

Piece = tuple[int, int, int]  # start, end, offset

HOURS_OF_WEEK = 168
WEEK = HOURS_OF_WEEK * HOUR
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_EPOCH_HOUR = 3 * 24  # 1970 began on a Thursday


def recorded(spans: Iterable[Span], edges: Interval, tz: Zone) -> Iterator[Piece]:
    """Yield the time of *spans*, by start, within *edges*, each moment once, with the offset it was recorded at.

    A span whose offsets differ is cut where *tz* changes from one to the other. If it never does, because the
    member has moved since, the true place is unknown, and it is cut in the middle: both ends keep their days.
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
        # A period may end just when the clock changes.
        after = offset_intervals(started_at, ended_at + 1, tz)[1:]
        change = next((since for since, _, offset in after if offset == end_offset), (started_at + ended_at) // 2)
        if start < change:
            yield start, min(change, end), start_offset
        if change < end:
            yield max(start, change), end, end_offset


def in_zone(spans: Iterable[Span], edges: Interval, tz: Zone) -> Iterator[Piece]:
    """Yield the time of *spans*, by start, within *edges*, each moment once, with the offset of *tz*."""
    reached, limit = edges
    constant = offset_intervals(*edges, tz)
    index = 0
    for started_at, ended_at, *_ in spans:
        start, end = max(started_at, reached), min(ended_at, limit)
        while start < end:
            while constant[index][1] <= start:
                index += 1
            until = min(end, constant[index][1])
            yield start, until, constant[index][2]
            start = reached = until


def by_day(pieces: Iterable[Piece]) -> Iterator[tuple[int, Piece]]:
    """Yield *pieces* cut at each midnight of the wall clock, with the day, counted from 1970-01-01."""
    # Most pieces lie in the day of the one before: remembering its edges saves a third of the time.
    day = opens = closes = shown = 0
    for piece in pieces:
        at, end, offset = piece
        if offset != shown or not opens <= at < closes:
            shown = offset
            shift = offset * SECOND
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
        at, until = start + offset * SECOND, end + offset * SECOND
        if not opens <= at < closes:
            hour = at // HOUR
            opens, closes = hour * HOUR, (hour + 1) * HOUR
            hour = (hour + _EPOCH_HOUR) % HOURS_OF_WEEK
        if until <= closes:
            hours[hour] += until - at
            continue
        weeks = (until - at) // WEEK
        if weeks:
            hours = [length + weeks * HOUR for length in hours]
            until -= weeks * WEEK
        while closes < until:
            hours[hour] += closes - at
            at, opens, closes, hour = closes, closes, closes + HOUR, (hour + 1) % HOURS_OF_WEEK
        hours[hour] += until - at
    return hours


def hour_of_week(instant: int, offset: int) -> int:
    """Return the hour of the week, from Monday 00 on, that a clock at *offset* showed at *instant*."""
    return ((instant + offset * SECOND) // HOUR + _EPOCH_HOUR) % HOURS_OF_WEEK


def date_of(day: int) -> date:
    """Return the date of a day that is counted from 1970-01-01."""
    return date.fromordinal(_EPOCH_DAY + day)


def day_number(day: date) -> int:
    """Return the days from 1970-01-01 to *day*."""
    return day.toordinal() - _EPOCH_DAY
