"""How long each member was active each day, week by week, and the totals."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from rich.cells import cell_len, set_cell_size
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from ftlclient.views.formatting import check_rows, hours_and_minutes, spark_line
from ftlcommon.terminal import safe

COLUMNS = (
    *("user_id", "real_name", "tz", "date", "active_seconds", "length_seconds"),
    *("first_start", "last_end"),
)
LONGEST_NAME = 20
_CELL = 6


class Summary:
    """A block of rows for each week, and one for the totals."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self.members = [
            (
                safe(member["real_name"]),
                {date.fromisoformat(day["date"]): float(day["active_seconds"]) for day in member["days"]},
                timedelta(seconds=member["active_seconds"]),
            )
            for member in answer["members"]
        ]
        self.days = sorted({day for _, found, _ in self.members for day in found})
        self.mondays = sorted({day - timedelta(days=day.weekday()) for day in self.days})
        check_rows((1 + len(self.mondays)) * len(self.members))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the weeks, and the totals with bars as wide as the terminal allows."""
        longest = max((cell_len(name) for name, _, _ in self.members), default=0)
        name_width = max(8, min(longest, LONGEST_NAME, options.max_width - 8 * _CELL - 1))
        for monday in self.mondays:
            yield from self._week(monday, name_width)
            yield Text()
        yield from self._totals(self.days, name_width, options)

    def _week(self, monday: date, name_width: int) -> Iterator[Text]:
        week = [monday + timedelta(days=number) for number in range(7)]
        yield Text(f"{monday:%Y}, week {monday.isocalendar().week}", "bold")
        heads = "".join((f"{day:%a}"[:2] + f"{day: %d}").rjust(_CELL) for day in week)
        yield Text(" " * name_width + heads + "Total".rjust(_CELL + 1), "dim", no_wrap=True)
        for name, found, _ in self.members:
            row = Text(set_cell_size(name, name_width), no_wrap=True)
            for day in week:
                row.append(_cell(found.get(day)), "green" if found.get(day) else "dim")
            spent = sum(found.get(day, 0) for day in week)
            row.append(hours_and_minutes(timedelta(seconds=spent)).rjust(_CELL + 1), "bold")
            yield row

    def _totals(self, days: Sequence[date], name_width: int, options: ConsoleOptions) -> Iterator[Text]:
        if not days:
            yield Text("no activity", "italic")
            return
        count = (days[-1] - days[0]).days + 1
        width = max(7, options.max_width - name_width - 20)
        step = -(-count // width)  # days per block
        yield Text(f"{days[0]} to {days[-1]}", "bold")
        each = "" if step == 1 else f", {step} days a block"
        yield Text(" " * name_width + "Total".rjust(9) + "a day".rjust(8) + f"  day by day{each}", "dim")
        for name, found, total in self.members:
            row = Text(set_cell_size(name, name_width), no_wrap=True)
            row.append(hours_and_minutes(total).rjust(9), "bold")
            row.append(hours_and_minutes(total / count).rjust(8))
            values = [0.0] * -(-count // step)
            for day, seconds in found.items():
                values[(day - days[0]).days // step] += seconds
            row.append("  " + spark_line(values, ascii_only=options.ascii_only), "green")
            yield row


def rows(answer: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Yield a row of COLUMNS for each day of each member."""
    for member in answer["members"]:
        for day in member["days"]:
            yield (
                *(member[key] for key in ("id", "real_name", "tz")),
                *(day[key] for key in ("date", "active_seconds", "length_seconds")),
                *(day.get(key, "") for key in ("first_start", "last_end")),
            )


def _cell(seconds: float | None) -> str:
    if seconds is None:
        return "".rjust(_CELL)
    return (hours_and_minutes(timedelta(seconds=seconds)) if seconds else "-").rjust(_CELL)
