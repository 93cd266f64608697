"""Guess a time zone from what clocks in it showed; zone data are those of the ``tzdata`` wheel.

Candidates are UTC and the zones of ``zone1970.tab``, of which no two have had the same clocks since 1970;
other names are aliases of these.
"""

import zoneinfo
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

from ftlcommon.offset_changes import offset_changes

zoneinfo.reset_tzpath([])

# The order in which zones that fit equally well are preferred. London precedes UTC because commits made only in
# winter fit both.
PREFERRED = (
    *("Europe/London", "UTC", "Europe/Berlin", "Europe/Kyiv", "Europe/Istanbul", "Europe/Moscow"),
    *("America/New_York", "America/Chicago", "America/Los_Angeles", "America/Denver", "America/Phoenix"),
    *("America/Halifax", "America/Bogota", "America/Mexico_City", "America/Sao_Paulo", "Pacific/Honolulu"),
    *("Asia/Kolkata", "Asia/Shanghai", "Asia/Tokyo", "Asia/Jakarta", "Asia/Dhaka", "Asia/Karachi", "Asia/Dubai"),
    *("Africa/Lagos", "Africa/Johannesburg", "Australia/Sydney", "Australia/Brisbane", "Pacific/Auckland"),
)

_DAY = 86_400
_END = 4_102_444_800  # 2100: a later year comes from a clock that was not set


@cache
def candidates() -> tuple[str, ...]:
    """Return the candidate zones, the preferred ones first."""
    table = resources.files("tzdata.zoneinfo").joinpath("zone1970.tab").read_text("utf-8")
    names = {line.split("\t")[2] for line in table.splitlines() if not line.startswith("#")} | {"UTC"}
    return (*PREFERRED, *sorted(names.difference(PREFERRED)))


class ZoneGuess:
    """The offsets of all candidates from *first* to *last*, in seconds since 1970, both included."""

    def __init__(self, first: int, last: int) -> None:
        self._offsets = {name: _offsets(ZoneInfo(name), first, min(last, _END)) for name in candidates()}
        # No candidate changes its offset between two edges.
        self._edges = sorted({since for offsets in self._offsets.values() for since, _ in offsets})
        self._names_by_offset: dict[int, dict[int, list[str]]] = {}

    def best(self, clocks: Iterable[tuple[int, int]]) -> str:
        """Return the candidate whose offset is right for the most *clocks*, pairs of an instant and an offset.

        The first candidate wins a tie; UTC is returned when none is ever right.
        """
        seen = Counter((bisect_right(self._edges, at), offset) for at, offset in clocks if at < _END)
        right: Counter[str] = Counter()
        for (edge, offset), count in seen.items():
            for name in self._names_before(edge).get(offset, ()):
                right[name] += count
        return max(candidates(), key=right.__getitem__) if right else "UTC"

    def _names_before(self, edge: int) -> dict[int, list[str]]:
        """Return the candidates by the offset that they have before the edge with index *edge*."""
        if edge not in self._names_by_offset:
            found = self._names_by_offset[edge] = {}
            for name, offsets in self._offsets.items():
                offset = offsets[bisect_right(offsets, (self._edges[edge - 1], _DAY)) - 1][1]
                found.setdefault(offset, []).append(name)
        return self._names_by_offset[edge]


def _offsets(zone: ZoneInfo, first: int, last: int) -> list[tuple[int, int]]:
    """Return the offsets of *zone* from *first* to *last*, each with the second from which it holds."""

    def offset_at(second: int) -> int:
        offset = datetime.fromtimestamp(second, zone).utcoffset()
        assert offset is not None
        return offset.days * _DAY + offset.seconds

    return [(first, offset_at(first)), *offset_changes(offset_at, first, last + 1)]
