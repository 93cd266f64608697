"""When one member was active: a row for each day below one axis of hours, and the total."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from ftlclient.api.models import Member, union
from ftlclient.views._columns import Columns, active_cell, legend, within
from ftlclient.views._heading import heading
from ftlclient.views.formatting import axis, fit
from ftlcommon.wording import hours_and_minutes, in_minutes, window_words
from ftlcommon.zones import Zone, day_edges, zone_of

_LABEL = 11
_TOTAL = 7


class Days:
    """The *days* of a member on the clock of *tz*, or on their own; the same hours stand below each other."""

    def __init__(
        self, member: Member, days: Sequence[date], tz: Zone | None, now: datetime, window: Mapping[str, Any]
    ) -> None:
        self.member = member
        self.own = zone_of(member.tz)
        self.tz = tz or self.own
        self.active = union(member.activity_periods)
        last = max((now, *(period.end_time for period in self.active))).astimezone(self.tz).date()
        self.days = [day for day in days if day <= last] or days
        self.words = window_words(window, [(member.id, member.tz)], self.tz)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw as wide as the terminal allows."""
        ascii_only = options.ascii_only
        width = max(24, options.max_width - _LABEL - _TOTAL)
        name = fit(self.member.real_name, 40, ascii_only=ascii_only).rstrip()
        yield heading(f"{name}: active time", *self.words)
        step = 3 if width >= 48 else 6
        hours = ((-(-hour * width // 24), f"{hour:02}") for hour in range(0, 24, step))
        yield Text(f"{'':{_LABEL}}{axis(hours, width)}{'Active':>{_TOTAL}}", "dim", no_wrap=True)
        found = [within(self.active, *day_edges(day, self.tz)) for day in self.days]
        seconds = [sum(period.length.total_seconds() for period in periods) for periods in found]
        for day, periods, minutes in zip(self.days, found, in_minutes(seconds), strict=True):
            row = Text(no_wrap=True)
            row.append(f"{day:%a %m-%d}".ljust(_LABEL), "dim" if day.weekday() >= 5 else "")
            row.append_text(Columns.wall_clock(day, self.tz, width).row(periods, self.own, ascii_only=ascii_only))
            row.append(active_cell(minutes, periods).rjust(_TOTAL))
            yield row
        total = hours_and_minutes(timedelta(seconds=sum(seconds)))
        yield Text(f"{'Total':{_LABEL + width}}{total:>{_TOTAL}}", "bold", no_wrap=True)
        yield legend(24 * 60 / width, ascii_only=ascii_only)
