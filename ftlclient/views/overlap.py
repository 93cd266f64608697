"""When members were active together: the intervals, and the total time of each pair."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from rich.cells import cell_len, set_cell_size
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from ftlclient.views.formatting import check_rows, counted, hours_and_minutes
from ftlcommon.terminal import safe

COLUMNS = ("start_time", "end_time", "seconds", "members")
LONGEST_NAME = 20
_CELL = 7


class Overlap:
    """The intervals of an answer and the matrix of its pairs."""

    def __init__(self, answer: dict[str, Any]) -> None:
        cells = len(answer["members"]) ** 2 + sum(1 + len(interval["members"]) for interval in answer["stretches"])
        check_rows(cells // 10)
        self.answer = answer
        self.names = {member["id"]: safe(member["real_name"]) for member in answer["members"]}

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the intervals, then the matrix in as many blocks as the width requires."""
        answer = self.answer
        least, count = int(answer["min_members"]), len(self.names)
        who = f"all {count}" if least == count else f"at least {least} of {count}"
        length = hours_and_minutes(timedelta(seconds=answer["overlap_seconds"]))
        intervals = answer["stretches"]
        yield Text(f"{length} with {who} active, {counted(len(intervals), 'interval')}", "bold")
        for interval in intervals:
            yield self._interval(interval, count)
        yield Text("\nTime together per pair; on the diagonal, each member's total", "bold")
        yield from self._matrix(options.max_width)

    def _interval(self, interval: dict[str, Any], count: int) -> Text:
        start, end = (datetime.fromisoformat(interval[key]) for key in ("start_time", "end_time"))
        later = (end.date() - start.date()).days
        row = Text(f"  {start:%Y-%m-%d %a}  {start:%H:%M}-{end:%H:%M}{f' +{later}' if later else '':3}")
        row.append(f" {hours_and_minutes(end - start):>6}  ", "green")
        members = interval["members"]
        row.append("all" if len(members) == count else ", ".join(self.names[id_] for id_ in members), "dim")
        return row

    def _matrix(self, width: int) -> Iterator[Text]:
        names = list(self.names.values())
        name_width = 4 + max(6, min(max(map(cell_len, names)), LONGEST_NAME, width - 4 - 2 * _CELL))
        columns = max(1, (width - name_width) // _CELL)
        for first in range(0, len(names), columns):
            shown = range(first, min(first + columns, len(names)))
            if first:
                yield Text()
            yield Text(
                " " * name_width + "".join(f"{column + 1:>{_CELL}}" for column in shown), "dim", no_wrap=True
            )
            for index, name in enumerate(names):
                row = Text(f"{index + 1:>3} ", "dim", no_wrap=True)
                row.append(set_cell_size(name, name_width - 4), "none")
                for column in shown:
                    seconds = self.answer["matrix"][index][column]
                    cell = hours_and_minutes(timedelta(seconds=seconds)) if seconds else "-"
                    row.append(f"{cell:>{_CELL}}", "bold" if column == index else "green" if seconds else "dim")
                yield row


def rows(answer: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Yield a row of COLUMNS for each interval; its members are separated by spaces."""
    for interval in answer["stretches"]:
        yield (*(interval[key] for key in COLUMNS[:3]), " ".join(interval["members"]))
