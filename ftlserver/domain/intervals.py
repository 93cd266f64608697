"""Half-open intervals [start, end) of integers: pure functions, linear in their input, or n log n to sort it."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

Interval = tuple[int, int]


def merge(intervals: Iterable[Interval]) -> list[Interval]:
    """Return the union of *intervals* as a sorted list of disjoint intervals that do not touch."""
    return list(merge_sorted(sorted(intervals)))


def merge_sorted(intervals: Iterable[Interval]) -> Iterator[Interval]:
    """Yield what ``merge`` returns, from *intervals* that are sorted, in flat memory."""
    begun = 0
    reached: int | None = None
    for start, end in intervals:
        if reached is None or start > reached:
            if start == end:
                continue
            if reached is not None:
                yield begun, reached
            begun, reached = start, end
        elif end > reached:
            reached = end
    if reached is not None:
        yield begun, reached


def overlapping(intervals: Sequence[Interval], most: int) -> list[list[int]]:
    """Return, for each of *intervals*, the indexes of up to *most* others that it overlaps.

    A list is empty only if there is no other.
    """
    found: list[list[int]] = [[] for _ in intervals]
    active: list[int] = []
    reached = 0
    for index in sorted(range(len(intervals)), key=lambda index: intervals[index]):
        start, end = intervals[index]
        if start >= reached:
            active = []
        else:
            active = [other for other in active if intervals[other][1] > start]
            for other in active:
                found[index].append(other)
                if len(found[other]) < most:
                    found[other].append(index)
        active.append(index)
        if len(active) > most:  # the first to end has enough others
            active.remove(min(active, key=lambda other: intervals[other][1]))
        reached = max(reached, end)
    return found


def are_disjoint(intervals: Iterable[Interval]) -> bool:
    """Tell whether no two of *intervals* overlap."""
    return all(before[1] <= after[0] for before, after in pairwise(sorted(intervals)))


def clusters(intervals: Iterable[Interval], distance: int) -> Iterator[tuple[Interval, int]]:
    """Yield the intervals that cover *intervals*, joined where no more than *distance* lies between them.

    Each comes with the number of those that it covers.
    """
    begun = reached = -1
    count = 0
    for start, end in sorted(intervals):
        if count and start - reached > distance:
            yield (begun, reached), count
            count = 0
        if not count:
            begun = reached = start
        reached = max(reached, end)
        count += 1
    if count:
        yield (begun, reached), count
