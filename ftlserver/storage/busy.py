"""The time that periods of a user take, on a server that stores none that overlap."""

from bisect import bisect_right, insort
from collections.abc import Iterable

from ftlserver.domain import intervals
from ftlserver.domain.intervals import Interval


class Busy:
    """Sorted disjoint intervals, to which others are added that overlap none of them."""

    def __init__(self, taken: Iterable[Interval]) -> None:
        self._taken = intervals.merge(taken)

    def overlap(self, start: int, end: int) -> Interval | None:
        """Return the last of the intervals that overlaps [start, end), if there is one."""
        at = bisect_right(self._taken, (end,)) - 1
        if at >= 0 and self._taken[at][1] > start:
            return self._taken[at]
        return None

    def add(self, start: int, end: int) -> None:
        """Take [start, end), which overlaps nothing."""
        insort(self._taken, (start, end))
