"""The fast path of the overlap question: who is active when, and what each two share, in one pass.

It replaces merging each member's intervals, intersecting them pair by pair and counting who is active at each
edge. A month of 50 members with 100,000 periods takes 0.1 s; with a loop over the active members it took 0.45 s,
and pair by pair 3.3 s. ``tests/server/questions/test_overlap_sweep.py`` compares it with a look at every point.
"""

from collections.abc import Iterable, Sequence
from itertools import chain, compress, islice
from operator import lt

from ftlserver.domain.intervals import merge

SharedInterval = tuple[int, int, tuple[int, ...]]  # start, end, indexes of the groups that are active


def disjoint_edges(points: list[int]) -> list[int]:
    """Return the starts and ends, in turn, of a disjoint list, given those of intervals that may overlap."""
    if all(map(lt, points, islice(points, 1, None))):
        return points  # the fast path: they are disjoint already
    return list(chain.from_iterable(merge(zip(points[::2], points[1::2], strict=True))))


def sweep(groups: Sequence[Iterable[int]], least: int) -> tuple[list[SharedInterval], list[list[int]]]:
    """Return the intervals in which at least *least* of *groups* are active, and how long each two are together.

    A group is the starts and ends of a disjoint list, in turn. An interval ends when a group becomes active or
    inactive. *least* is at least 1. The second value is a matrix; its diagonal has the length of each group.
    """
    # What is sorted is plain numbers: sorting pairs makes all that follows take twice as long, because pairs lie
    # scattered in memory.
    count = len(groups)
    bits = count.bit_length()
    mask = (1 << bits) - 1
    events: list[int] = []
    for index, group in enumerate(groups):
        events += [point << bits | index for point in group]
    events.sort()
    first, last = (events[0] >> bits, events[-1] >> bits) if events else (0, 0)
    # What two groups share is what one has accumulated at the ends of the other's intervals, less what it had at
    # their starts. What each has accumulated so far is a bit field of one large number, so that one
    # multiplication lets time pass for all active groups.
    width = max(1, (last - first).bit_length())
    ones = [1 << (width * index) for index in range(count)]
    rows = [0] * count
    shared: list[SharedInterval] = []
    is_active = [False] * count
    active = active_ones = accumulated = 0
    since = first
    for event in events:
        point = event >> bits
        index = event & mask
        if point != since:
            if active >= least:
                shared.append((since, point, tuple(compress(range(count), is_active))))
            accumulated += (point - since) * active_ones
            since = point
        if is_active[index]:
            is_active[index] = False
            active -= 1
            active_ones -= ones[index]
            rows[index] += accumulated
        else:
            is_active[index] = True
            active += 1
            active_ones += ones[index]
            rows[index] -= accumulated
    return shared, [_bit_fields(row, count, width) for row in rows]


def _bit_fields(row: int, count: int, width: int) -> list[int]:
    """Return the *count* bit fields, of *width* bits, of a number; eight at once, which are whole bytes."""
    text = row.to_bytes(-(-count // 8) * width, "little")
    eights = (int.from_bytes(text[at : at + width], "little") for at in range(0, len(text), width))
    whole = (1 << width) - 1
    return [eight >> at & whole for eight in eights for at in range(0, 8 * width, width)][:count]
