"""Interval algebra: pure functions over half-open intervals [start, end) of integers.

A list is *flat* when it is sorted and no two of its intervals overlap or touch; ``merge`` makes it so, and
every function that returns a list returns a flat one. Everything is linear in what it is given, or n log n
where it has to sort.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, compress, islice, pairwise
from operator import lt

Interval = tuple[int, int]
Stretch = tuple[int, int, tuple[int, ...]]


def merge(intervals: Iterable[Interval]) -> list[Interval]:
    """Return the points that any of *intervals* has, as a flat list; empty intervals have none."""
    merged = []
    begun = 0
    reached: int | None = None
    for start, end in sorted(intervals):
        if reached is None or start > reached:
            if start == end:
                continue
            if reached is not None:
                merged.append((begun, reached))
            begun, reached = start, end
        elif end > reached:
            reached = end
    if reached is not None:
        merged.append((begun, reached))
    return merged


def intersect(left: Sequence[Interval], right: Sequence[Interval]) -> list[Interval]:
    """Return the points that both flat lists have."""
    found = []
    i = j = 0
    while i < len(left) and j < len(right):
        start, end = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if start < end:
            found.append((start, end))
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return found


def subtract(left: Sequence[Interval], right: Sequence[Interval]) -> list[Interval]:
    """Return the points of the flat list *left* that the flat list *right* does not have."""
    found = []
    j = 0
    for start, end in left:
        while j < len(right) and right[j][1] <= start:
            j += 1
        k, rest = j, start
        while k < len(right) and right[k][0] < end:
            if rest < right[k][0]:
                found.append((rest, right[k][0]))
            rest = right[k][1]
            k += 1
        if rest < end:
            found.append((rest, end))
    return found


def clip(intervals: Iterable[Interval], start: int, end: int) -> list[Interval]:
    """Return the parts of a flat list that lie within [*start*, *end*)."""
    return [(a if a > start else start, b if b < end else end) for a, b in intervals if a < end and b > start]


def overlapping(intervals: Sequence[Interval], most: int) -> list[list[int]]:
    """Return, for each of *intervals*, the indexes of up to *most* others that it has a point in common with.

    None is listed only if there is none.
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
        if len(active) > most:  # the first to end has been told of enough others
            active.remove(min(active, key=lambda other: intervals[other][1]))
        reached = max(reached, end)
    return found


def are_disjoint(intervals: Iterable[Interval]) -> bool:
    """Tell whether no two of *intervals* have a point in common."""
    return all(before[1] <= after[0] for before, after in pairwise(sorted(intervals)))


def clusters(intervals: Iterable[Interval], distance: int) -> Iterator[Interval]:
    """Yield the stretches that hold *intervals*, joined where no more than *distance* lies between them."""
    begun = reached = -1
    for start, end in sorted(intervals):
        if begun < 0 or start - reached > distance:
            if begun >= 0:
                yield begun, reached
            begun, reached = start, end
        elif end > reached:
            reached = end
    if begun >= 0:
        yield begun, reached


def total(intervals: Iterable[Interval]) -> int:
    """Return the length of a flat list."""
    return sum(end - start for start, end in intervals)


def split(intervals: Iterable[Interval], edges: Sequence[int]) -> Iterator[tuple[int, Interval]]:
    """Yield the parts of a flat list between each two neighbours of *edges*, sorted, with the index of the first.

    With the first instants of days as edges these are the parts that fall into each day.
    """
    index = 0
    for start, end in intervals:
        while index + 1 < len(edges) and edges[index + 1] <= start:
            index += 1
        at = index
        while at + 1 < len(edges) and edges[at] < end:
            part = max(start, edges[at]), min(end, edges[at + 1])
            if part[0] < part[1]:
                yield at, part
            at += 1


def turns(points: list[int]) -> list[int]:
    """Return the starts and ends, in turn, of a flat list, given those of intervals that may overlap."""
    if all(map(lt, points, islice(points, 1, None))):
        return points  # as is usual
    return list(chain.from_iterable(merge(zip(points[::2], points[1::2], strict=True))))


def sweep(groups: Sequence[Iterable[int]], least: int) -> tuple[list[Stretch], list[list[int]]]:
    """Return the stretches in which at least *least* of *groups* have a point, and what pairs share.

    A group is the starts and ends of a flat list, in turn. A stretch is (start, end, which), with the indexes of
    the groups that have it; who comes or goes begins a new one. *least* is at least 1. What each two groups have
    in common is a matrix, with the length of each group on its diagonal.
    """
    # One pass, and what is sorted is numbers: sorting pairs makes all that follows take twice as long, because
    # they lie scattered in memory.
    count = len(groups)
    bits = count.bit_length()
    mask = (1 << bits) - 1
    events: list[int] = []
    for index, group in enumerate(groups):
        events += [point << bits | index for point in group]
    events.sort()
    first, last = (events[0] >> bits, events[-1] >> bits) if events else (0, 0)
    # What two share is what one has had at the ends of the other's intervals, less what it had had at their
    # starts. What each has had so far is a lane of one large number, so that time passes for all who are
    # active in one multiplication: the month of 50 members with 100,000 periods takes 0.1 s this way, 0.45 s
    # with a loop over who is active, and 3.3 s pair by pair.
    lane = max(1, (last - first).bit_length())
    lanes = [1 << (lane * index) for index in range(count)]
    rows = [0] * count
    stretches: list[Stretch] = []
    is_active = [False] * count
    active = active_lanes = had = 0
    since = first
    for event in events:
        point = event >> bits
        index = event & mask
        if point != since:
            if active >= least:
                stretches.append((since, point, tuple(compress(range(count), is_active))))
            had += (point - since) * active_lanes
            since = point
        if is_active[index]:
            is_active[index] = False
            active -= 1
            active_lanes -= lanes[index]
            rows[index] += had
        else:
            is_active[index] = True
            active += 1
            active_lanes += lanes[index]
            rows[index] -= had
    return stretches, [_lanes_of(row, count, lane) for row in rows]


def _lanes_of(row: int, count: int, lane: int) -> list[int]:
    """Return the *count* lanes, of *lane* bits, of a number; eight at once, which are whole bytes."""
    text = row.to_bytes(-(-count // 8) * lane, "little")
    eights = (int.from_bytes(text[at : at + lane], "little") for at in range(0, len(text), lane))
    whole = (1 << lane) - 1
    return [eight >> at & whole for eight in eights for at in range(0, 8 * lane, lane)][:count]
