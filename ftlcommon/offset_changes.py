"""The search for the instants at which a zone's offset from UTC changes."""

from bisect import bisect_left
from collections.abc import Callable, Iterator

# The shortest time with one offset since 1970 is America/Recife's of October 2000, an hour short of 7 days.
# A longer step could pass over two changes that cancel each other.
_STEP = 6 * 86_400


def offset_changes(offset_at: Callable[[int], int], start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield each second after *start* and before *end* at which the offset changes, with the new offset.

    *offset_at* returns the offset at a second since 1970.
    """
    at, offset = start, offset_at(start)
    while at < end - 1:
        ahead = min(at + _STEP, end - 1)
        if offset_at(ahead) != offset:
            ahead = _first_other(offset_at, offset, at + 1, ahead)
            offset = offset_at(ahead)
            yield ahead, offset
        at = ahead


def _first_other(offset_at: Callable[[int], int], offset: int, first: int, last: int) -> int:
    """Return the first second from *first* to *last* without *offset*, which *last* does not have."""
    return first + bisect_left(range(first, last), True, key=lambda second: offset_at(second) != offset)
