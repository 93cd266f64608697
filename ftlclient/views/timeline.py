"""Who was active when, for a few days: a block for each day, with one time axis and a row for each member."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from ftlclient.api.models import ActivityPeriod, Member, union
from ftlclient.views._columns import Columns, active_cell, legend, seconds_within, within
from ftlclient.views._heading import heading
from ftlclient.views.formatting import axis, check_rows, column
from ftlcommon import zones
from ftlcommon.wording import clock_words, distinct_names, in_minutes, time_of_day, window_words
from ftlcommon.zones import Zone, zone_of

LONGEST_NAME = 20
TOTAL_WIDTH = 6
NARROWEST_AXIS = 24


class Timeline:
    """The timeline of *members* on *days*, on the clock of *tz*, or on each member's own.

    The height of a bar shows how much of its time the member was active; a dot is night time. All columns cover
    the same length of time, so a day of 23 or 25 hours is drawn to scale. *window* is drawn above the days.
    """

    def __init__(
        self,
        members: Sequence[Member],
        days: Sequence[date],
        tz: Zone | None,
        now: datetime,
        window: Mapping[str, Any] | None = None,
    ) -> None:
        self.rows = [(member, union(member.activity_periods)) for member in members]
        self.names = distinct_names([(member.id, member.real_name) for member in members])
        self.days = days
        self.tz = tz
        self.now = now
        self.window = window

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw as wide as the terminal allows."""
        ascii_only = options.ascii_only
        space = max(8, options.max_width - NARROWEST_AXIS - TOTAL_WIDTH - 3)
        name_width, names = column(self.names, min(LONGEST_NAME, space), ascii_only=ascii_only)
        width = max(NARROWEST_AXIS, options.max_width - name_width - TOTAL_WIDTH - 3)
        if self.window is not None:
            people = ((member.id, member.tz) for member, _ in self.rows)
            above = heading("Active time", *window_words(self.window, people, self.tz))
            yield above.append_text(self._hours(self.days[0])) if len(self.days) == 1 else above
        totals = [iter(in_minutes(self._seconds(member, active))) for member, active in self.rows]
        for number, day in enumerate(self.days):
            if self.window is None or len(self.days) > 1:
                if number or self.window is not None:
                    yield Text()
                yield self._title(day)
            for line in self._axis(day, width, ascii_only=ascii_only):
                yield Text(" " * (name_width + 2)) + line
            columns: dict[tuple[datetime, datetime], Columns] = {}
            for (member, active), name, minutes in zip(self.rows, names, totals, strict=True):
                edges = self._edges(day, member)
                if edges not in columns:
                    columns[edges] = Columns.even(*edges, width)
                periods = within(active, *edges)
                row = Text(f"{name}  ", no_wrap=True)
                row.append_text(columns[edges].row(periods, zone_of(member.tz), ascii_only=ascii_only))
                row.append(f" {active_cell(next(minutes), periods):>{TOTAL_WIDTH}}")
                yield row
        yield Text("\n").append_text(legend(24 * 60 / width, ascii_only=ascii_only))

    def _seconds(self, member: Member, active: Sequence[ActivityPeriod]) -> Iterator[float]:
        return (seconds_within(active, *self._edges(day, member)) for day in self.days)

    def _title(self, day: date) -> Text:
        title = Text(f"{day:%a %Y-%m-%d}", "bold")
        title.append(f"  {clock_words((member.tz for member, _ in self.rows), self.tz)}", "dim")
        return title.append_text(self._hours(day))

    def _hours(self, day: date) -> Text:
        """Return how many hours a day has, unless they are 24."""
        if self.tz is not None:
            start, end = zones.day_edges(day, self.tz)
            if (hours := (end - start) / timedelta(hours=1)) != 24:
                return Text(f", a day of {hours:g} hours", "yellow")
        return Text()

    def _axis(self, day: date, width: int, *, ascii_only: bool) -> Iterator[Text]:
        """Yield the current time, in a line of its own as it would cover an hour, and the hours of the day."""
        tz = self.tz or zones.UTC_ZONE
        start, end = zones.day_edges(day, tz)
        if self.tz is not None and start <= self.now < end:
            at = int((self.now - start) / (end - start) * width)
            mark, words = "v" if ascii_only else "▼", f"now {time_of_day(self.now.astimezone(tz))}"
            fits = at + 2 + len(words) <= width
            line = " " * at + f"{mark} {words}" if fits else f"{words} {mark}".rjust(at + 1)
            yield Text(line, "bold red", no_wrap=True)
        edges = [(start + (end - start) * column / width).astimezone(tz) for column in range(width + 1)]
        hours = ((column, _hour_between(*edges[column : column + 2])) for column in range(width))
        step = 3 if width >= 48 else 6
        labels = (
            (column, f"{hour.hour:02}") for column, hour in hours if hour is not None and hour.hour % step == 0
        )
        yield Text(f"{axis(labels, width)} {'Active':>{TOTAL_WIDTH}}", "dim", no_wrap=True)

    def _edges(self, day: date, member: Member) -> tuple[datetime, datetime]:
        return zones.day_edges(day, self.tz or zone_of(member.tz))


def days(members: Sequence[Member], window: Mapping[str, Any], tz: Zone | None) -> list[date]:
    """Return the days to draw for the *window* of an answer; without ``from`` they begin with the first period."""
    found = set()
    for member in members:
        zone = tz or zone_of(member.tz)
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


def _hour_between(begun: datetime, done: datetime) -> datetime | None:
    """Return the first full hour of the wall clock in [begun, done), or None."""
    hour = begun.replace(minute=0, second=0, microsecond=0)
    if hour < begun:
        hour += timedelta(hours=1)
    return hour if hour < done else None
