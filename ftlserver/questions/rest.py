"""What leaves a member time to rest: nights and weekends, breaks, and days in a row, on the clock they had."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from ftlserver.domain import days_and_hours, time_formats, timezones
from ftlserver.domain.days_and_hours import Piece, hours_of_week
from ftlserver.domain.instants import DAY
from ftlserver.domain.time_formats import TimeFormat
from ftlserver.domain.timezones import Zone
from ftlserver.domain.window import Window
from ftlserver.questions import Activity, seconds

NIGHT = frozenset([22, 23, 0, 1, 2, 3, 4, 5])  # hours of the day
_WEEKEND = 5 * 24  # the first of its hours of the week


class _Interval(NamedTuple):
    """An interval of activity, or a break, with the offsets at its ends."""

    start: int
    end: int
    start_offset: int
    end_offset: int

    @property
    def length(self) -> int:
        return self.end - self.start


@dataclass(slots=True)
class _Day:
    """A day that began with activity at *begin*, and the longest break within 24 hours from then so far."""

    begin: int
    rest: _Interval


class _Breaks:
    """The days of a member, the longest unbroken activity, and the shortest rest."""

    def __init__(self) -> None:
        self.days: set[int] = set()
        self.longest: _Interval | None = None
        self.shortest: _Interval | None = None
        self._begun: set[int] = set()
        self._open: deque[_Day] = deque()  # days of which 24 hours have not passed
        self._active: _Interval | None = None

    def read(self, pieces: Iterable[Piece]) -> Iterator[Piece]:
        """Yield *pieces* of activity, by start, cut at midnight."""
        for day, piece in days_and_hours.by_day(pieces):
            self.days.add(day)
            self._add(day, *piece)
            yield piece
        if self._active is not None:
            self._end(self._active)

    def _add(self, day: int, start: int, end: int, offset: int) -> None:
        active = self._active
        if active is not None and start <= active.end:
            self._active = active._replace(end=end, end_offset=offset)
            return
        if active is not None:
            self._end(active)
            rest = _Interval(active.end, start, active.end_offset, offset)
            for open_day in self._open:
                if rest.length > open_day.rest.length:
                    open_day.rest = rest
        self._active = _Interval(start, end, offset, offset)
        if day not in self._begun:
            self._begun.add(day)
            self._open.append(_Day(start, _Interval(start, start, offset, offset)))

    def _end(self, active: _Interval) -> None:
        """Note that activity ended; days that began 24 hours before have no further break."""
        if self.longest is None or active.length > self.longest.length:
            self.longest = active
        while self._open and self._open[0].begin + DAY <= active.end:
            rest = self._open.popleft().rest
            if self.shortest is None or rest.length < self.shortest.length:
                self.shortest = rest


def rest(activity: Activity, window: Window, time_format: TimeFormat) -> dict[str, Any]:
    """Return a member with what leaves them time to rest.

    The rest of a day is the longest break that begins within 24 hours from its first activity, as the rest of
    directive 2003/88/EC, article 3, is one of each 24 hours. It is known once activity follows.
    """
    breaks = _Breaks()
    zone = activity.user.zone
    hours = hours_of_week(breaks.read(days_and_hours.recorded(activity.spans, activity.reach, zone)))
    active = sum(hours)
    night = sum(length for hour, length in enumerate(hours) if hour % 24 in NIGHT)
    weekend = sum(hours[_WEEKEND:])
    return {
        **activity.user.to_json(),
        "active_seconds": seconds(active),
        "active_days": len(breaks.days),
        "night_share": _share(night, active),
        "weekend_share": _share(weekend, active),
        "longest_active": _shown(breaks.longest, window.tz, time_format),
        "shortest_rest": _shown(breaks.shortest, window.tz, time_format),
        "days_in_a_row": _longest_row(sorted(breaks.days)),
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _shown(found: _Interval | None, tz: Zone | None, time_format: TimeFormat) -> dict[str, Any] | None:
    if found is None:
        return None
    edges = ((found.start, found.start_offset), (found.end, found.end_offset))
    start, end = (
        time_formats.render(instant, timezones.offset_at(instant, tz) if tz else offset, time_format)
        for instant, offset in edges
    )
    return {"start_time": start, "end_time": end, "seconds": seconds(found.length)}


def _longest_row(days: list[int]) -> dict[str, Any] | None:
    """Return the first of the longest rows of consecutive *days*, which are sorted."""
    longest: tuple[int, int] | None = None  # how many, and the last one
    length, before = 0, None
    for day in days:
        length = length + 1 if before is not None and day == before + 1 else 1
        before = day
        if longest is None or length > longest[0]:
            longest = length, day
    if longest is None:
        return None
    first, last = (days_and_hours.date_of(day).isoformat() for day in (longest[1] - longest[0] + 1, longest[1]))
    return {"days": longest[0], "first_date": first, "last_date": last}
