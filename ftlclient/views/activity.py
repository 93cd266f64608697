"""The activity periods of each member, as tables and as rows."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from ftlclient.api.models import ActivityPeriod, Member, union
from ftlclient.views._heading import heading
from ftlclient.views.formatting import check_rows, fit, shown_as
from ftlcommon import zones
from ftlcommon.terminal import safe
from ftlcommon.wording import clock_words, hours_and_minutes, time_of_day, window_words
from ftlcommon.zones import Zone

COLUMNS = ("user_id", "real_name", "tz", "start_time", "end_time", "seconds")


class Activity:
    """A table with a title for each member; times are on the clock of *tz*, or as they were recorded.

    Times have seconds where any of them does, so that start, end and length of each row agree.
    """

    def __init__(
        self, members: Sequence[Member], now: datetime, window: Mapping[str, Any] | None, tz: Zone | None
    ) -> None:
        check_rows(sum(1 + len(member.activity_periods) for member in members))
        self.now = now
        self.members = [(member, [_whole(period) for period in member.activity_periods]) for member in members]
        edges = (
            edge
            for _, periods in self.members
            for period in periods
            for edge in (period.start_time, period.end_time)
        )
        self.exact = any(edge.second for edge in edges)
        if window is None:
            zones = (member.tz for member in members)
            self.heading = heading("All activity periods", clock_words(zones, tz))
        else:
            words = window_words(window, ((member.id, member.tz) for member in members), tz)
            self.heading = heading("Activity periods", f"reaching into {words[0]}", words[1])

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """Return the width of the longest title."""
        titles = (cell_len(f"{safe(member.real_name)}  {safe(member.id)}") for member, _ in self.members)
        widest = max(80, self.heading.cell_len, *titles)
        return Measurement(40, min(widest, options.max_width))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the members below each other."""
        yield self.heading
        for member, periods in self.members:
            yield Text()
            yield self._title(member, options)
            yield self._table(periods)
            if sum((period.length for period in periods), timedelta()) != _total(periods):
                yield Text(" periods overlap; time that overlaps counts once", "dim")

    def _title(self, member: Member, options: ConsoleOptions) -> Text:
        name, id_, tz = (
            shown_as(text, ascii_only=options.ascii_only) for text in (member.real_name, member.id, member.tz)
        )
        space = max(8, options.max_width - cell_len(id_) - 2)
        name = name if cell_len(name) <= space else fit(name, space, ascii_only=options.ascii_only)
        title = Text.assemble((name, "bold"), (f"  {id_}", "cyan"), "\n", (tz, "dim"))
        if (zone := zones.zone(member.tz)) is not None:
            title.append(
                f", {self.now.astimezone(zone):%a} {time_of_day(self.now.astimezone(zone))} there now", "dim"
            )
        return title

    def _table(self, periods: Sequence[ActivityPeriod]) -> RenderableType:
        if not periods:
            return Text("no activity", "italic")
        table = Table(box=box.SIMPLE_HEAD, show_footer=True, pad_edge=False, padding=(0, 1))
        table.add_column("Date", "Total", min_width=10)
        table.add_column("Start", no_wrap=True)
        table.add_column("End", no_wrap=True)
        table.add_column("Length", self._length(_total(periods)), justify="right", no_wrap=True)
        for period in periods:
            start, end = period.start_time, period.end_time
            days = (end.date() - start.date()).days
            until = self._clock(end) + (f" +{days}" if days else "")
            table.add_row(f"{start:%Y-%m-%d %a}", self._clock(start), until, self._length(period.length))
        return table

    def _clock(self, time: datetime) -> str:
        return time_of_day(time, seconds=self.exact)

    def _length(self, length: timedelta) -> str:
        if not self.exact:
            return hours_and_minutes(length)
        minutes, seconds = divmod(round(length.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"


def rows(members: Sequence[Member]) -> Iterator[tuple[str, ...]]:
    """Yield a row of COLUMNS for each period."""
    for member in members:
        who = (safe(member.id), safe(member.real_name), safe(member.tz))
        for period in member.activity_periods:
            seconds = f"{period.length.total_seconds():.6f}".rstrip("0").rstrip(".")
            yield (*who, period.start_time.isoformat(), period.end_time.isoformat(), seconds)


def _whole(period: ActivityPeriod) -> ActivityPeriod:
    """Return a period without the fractions of its seconds."""
    return ActivityPeriod(period.start_time.replace(microsecond=0), period.end_time.replace(microsecond=0))


def _total(periods: Sequence[ActivityPeriod]) -> timedelta:
    return sum((period.length for period in union(periods)), timedelta())
