"""Guess a time zone from what clocks in it showed; zone data are those of the ``tzdata`` wheel.

Candidates are UTC and the zones of ``zone1970.tab``, of which no two have had the same clocks since 1970;
other names are aliases of these. Antarctica's stations are left out: their clocks are those of other zones, or, at
Troll, those of a person who works on UTC in winter and on Berlin's time in summer.
"""

import zoneinfo
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from importlib import resources
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ftlcommon.offset_changes import offset_changes

zoneinfo.reset_tzpath([])

# The zones where most people live, in the order in which they are preferred where they explain as much. London
# precedes UTC because commits made only in winter fit both, and Sao Paulo precedes Buenos Aires by its people.
POPULOUS = (
    *("Europe/London", "UTC", "Europe/Berlin", "Europe/Kyiv", "Europe/Istanbul", "Europe/Moscow"),
    *("America/New_York", "America/Chicago", "America/Los_Angeles", "America/Denver", "America/Phoenix"),
    *("America/Sao_Paulo", "America/Argentina/Buenos_Aires", "America/Bogota", "America/Mexico_City"),
    *("America/Santiago", "America/Caracas", "Pacific/Honolulu"),
    *("Asia/Kolkata", "Asia/Shanghai", "Asia/Tokyo", "Asia/Jakarta", "Asia/Dhaka", "Asia/Karachi", "Asia/Dubai"),
    *("Asia/Tehran", "Asia/Jerusalem", "Asia/Kathmandu", "Asia/Yangon", "Asia/Kabul"),
    *("Africa/Lagos", "Africa/Johannesburg", "Africa/Cairo", "Africa/Nairobi"),
    *("Australia/Sydney", "Australia/Brisbane", "Australia/Adelaide", "Pacific/Auckland"),
)
# Zones where fewer live, but more than in others with the same clocks.
_NEXT = ("America/Halifax", "Africa/Casablanca")
# If one of those explains some of the clocks, another has to explain a tenth of all more, and not just one.
CLEARLY = 0.1
_NOT_JUST = 1

# A guess that explains less is worth a look.
WEAK = 0.75
_MOST_LISTED = 10

_DAY = 86_400
_END = 4_102_444_800  # 2100: a later year comes from a clock that was not set


class Guess(NamedTuple):
    """A zone, and how many of the clocks that were seen it explains."""

    zone: str
    right: int
    seen: int

    @property
    def share(self) -> float:
        """Return the share of the clocks that the zone explains, 1 if none were seen."""
        return self.right / self.seen if self.seen else 1.0


def weak(guesses: Iterable[tuple[str, Guess]]) -> list[str]:
    """Return sentences about the guesses for some users that explain little, those with most clocks first."""
    found = sorted(
        ((user_id, guess) for user_id, guess in guesses if guess.share < WEAK),
        key=lambda pair: (-pair[1].seen, pair[0]),
    )
    if not found:
        return []
    lines = [
        f"{user_id}: {guess.zone} fits {guess.share:.0%} of {guess.seen:,} times"
        for user_id, guess in found[:_MOST_LISTED]
    ]
    more = f"and {len(found) - _MOST_LISTED:,} more; " if len(found) > _MOST_LISTED else ""
    return ["these zones are weak guesses:", *lines, f"{more}set one with --tz ADDRESS=ZONE"]


@cache
def candidates() -> tuple[str, ...]:
    """Return the candidates: the populous ones, then those of the table, where a country's largest comes first."""
    table = resources.files("tzdata.zoneinfo").joinpath("zone1970.tab").read_text("utf-8")
    names = [line.split("\t")[2] for line in table.splitlines() if not line.startswith("#")]
    return tuple(
        dict.fromkeys([*POPULOUS, *_NEXT, *(name for name in names if not name.startswith("Antarctica/"))])
    )


class ZoneGuess:
    """The offsets of all candidates from *first* to *last*, in seconds since 1970, both included."""

    def __init__(self, first: int, last: int) -> None:
        self._offsets = {name: _offsets(ZoneInfo(name), first, min(last, _END)) for name in candidates()}
        # No candidate changes its offset between two edges.
        self._edges = sorted({since for offsets in self._offsets.values() for since, _ in offsets})
        self._names_by_offset: dict[int, dict[int, list[str]]] = {}

    def best(self, clocks: Iterable[tuple[int, int]]) -> Guess:
        """Return the zone that explains *clocks*, pairs of an instant and an offset, best.

        That is the populous one whose offset is right for the most of them, unless another explains clearly more.
        The first candidate wins a tie; UTC is returned when none is ever right.
        """
        seen = Counter((bisect_right(self._edges, at), offset) for at, offset in clocks if at < _END)
        right: Counter[str] = Counter()
        for (edge, offset), count in seen.items():
            for name in self._names_before(edge).get(offset, ()):
                right[name] += count
        total = seen.total()
        if not right:
            return Guess("UTC", 0, total)
        populous = max(POPULOUS, key=right.__getitem__)
        other = max(candidates()[len(POPULOUS) :], key=right.__getitem__)
        margin = max(_NOT_JUST, CLEARLY * total) if right[populous] else 0
        zone = other if right[other] > right[populous] + margin else populous
        return Guess(zone, right[zone], total)

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
