"""The best times to meet in a coming week, from the hours in which members were active."""

from collections.abc import Mapping, Sequence
from itertools import compress
from typing import Any, NamedTuple

from ftlserver.domain import timezones
from ftlserver.domain.days_and_hours import Piece
from ftlserver.domain.instants import MINUTE
from ftlserver.domain.intervals import Interval
from ftlserver.domain.time_formats import TimeFormat, render_in_zone
from ftlserver.domain.timezones import Zone
from ftlserver.questions.habits import Expected, Habits, attendance, counted, expected

STEP = 30 * MINUTE
Offsets = Mapping[str, Sequence[Piece]]  # of each zone, in the weeks that a question is about


class Slot(NamedTuple):
    """A time to meet, with what can be expected of each member."""

    start: int
    end: int
    expected: Sequence[Expected]

    def total(self, counts: Sequence[bool]) -> float:
        """Return how many of those who count are expected."""
        return round(sum(found.share for found in compress(self.expected, counts)), 6)

    def outside(self, counts: Sequence[bool]) -> int:
        """Return for how many of those who count the slot lies outside their usual hours."""
        return sum(not found.is_usual for found in compress(self.expected, counts))

    def to_json(self, habits: Habits, tz: Zone, time_format: TimeFormat) -> dict[str, Any]:
        counts = counted(habits)
        return {
            "start_time": render_in_zone(self.start, tz, time_format),
            "end_time": render_in_zone(self.end, tz, time_format),
            "expected_attendance": round(self.total(counts), 2),
            "outside_usual_hours": self.outside(counts),
            "members": [
                {
                    "id": one.user.id,
                    "local_time": render_in_zone(self.start, one.user.zone, time_format),
                    "expected": round(found.share, 2),
                    "usual": found.is_usual,
                    "attendance": attendance(one, found),
                }
                for one, found in zip(habits, self.expected, strict=True)
            ],
        }


def offsets_of(habits: Habits, ahead: Interval) -> Offsets:
    """Return the offsets of the members' zones: one list for each zone, instead of a look-up for each slot."""
    return {user.tz: timezones.offset_intervals(*ahead, user.zone) for user, *_ in habits}


def slot(habits: Habits, offsets: Offsets, start: int, end: int) -> Slot:
    """Return the slot [*start*, *end*); the hours of each member are projected with the *offsets* of that time."""
    return Slot(start, end, [expected(shares, offsets[user.tz], start, end) for user, shares, _ in habits])


def slots_of(habits: Habits, week: Interval, duration: int) -> list[Slot]:
    """Return every slot of *duration* within *week*, by start."""
    offsets = offsets_of(habits, week)
    return [
        slot(habits, offsets, start, start + duration) for start in range(week[0], week[1] - duration + 1, STEP)
    ]


def best(slots: Sequence[Slot], counts: Sequence[bool], most: int) -> list[Slot]:
    """Return the best of *slots*, at most *most* and none overlapping a better one.

    The most expected attendance comes first, then the fewest members outside their usual hours, then the
    earliest; members who do not count are ignored, and so are slots at which no one is expected.
    """
    chosen: list[Slot] = []
    for found in sorted(slots, key=lambda one: (-one.total(counts), one.outside(counts), one.start)):
        if len(chosen) == most or found.total(counts) == 0:
            break
        if all(found.end <= other.start or other.end <= found.start for other in chosen):
            chosen.append(found)
    return chosen
