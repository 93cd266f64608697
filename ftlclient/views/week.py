"""When members were active in a week or two: a row for each, with as many columns a day as fit."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from ftlclient.api.models import Member, union
from ftlclient.views._columns import Columns, active_cell, legend, seconds_within, within
from ftlclient.views._heading import heading
from ftlclient.views.formatting import axis, check_rows, column
from ftlcommon.wording import distinct_names, window_words
from ftlcommon.zones import Zone, day_edges, zone_of

LONGEST_NAME = 20
_TOTAL = 7
_PARTS = (24, 12, 8, 6, 4, 3, 2, 1)  # of a day, all of the same number of hours


class Week:
    """The *days* of *members* side by side, on the clock of *tz*, or on each member's own."""

    def __init__(
        self, members: Sequence[Member], days: Sequence[date], tz: Zone | None, window: Mapping[str, Any]
    ) -> None:
        check_rows(len(members))
        self.members = members
        self.names = distinct_names([(member.id, member.real_name) for member in members])
        self.days = days
        self.tz = tz
        self.words = window_words(window, ((member.id, member.tz) for member in members), tz)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw as wide as the terminal allows."""
        ascii_only = options.ascii_only
        most = min(LONGEST_NAME, options.max_width // 4)
        name_width, names = column(self.names, most, ascii_only=ascii_only)
        space = (options.max_width - name_width - 2 - _TOTAL) // len(self.days) - 1
        parts = next((parts for parts in _PARTS if parts <= space), 1)
        yield heading("Active time", *self.words)
        labels = [(number * (parts + 1), _label(day, parts)) for number, day in enumerate(self.days)]
        line = axis(labels, len(self.days) * (parts + 1))
        yield Text(f"{'':{name_width + 2}}{line}{'Active':>{_TOTAL}}", "dim", no_wrap=True)
        columns: dict[Zone, list[Columns]] = {}
        for member, name in zip(self.members, names, strict=True):
            tz = self.tz or zone_of(member.tz)
            if tz not in columns:
                columns[tz] = [Columns.wall_clock(day, tz, parts) for day in self.days]
            active = union(member.activity_periods)
            row = Text(f"{name}  ", no_wrap=True)
            seconds = 0.0
            for day, part in zip(self.days, columns[tz], strict=True):
                edges = day_edges(day, tz)
                row.append_text(part.row(within(active, *edges), zone_of(member.tz), ascii_only=ascii_only))
                row.append("|" if ascii_only else "│", "dim")
                seconds += seconds_within(active, *edges)
            row.append(active_cell(round(seconds / 60), active).rjust(_TOTAL))
            yield row
        yield legend(24 * 60 / parts, ascii_only=ascii_only)


def _label(day: date, width: int) -> str:
    for form in ("%a %Y-%m-%d", "%a %m-%d", "%a %d", "%d", "%a"):
        if len(label := f"{day:{form}}") <= width:
            return label
    return f"{day:%a}"[0]
