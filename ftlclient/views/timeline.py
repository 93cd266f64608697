"""Who was active when: a block for each day, with one time axis and a row for each member."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from operator import attrgetter
from typing import Any

from rich.cells import cell_len, set_cell_size
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from ftlclient import time_ranges
from ftlclient.api.models import ActivityPeriod, Member, union
from ftlclient.time_ranges import Zone
from ftlclient.views.formatting import check_rows, hours_and_minutes, level
from ftlcommon.terminal import safe

LONGEST_NAME = 20
TOTAL_WIDTH = 6
NARROWEST_AXIS = 24


class Timeline:
    """The timeline of *members* on *days*, on the clock of *tz*, or on each member's own.

    The height of a bar shows how much of its time the member was active; a dot is night time. All columns cover
    the same length of time, so a day of 23 or 25 hours is drawn to scale.
    """

    def __init__(self, members: Sequence[Member], days: Sequence[date], tz: Zone | None, now: datetime) -> None:
        self.members = members
        self.active = [union(member.activity_periods) for member in members]
        self.days = days
        self.tz = tz
        self.now = now

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw as wide as the terminal allows."""
        names = [safe(member.real_name) for member in self.members]
        longest = max(map(cell_len, names), default=0)
        space = max(8, options.max_width - NARROWEST_AXIS - TOTAL_WIDTH - 3)
        name_width = min(longest, LONGEST_NAME, space)
        width = max(NARROWEST_AXIS, options.max_width - name_width - TOTAL_WIDTH - 3)
        for number, day in enumerate(self.days):
            if number:
                yield Text()
            yield self._title(day)
            yield self._axis(day, name_width, width, ascii_only=options.ascii_only)
            for name, member, active in zip(names, self.members, self.active, strict=True):
                row = Text(set_cell_size(name, name_width) + "  ", no_wrap=True)
                start, end = self._edges(day, member)
                periods = _within(active, start, end)
                row.append_text(_row(member, periods, start, end, width, ascii_only=options.ascii_only))
                length = sum((period.length for period in periods), timedelta())
                row.append(f" {hours_and_minutes(length) if length else '-':>{TOTAL_WIDTH}}")
                yield row

    def _title(self, day: date) -> Text:
        title = Text(f"{day:%a %Y-%m-%d}", "bold")
        if self.tz is None:
            title.append("  each member's own clock", "dim")
            return title
        start, end = time_ranges.day_edges(day, self.tz)
        title.append(f"  {self.tz.key}", "dim")
        if (hours := (end - start) / timedelta(hours=1)) != 24:
            title.append(f", a day of {hours:g} hours", "yellow")
        return title

    def _axis(self, day: date, name_width: int, width: int, *, ascii_only: bool) -> Text:
        tz = self.tz or time_ranges.UTC_ZONE
        start, end = time_ranges.day_edges(day, tz)
        marks = [" "] * (width + 2)
        reached = 0
        for column in range(width):
            begun, done = (start + (end - start) * edge / width for edge in (column, column + 1))
            hour = _hour_between(begun.astimezone(tz), done.astimezone(tz))
            if hour is not None and hour.hour % (3 if width >= 48 else 6) == 0 and column >= reached:
                marks[column : column + 2] = f"{hour.hour:02}"
                reached = column + 3
        axis = Text(" " * (name_width + 2) + "".join(marks[:width]), "dim", no_wrap=True)
        if self.tz is not None and start <= self.now < end:
            at = name_width + 2 + int((self.now - start) / (end - start) * width)
            axis = axis[:at] + Text("v" if ascii_only else "▼", "bold red") + axis[at + 1 :]
        return axis

    def _edges(self, day: date, member: Member) -> tuple[datetime, datetime]:
        return time_ranges.day_edges(day, self.tz or time_ranges.zone(member.tz) or time_ranges.UTC_ZONE)


def days(members: Sequence[Member], window: Mapping[str, Any], tz: Zone | None) -> list[date]:
    """Return the days to draw for the *window* of an answer; without ``from`` they begin with the first period."""
    found = set()
    for member in members:
        zone = tz or time_ranges.zone(member.tz) or time_ranges.UTC_ZONE
        own = window.get("by_member", {}).get(member.id, window)
        end = datetime.fromisoformat(own["to"]) - timedelta(microseconds=1)
        start = end
        if own.get("from") is not None:
            start = datetime.fromisoformat(own["from"])
        elif member.activity_periods:
            start = member.activity_periods[0].start_time
        found |= {start.astimezone(zone).date(), end.astimezone(zone).date()}
    count = (max(found) - min(found)).days + 1
    check_rows(count * len(members))
    return [min(found) + timedelta(days=number) for number in range(count)]


def _within(periods: Sequence[ActivityPeriod], start: datetime, end: datetime) -> list[ActivityPeriod]:
    """Return the parts within [start, end) of *periods*, which are in order and do not overlap."""
    if start == end:  # a day that the zone skipped
        return []
    first = bisect_right(periods, start, key=attrgetter("end_time"))
    after = bisect_left(periods, end, key=attrgetter("start_time"))
    return [
        ActivityPeriod(max(period.start_time, start), min(period.end_time, end)) for period in periods[first:after]
    ]


def _row(
    member: Member,
    periods: Sequence[ActivityPeriod],
    start: datetime,
    end: datetime,
    width: int,
    *,
    ascii_only: bool,
) -> Text:
    own = time_ranges.zone(member.tz) or time_ranges.UTC_ZONE
    row = Text(no_wrap=True)
    for column, share in enumerate(_shares(periods, start, end, width)):
        night = end > start and time_ranges.is_night(start + (end - start) * (column + 0.5) / width, own)
        if share:
            row.append(level(share, ascii_only=ascii_only), "magenta" if night else "green")
        else:
            row.append(("." if ascii_only else "·") if night else " ", "dim")
    return row


def _shares(periods: Iterable[ActivityPeriod], start: datetime, end: datetime, width: int) -> list[float]:
    """Return the active share, from 0 to 1, of each of *width* equal parts of [start, end)."""
    shares = [0.0] * width
    reached = 0.0
    for period in periods:
        # Overlapping time counts once.
        at = max(reached, (period.start_time - start) / (end - start) * width)
        reached = max(reached, (period.end_time - start) / (end - start) * width)
        while at < reached:
            column = min(int(at), width - 1)
            ahead = min(column + 1.0, reached)
            shares[column] += ahead - at
            at = ahead if column < width - 1 else reached
    return shares


def _hour_between(begun: datetime, done: datetime) -> datetime | None:
    """Return the first full hour of the wall clock in [begun, done), or None."""
    hour = begun.replace(minute=0, second=0, microsecond=0)
    if hour < begun:
        hour += timedelta(hours=1)
    return hour if hour < done else None
