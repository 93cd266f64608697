"""When members were active together: the intervals, and the total time of pairs."""

from collections.abc import Iterator
from heapq import nlargest
from itertools import combinations
from typing import Any

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from ftlclient.views._heading import heading
from ftlclient.views.formatting import check_rows, fit, shown_as
from ftlcommon.sentences import (
    interval_length,
    interval_times,
    length_words,
    most_together,
    overlap_words,
    present_words,
)
from ftlcommon.wording import counted, distinct_names, hours_and_minutes, window_words
from ftlcommon.zones import zone_of

COLUMNS = ("start_time", "end_time", "seconds", "members")
LONGEST_NAME = 20
MOST_INTERVALS = 15
MOST_IN_MATRIX = 15  # members; of more, the pairs that share most are shown
MOST_PAIRS = 15
_CELL = 7
_NUMBER = 4


class Overlap:
    """The intervals of an answer, the longest or all of them, and the pairs."""

    def __init__(self, answer: dict[str, Any], *, all_intervals: bool = False) -> None:
        self.answer = answer
        ids = [member["id"] for member in answer["members"]]
        names = distinct_names([(member["id"], member["real_name"]) for member in answer["members"]])
        self.names = dict(zip(ids, names, strict=True))
        self.all_intervals = all_intervals
        check_rows(len(answer["stretches"]) if all_intervals else 0)
        self.words = window_words(answer["window"], (), zone_of(answer["tz"]))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the intervals, then the matrix in as many blocks as the width requires, or the pairs."""
        intervals = self.answer["stretches"]
        yield heading("Time active together", *self.words)
        if not self.names:
            yield Text("no activity", "italic")
            return
        yield from self._totals(len(intervals))
        if intervals:
            yield Text()
            yield from self._intervals(options)
        if len(self.names) > 1:
            yield Text()
            yield from self._pairs(options)

    def _totals(self, intervals: int) -> Iterator[Text]:
        total, others = overlap_words(self.answer)
        yield Text.assemble((total, "bold"), f", {counted(intervals, 'interval')}")
        if others:
            yield Text(others, "dim")
        most = most_together(self.answer)
        if not intervals and 1 < most < int(self.answer["min_members"]):
            yield Text(f"At most {most} were active at the same time; --min {most} shows when", "yellow")

    def _intervals(self, options: ConsoleOptions) -> Iterator[Text]:
        intervals = self.answer["stretches"]
        if self.all_intervals:
            yield Text("Intervals, in order of time", "bold")
            shown = intervals
        else:
            shown = nlargest(MOST_INTERVALS, intervals, key=interval_length)
            title = Text.assemble(("Intervals, longest first", "bold"))
            if len(shown) < len(intervals):
                title.append(f": {len(shown)} of {len(intervals):,}, --all-intervals shows all", "dim")
            yield title
        times = [interval_times(interval) for interval in shown]
        width = max(map(len, times))
        names = {id_: shown_as(name, ascii_only=options.ascii_only) for id_, name in self.names.items()}

        def cut(text: str, space: float) -> str:
            return fit(text, max(1, int(space)), ascii_only=options.ascii_only).rstrip()

        for interval, when in zip(shown, times, strict=True):
            length = interval_length(interval)
            row = Text(f"  {when:{width}}", no_wrap=True)
            row.append(f" {hours_and_minutes(length) if length else '<0:01':>6}  ", "green")
            space = max(8, options.max_width - row.cell_len)
            row.append(present_words(interval["members"], names, space, cell_len, cut), "dim")
            yield row

    def _pairs(self, options: ConsoleOptions) -> Iterator[Text]:
        if len(self.names) <= MOST_IN_MATRIX:
            yield Text("Time together per pair; on the diagonal, each member's total", "bold")
            yield from self._matrix(options)
            return
        matrix = self.answer["matrix"]
        sharing = [(matrix[a][b], -a, -b) for a, b in combinations(range(len(matrix)), 2) if matrix[a][b]]
        shown = nlargest(MOST_PAIRS, sharing)
        title = Text.assemble(("Pairs with the most time together", "bold"))
        if len(shown) < len(sharing):
            title.append(f": {len(shown)} of {len(sharing):,}", "dim")
        yield title
        names = list(self.names.values())
        space = max(8, (options.max_width - 2 - 9 - 5) // 2)
        for seconds, a, b in shown:
            pair = [
                fit(names[-index], min(space, LONGEST_NAME), ascii_only=options.ascii_only).rstrip()
                for index in (a, b)
            ]
            yield Text.assemble((f"  {length_words(seconds):>7}  ", "green"), " and ".join(pair), no_wrap=True)

    def _matrix(self, options: ConsoleOptions) -> Iterator[Text]:
        names = list(self.names.values())
        longest = max(cell_len(shown_as(name, ascii_only=options.ascii_only)) for name in names)
        name_width = _NUMBER + max(6, min(longest, LONGEST_NAME, options.max_width - _NUMBER - 2 * _CELL))
        columns = max(1, (options.max_width - name_width) // _CELL)
        for first in range(0, len(names), columns):
            shown = range(first, min(first + columns, len(names)))
            if first:
                yield Text()
            yield Text(
                " " * name_width + "".join(f"{column + 1:>{_CELL}}" for column in shown), "dim", no_wrap=True
            )
            for index, name in enumerate(names):
                shown_name = fit(name, name_width - _NUMBER, ascii_only=options.ascii_only)
                row = Text.assemble((f"{index + 1:>{_NUMBER - 1}} ", "dim"), shown_name, no_wrap=True)
                for column in shown:
                    seconds = self.answer["matrix"][index][column]
                    cell = length_words(seconds) if seconds else "-"
                    row.append(f"{cell:>{_CELL}}", "bold" if column == index else "green" if seconds else "dim")
                yield row


def rows(answer: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Yield a row of COLUMNS for each interval; its members are separated by spaces."""
    for interval in answer["stretches"]:
        yield (*(interval[key] for key in COLUMNS[:3]), " ".join(interval["members"]))
