"""The activity periods of each member, as tables and as rows."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ftlclient import time_ranges
from ftlclient.api.models import ActivityPeriod, Member
from ftlclient.views.formatting import check_rows, hours_and_minutes, plain
from ftlcommon.terminal import safe

COLUMNS = ("user_id", "real_name", "tz", "start_time", "end_time", "seconds")


def view(members: Sequence[Member], now: datetime) -> RenderableType:
    """Return a table with a title for each member, on the member's own clock."""
    check_rows(sum(1 + len(member.activity_periods) for member in members))
    parts: list[RenderableType] = []
    for member in members:
        parts += [_title(member, now), _table(member), Text()]
    return Group(*parts[:-1])


def rows(members: Sequence[Member]) -> Iterator[tuple[str, ...]]:
    """Yield a row of COLUMNS for each period."""
    for member in members:
        who = (safe(member.id), safe(member.real_name), safe(member.tz))
        for period in member.activity_periods:
            seconds = f"{period.length.total_seconds():.6f}".rstrip("0").rstrip(".")
            yield (*who, period.start_time.isoformat(), period.end_time.isoformat(), seconds)


def _title(member: Member, now: datetime) -> Text:
    title = Text(no_wrap=True, overflow="ignore")
    title.append_text(plain(member.real_name, "bold"))
    title.append_text(plain(f"  {member.id}", "cyan"))
    title.append("\n")
    title.append_text(plain(member.tz, "dim"))
    tz = time_ranges.zone(member.tz)
    if tz is not None:
        title.append(f", {now.astimezone(tz):%a %H:%M} there now", "dim")
    return title


def _table(member: Member) -> RenderableType:
    if not member.activity_periods:
        return Text("no activity", "italic")
    table = Table(box=box.SIMPLE_HEAD, show_footer=True, pad_edge=False, padding=(0, 1))
    table.add_column("Date", "Total", min_width=10)
    table.add_column("Start", no_wrap=True)
    table.add_column("End", no_wrap=True)
    table.add_column("Length", hours_and_minutes(member.active), justify="right", no_wrap=True)
    for period in member.activity_periods:
        start, end = period.start_time, period.end_time
        table.add_row(f"{start:%Y-%m-%d %a}", f"{start:%H:%M}", _end(period), hours_and_minutes(end - start))
    return table


def _end(period: ActivityPeriod) -> str:
    days = (period.end_time.date() - period.start_time.date()).days
    return f"{period.end_time:%H:%M}" + (f" +{days}" if days else "")
