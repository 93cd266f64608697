"""Time axes: where an instant lies, in seconds since 1970, and where it is night."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from ftlcommon.zones import NIGHT_BEGINS, NIGHT_ENDS, Zone, day_edges

Span = tuple[float, float]  # from a second since 1970 to another

_HOURS = 24


class Axis:
    """*instants* at *places*, in order, and evenly between two of them."""

    def __init__(self, instants: Sequence[float], places: Sequence[float]) -> None:
        self._instants = instants
        self._places = places
        self.start, self.end = instants[0], instants[-1]
        self.left, self.right = places[0], places[-1]

    @classmethod
    def even(cls, day: date, tz: Zone, left: float, right: float) -> "Axis":
        """Return the axis of a *day*, to scale, so that a day of 23 hours has wider hours."""
        return cls([edge.timestamp() for edge in day_edges(day, tz)], (left, right))

    @classmethod
    def wall_clock(cls, days: Sequence[date], tz: Zone, left: float, right: float) -> "Axis":
        """Return the axis of consecutive *days* with their wall clock to scale, as wide as each other.

        An hour that occurs twice takes the place of one, and one that the clock skipped remains empty.
        """
        instants = [day_edges(days[-1], tz)[1].timestamp()]
        for day in reversed(days):
            start = day_edges(day, tz)[0].timestamp()
            midnight = datetime.combine(day, time())
            for hour in range(_HOURS - 1, 0, -1):
                # A wall clock that was skipped lies too late with the offset of before, so it is at most the next.
                instant = (midnight + timedelta(hours=hour)).replace(tzinfo=tz).timestamp()
                instants.append(max(min(instant, instants[-1]), start))
            instants.append(start)
        step = (right - left) / (len(instants) - 1)
        return cls(instants[::-1], [left + step * hour for hour in range(len(instants))])

    def place(self, instant: float) -> float:
        """Return where an instant lies; one that is not on the axis lies at its nearer end."""
        if instant <= self.start:
            return self.left
        if instant >= self.end:
            return self.right
        after = bisect_right(self._instants, instant)
        (t0, t1), (x0, x1) = self._instants[after - 1 : after + 1], self._places[after - 1 : after + 1]
        return x0 + (x1 - x0) * (instant - t0) / (t1 - t0)

    def gaps(self) -> Iterator[tuple[float, float]]:
        """Yield the places of the hours that do not exist."""
        for (t0, t1), (x0, x1) in zip(pairwise(self._instants), pairwise(self._places), strict=True):
            if t0 == t1:
                yield x0, x1


def hour_marks(day: date, tz: Zone, step: int) -> Iterator[tuple[float, int]]:
    """Yield every *step*th hour of a day's wall clock with its instant, without those that the clock skipped."""
    for hour in range(0, _HOURS, step):
        wall = datetime.combine(day, time(hour))
        instant = wall.replace(tzinfo=tz).timestamp()
        if datetime.fromtimestamp(instant, tz).replace(tzinfo=None) == wall:
            yield instant, hour


def day_length_words(day: date, tz: Zone) -> str:
    """Return how many hours a day has, unless they are 24."""
    start, end = day_edges(day, tz)
    hours = (end - start) / timedelta(hours=1)
    return "" if hours == _HOURS else f"{hours:g} hours"


def nights(start: float, end: float, tz: Zone) -> list[Span]:
    """Return the nights in *tz* that reach into [start, end)."""
    day = datetime.fromtimestamp(start, tz).date() - timedelta(days=1)
    last = datetime.fromtimestamp(end, tz).date()
    found = []
    while day <= last:
        begins = datetime.combine(day, time(NIGHT_BEGINS), tz).timestamp()
        ends = datetime.combine(day + timedelta(days=1), time(NIGHT_ENDS), tz).timestamp()
        if begins < end and ends > start:
            found.append((begins, ends))
        day += timedelta(days=1)
    return found


def within(spans: Sequence[Span], start: float, end: float) -> list[Span]:
    """Return the parts within [start, end) of *spans*, which are in order and do not overlap."""
    first = bisect_right(spans, start, key=lambda span: span[1])
    found = []
    for a, b in spans[first:]:
        if a >= end:
            break
        found.append((max(a, start), min(b, end)))
    return found


def by_day_and_night(span: Span, dark: Sequence[Span]) -> Iterator[tuple[float, float, bool]]:
    """Yield the parts of *span* with whether they lie in one of the nights *dark*, which are in order."""
    at, end = span
    for begins, ends in within(dark, at, end):
        if at < begins:
            yield at, begins, False
        yield begins, ends, True
        at = ends
    if at < end:
        yield at, end, False
