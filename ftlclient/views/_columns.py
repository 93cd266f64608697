"""The columns of a time axis: how much of each a member was active, and where it is night for them."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate, pairwise
from operator import attrgetter

from rich.text import Text

from ftlclient.api.models import ActivityPeriod
from ftlclient.views.formatting import in_runs, level
from ftlcommon import zones
from ftlcommon.wording import hours_and_minutes
from ftlcommon.zones import NIGHT_BEGINS, NIGHT_ENDS, Zone


class Columns:
    """Consecutive columns, from each of *edges* to the next."""

    def __init__(self, edges: Sequence[datetime]) -> None:
        self._edges = edges
        self._nights: dict[Zone, list[bool]] = {}

    @classmethod
    def even(cls, start: datetime, end: datetime, width: int) -> "Columns":
        """Return *width* columns of the same length, so that a day of 23 or 25 hours is drawn to scale."""
        return cls([start + (end - start) * column / width for column in range(width + 1)])

    @classmethod
    def wall_clock(cls, day: date, tz: Zone, width: int) -> "Columns":
        """Return *width* columns of the same length on the wall clock, so that days can stand below each other.

        A column that occurs twice is twice as long, and one that the clock skipped is empty.
        """
        start, end = zones.day_edges(day, tz)
        midnight = datetime.combine(day, time())
        walls = (midnight + timedelta(days=1) * column / width for column in range(width + 1))
        # A wall clock that was skipped lies too late with the offset of before, so each edge is at most the next.
        edges = [min(max(wall.replace(tzinfo=tz).astimezone(UTC), start), end) for wall in walls]
        return cls(list(accumulate(reversed(edges), min))[::-1])

    def row(self, periods: Sequence[ActivityPeriod], own: Zone, *, ascii_only: bool) -> Text:
        """Return the bars of *periods*, which are in order and do not overlap; *own* is their member's zone."""
        if own not in self._nights:
            self._nights[own] = [
                after > before and zones.is_night(before + (after - before) / 2, own)
                for before, after in pairwise(self._edges)
            ]
        night_mark = "." if ascii_only else "·"
        return in_runs(
            (level(share, ascii_only=ascii_only), "magenta" if night else "green")
            if share
            else (night_mark if night else " ", "dim")
            for share, night in zip(self.shares(periods), self._nights[own], strict=True)
        )

    def shares(self, periods: Sequence[ActivityPeriod]) -> list[float]:
        """Return the active share, from 0 to 1, of each column."""
        edges = self._edges
        found = [timedelta()] * (len(edges) - 1)
        for period in periods:
            column = max(0, bisect_right(edges, period.start_time) - 1)
            while column < len(found) and edges[column] < period.end_time:
                begun, done = max(period.start_time, edges[column]), min(period.end_time, edges[column + 1])
                found[column] += max(done - begun, timedelta())
                column += 1
        return [
            length / (after - before) if length else 0.0
            for length, (before, after) in zip(found, pairwise(edges), strict=True)
        ]


def within(periods: Sequence[ActivityPeriod], start: datetime, end: datetime) -> list[ActivityPeriod]:
    """Return the parts within [start, end) of *periods*, which are in order and do not overlap."""
    if start == end:  # a day that the zone skipped
        return []
    first = bisect_right(periods, start, key=attrgetter("end_time"))
    after = bisect_left(periods, end, key=attrgetter("start_time"))
    return [
        ActivityPeriod(max(period.start_time, start), min(period.end_time, end)) for period in periods[first:after]
    ]


def seconds_within(periods: Sequence[ActivityPeriod], start: datetime, end: datetime) -> float:
    """Return how long the part within [start, end) of *periods* is."""
    return sum((period.length for period in within(periods, start, end)), timedelta()).total_seconds()


def legend(minutes: float, *, ascii_only: bool) -> Text:
    """Return what the bars of columns of that length mean."""
    low, half, full = (level(share, ascii_only=ascii_only) for share in (0.01, 0.5, 1))
    length = f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:g} h"
    night = f"{'.' if ascii_only else '·'} night there ({NIGHT_BEGINS}-{NIGHT_ENDS:02})"
    return Text(f"{low}{half}{full} active some, half, all of {length}  {night}", "dim")


def active_cell(minutes: int, periods: Sequence[ActivityPeriod]) -> str:
    """Return how long a member was active, in whole minutes, or a dash if not at all."""
    if not periods:
        return "-"
    return hours_and_minutes(timedelta(minutes=minutes)) if minutes else "<0:01"
