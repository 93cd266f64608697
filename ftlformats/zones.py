"""Which zone somebody is in, by what their clock showed; zones are those of the ``tzdata`` wheel.

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

zoneinfo.reset_tzpath([])

# Of zones that explain as much, the first of these. London stands before UTC, as who has only been seen in
# winter has an offset of 0 too; but London's summer is not UTC's.
PREFERRED = (
    *("Europe/London", "UTC", "Europe/Berlin", "Europe/Kyiv", "Europe/Istanbul", "Europe/Moscow"),
    *("America/New_York", "America/Chicago", "America/Los_Angeles", "America/Denver", "America/Phoenix"),
    *("America/Halifax", "America/Bogota", "America/Mexico_City", "America/Sao_Paulo", "Pacific/Honolulu"),
    *("Asia/Kolkata", "Asia/Shanghai", "Asia/Tokyo", "Asia/Jakarta", "Asia/Dhaka", "Asia/Karachi", "Asia/Dubai"),
    *("Africa/Lagos", "Africa/Johannesburg", "Australia/Sydney", "Australia/Brisbane", "Pacific/Auckland"),
)

_DAY = 86_400
_END = 4_102_444_800  # 2100: what shows a later year is not a clock that was set


@cache
def candidates() -> tuple[str, ...]:
    """Return the zones to choose from, the better of two that explain as much first."""
    table = resources.files("tzdata.zoneinfo").joinpath("zone1970.tab").read_text("utf-8")
    names = {line.split("\t")[2] for line in table.splitlines() if not line.startswith("#")} | {"UTC"}
    return (*PREFERRED, *sorted(names.difference(PREFERRED)))


class Zones:
    """The candidates between two instants, in seconds since 1970, both included."""

    def __init__(self, first: int, last: int) -> None:
        self._changes = {name: _changes(ZoneInfo(name), first, min(last, _END)) for name in candidates()}
        # No candidate changes its offset between two edges.
        self._edges = sorted({since for changes in self._changes.values() for since, _ in changes})
        self._showing: dict[int, dict[int, list[str]]] = {}

    def best(self, clocks: Iterable[tuple[int, int]]) -> str:
        """Return the zone with the right offset at the most of *clocks*: instants and the offsets shown then.

        Seconds, both. Of zones that have the same number, the first of the candidates; UTC if none has any.
        """
        seen = Counter((bisect_right(self._edges, at), shown) for at, shown in clocks if at < _END)
        right: Counter[str] = Counter()
        for (edge, shown), count in seen.items():
            for name in self._zones_between(edge).get(shown, ()):
                right[name] += count
        return max(candidates(), key=right.__getitem__) if right else "UTC"

    def _zones_between(self, edge: int) -> dict[int, list[str]]:
        """Return which zones show which offset before the *edge* with that number."""
        if edge not in self._showing:
            showing = self._showing[edge] = {}
            for name, changes in self._changes.items():
                offset = changes[bisect_right(changes, (self._edges[edge - 1], _DAY)) - 1][1]
                showing.setdefault(offset, []).append(name)
        return self._showing[edge]


def _changes(zone: ZoneInfo, first: int, last: int) -> list[tuple[int, int]]:
    """Return since when *zone* has had which offset, from *first* to *last*."""
    found = [(first, _offset(zone, first))]
    at = first
    while at < last:
        # The shortest stretch since 1970 is America/Recife's of October 2000, an hour short of 7 days.
        before, after = at, min(at + 6 * _DAY, last)
        at = after
        offset = found[-1][1]
        if _offset(zone, after) != offset:
            while after - before > 1:
                middle = (before + after) // 2
                if _offset(zone, middle) == offset:
                    before = middle
                else:
                    after = middle
            found.append((after, _offset(zone, after)))
            at = after
    return found


def _offset(zone: ZoneInfo, at: int) -> int:
    offset = datetime.fromtimestamp(at, zone).utcoffset()
    assert offset is not None
    return offset.days * _DAY + offset.seconds
