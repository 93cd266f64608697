"""How long members were active day by day, week by week or month by month: a row of shaded cells for each."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from ftlclient.errors import ConfigError
from ftlclient.views._heading import heading
from ftlclient.views._scale import Scale
from ftlclient.views.formatting import axis, check_rows, column, in_runs
from ftlcommon.summary_units import UNITS, next_unit, seconds_of, unit_start
from ftlcommon.wording import distinct_names, hours_and_minutes, window_words
from ftlcommon.zones import Zone, zone_of

LONGEST_NAME = 18  # 31 days of 3 columns fit beside it in 120
_TOTAL = 8
_WIDEST = {"day": 3, "week": 2, "month": 5, "year": 6}


class Cells:
    """The members of a summary *per* day, week or month, of days in *tz* or on each member's own clock.

    Where there are more of them than columns, the cells stand for the next longer unit.
    """

    def __init__(self, answer: Mapping[str, Any], per: str, tz: Zone | None, now: datetime) -> None:
        members = answer["members"]
        check_rows(len(members))
        self.per = per
        self.rows = [
            (member, seconds_of(member, per), now.astimezone(tz or zone_of(member["tz"])).date())
            for member in members
        ]
        self.names = distinct_names([(member["id"], member["real_name"]) for member in members])
        self.words = window_words(answer["window"], ((member["id"], member["tz"]) for member in members), tz)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw cells as wide as the terminal allows."""
        ascii_only = options.ascii_only
        most = min(LONGEST_NAME, options.max_width // 4)
        name_width, names = column(self.names, most, ascii_only=ascii_only)
        space = options.max_width - name_width - 1 - _TOTAL
        per, units = self._units(space)
        yield heading(f"Active time per {per}", *self.words)
        if not units:
            yield Text("no activity", "italic")
            return
        cell = max(1, min(_WIDEST[per], space // len(units)))
        mark = cell - 1 if cell >= 3 else cell
        line = axis(_labels(per, units, cell), len(units) * cell)
        yield Text(f"{'':{name_width + 1}}{line}{'Active':>{_TOTAL}}", "dim", no_wrap=True)
        folded = [_folded(found, per) for _, found, _ in self.rows]
        scale = Scale(seconds for found in folded for seconds in found.values())
        for (member, _, today), name, found in zip(self.rows, names, folded, strict=True):
            row = Text(f"{name} ", no_wrap=True)
            seconds = (_been(found.get(unit), unit, today) for unit in units)
            shades = (scale.cell(value, ascii_only=ascii_only, width=mark) for value in seconds)
            row.append_text(in_runs((text.ljust(cell), style) for text, style in shades))
            active = hours_and_minutes(timedelta(seconds=member["active_seconds"]))
            row.append(f"{active if member['active_seconds'] else '-':>{_TOTAL}}")
            yield row
        yield scale.legend(per, ascii_only=ascii_only)

    def _units(self, space: int) -> tuple[str, list[date]]:
        """Return the shortest unit whose cells fit into *space*, and the first day of each cell."""
        been = {day for _, found, today in self.rows for day, seconds in found.items() if seconds or day <= today}
        listed = been or {day for _, found, _ in self.rows for day in found}
        units: list[date] = []
        for per in UNITS[UNITS.index(self.per) :]:
            units = [unit_start(per, min(listed))] if listed else []
            while units and units[-1] < unit_start(per, max(listed)) and len(units) <= space:
                units.append(next_unit(per, units[-1]))
            if len(units) <= space:
                return per, units
        raise ConfigError("the terminal is too narrow for so many years; ask for a shorter window")


def _folded(found: Mapping[date, float], per: str) -> dict[date, float]:
    folded: dict[date, float] = {}
    for day, seconds in found.items():
        start = unit_start(per, day)
        folded[start] = folded.get(start, 0.0) + seconds
    return folded


def _been(seconds: float | None, unit: date, today: date) -> float | None:
    """Return None for a unit that is still to come."""
    return None if unit > today and not seconds else seconds


def _labels(per: str, units: Sequence[date], cell: int) -> Iterator[tuple[int, str]]:
    """Yield the labels of an axis with their columns: dates, months, years."""
    for number, unit in enumerate(units):
        at = number * cell
        if per == "day":
            if cell >= 3 or number == 0 or unit.weekday() == 0:
                yield at, f"{unit:%d}"
        elif per == "year":
            yield at, f"{unit:%Y}"
        else:
            days = range(7) if per == "week" else range(1)
            first = next((day for n in days if (day := unit + timedelta(days=n)).day == 1), None)
            if first is not None:
                yield at, f"{first:%Y}" if first.month == 1 else f"{first:%b}"
