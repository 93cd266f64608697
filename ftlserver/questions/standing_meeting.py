"""A standing meeting: a weekday and a time of day in a zone, and what the clock changes ahead do to it."""

import re
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple

from ftlserver.domain import timezones
from ftlserver.domain.instants import MINUTE, wall_clock
from ftlserver.domain.intervals import Interval
from ftlserver.domain.time_formats import TimeFormat, render_in_zone
from ftlserver.domain.timezones import Zone
from ftlserver.errors import InvalidValueError
from ftlserver.questions.habits import Habit, Habits
from ftlserver.questions.meeting import offsets_of, slot

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_TEXT = re.compile(r"\s*([A-Za-z]{2,9})\s+(\d{1,2}):(\d\d)\s+(\S{1,64})\s*", re.ASCII)


class StandingMeeting(NamedTuple):
    """A meeting on a *weekday*, 0 for Monday, at a time of day, *duration* long, on the clock of *tz*."""

    weekday: int
    at: time
    tz: Zone
    duration: int

    @classmethod
    def from_text(cls, text: str, duration: int) -> "StandingMeeting":
        """Read ``Tue 17:00 Europe/Berlin``; raise InvalidValueError or UnknownZoneError."""
        match = _TEXT.fullmatch(text)
        name = match[1].title() if match else "?"
        days = [number for number, weekday in enumerate(WEEKDAYS) if weekday.startswith(name)]
        if match is None or len(days) != 1 or int(match[2]) > 23 or int(match[3]) > 59:
            raise InvalidValueError("expected a weekday, a time and a zone, such as Tue 17:00 Europe/Berlin")
        return cls(days[0], time(int(match[2]), int(match[3])), timezones.zone(match[4]), duration)

    def starts(self, ahead: Interval) -> Iterator[int]:
        """Yield when it starts within *ahead*; a time that the zone skips is moved on by the gap."""
        day = timezones.date_at(ahead[0], self.tz)
        day += timedelta(days=(self.weekday - day.weekday()) % 7)
        while (start := timezones.nearest_instant_of(datetime.combine(day, self.at), self.tz)) < ahead[1]:
            if start >= ahead[0]:
                yield start
            day += timedelta(days=7)

    def to_json(self) -> dict[str, Any]:
        return {
            "weekday": WEEKDAYS[self.weekday],
            "time": f"{self.at:%H:%M}",
            "tz": self.tz.key,
            "minutes": self.duration // MINUTE,
        }


def moves(
    habits: Habits, meeting: StandingMeeting, ahead: Interval, *, tz: Zone, time_format: TimeFormat
) -> dict[str, Any]:
    """Return *meeting* with the ``first`` slot of those *ahead*, and those at which it moves for someone.

    It moves for the members whose clock shows another weekday or time of day than the week before.
    """
    offsets = offsets_of(habits, (ahead[0], ahead[1] + meeting.duration))
    found: dict[str, Any] = {**meeting.to_json(), "times": 0, "moves": []}
    before = None
    for start in meeting.starts(ahead):
        found["times"] += 1
        moved = [] if before is None else [one for one in habits if _shown(one, start) != _shown(one, before)]
        if before is None or moved:
            shown = slot(habits, offsets, start, start + meeting.duration).to_json(habits, tz, time_format)
            if before is None:
                found["first"] = shown
            else:
                by_member = {one.user.id: render_in_zone(before, one.user.zone, time_format) for one in moved}
                found["moves"].append({**shown, "moved": by_member})
        before = start
    return found


def _shown(habit: Habit, instant: int) -> tuple[int, time]:
    wall = wall_clock(instant, timezones.offset_at(instant, habit.user.zone))
    return wall.weekday(), wall.time()
