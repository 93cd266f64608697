"""When too few members were active: the gaps, the hours of the week, and the hand-overs."""

from collections.abc import Iterator
from heapq import nlargest
from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from ftlclient.views._heading import heading
from ftlclient.views.formatting import check_rows, fit, shown_as
from ftlcommon.sentences import (
    COVERED_HOURS,
    WEEKDAYS,
    coverage_words,
    gap_words,
    interval_length,
    interval_times,
    length_words,
    quiet_words,
)
from ftlcommon.wording import counted, distinct_names, hours_and_minutes, window_words
from ftlcommon.zones import zone_of

LONGEST_NAME = 20
MOST_GAPS = 15
MOST_PAIRS = 15
_DAY_NAME = 4  # columns
# Shares up to none, a quarter, a half, three quarters, all of an hour: a mark, one in ASCII, and a style.
_SHADES = (
    ("·", ".", "red"),
    ("░", "-", "#2e7d32"),
    ("▒", "+", "#388e3c"),
    ("▓", "*", "#4caf50"),
    ("█", "#", "#81c784"),
)


class Coverage:
    """The gaps of an answer, the longest or all of them, a map of the week, and the pairs with most hand-overs."""

    def __init__(self, answer: dict[str, Any], *, all_gaps: bool = False) -> None:
        self.answer = answer
        ids = [member["id"] for member in answer["members"]]
        names = distinct_names([(member["id"], member["real_name"]) for member in answer["members"]])
        self.names = dict(zip(ids, names, strict=True))
        self.all_gaps = all_gaps
        check_rows(len(answer["gaps"]) if all_gaps else 0)
        self.words = window_words(answer["window"], (), zone_of(answer["tz"]))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the shares, the gaps, the week and the hand-overs, one below the other."""
        yield heading("Coverage", *self.words)
        if not self.names:
            yield Text("no activity", "italic")
            return
        yield from self._totals(ascii_only=options.ascii_only)
        if self.answer["gaps"]:
            yield Text()
            yield from self._gaps(options)
        if any(share is not None for share in self.answer["hours"]):
            yield Text()
            yield from self._week(options)
        if self.answer["hand_overs"]:
            yield Text()
            yield from self._hand_overs(options)

    def _totals(self, *, ascii_only: bool) -> Iterator[Text]:
        share, more = coverage_words(self.answer)
        yield Text.assemble((share, "bold"), f", {more}")
        if quiet := quiet_words(self.answer):
            yield Text(shown_as(quiet, ascii_only=ascii_only), "dim")

    def _gaps(self, options: ConsoleOptions) -> Iterator[Text]:
        gaps = self.answer["gaps"]
        if self.all_gaps:
            yield Text("Gaps, in order of time", "bold")
            shown = gaps
        else:
            shown = nlargest(MOST_GAPS, gaps, key=interval_length)
            title = Text.assemble(("Gaps, longest first", "bold"))
            if len(shown) < len(gaps):
                title.append(f": {len(shown)} of {len(gaps):,}, --all-gaps shows all", "dim")
            yield title
        when = [interval_times(gap) for gap in shown]
        width = max(map(len, when))
        for gap, text in zip(shown, when, strict=True):
            length = interval_length(gap)
            row = Text(f"  {text:{width}}", no_wrap=True, overflow="crop")
            row.append(f" {hours_and_minutes(length) if length else '<0:01':>7}  ", "red")
            names = {id_: shown_as(self.names[id_], ascii_only=options.ascii_only) for id_ in _around(gap)}
            space = max(8, options.max_width - row.cell_len)
            row.append(fit(gap_words(gap, names), space, ascii_only=options.ascii_only).rstrip(), "dim")
            yield row

    def _week(self, options: ConsoleOptions) -> Iterator[Text]:
        ascii_only = options.ascii_only
        wide = 2 if options.max_width >= _DAY_NAME + 48 else 1
        step = 3 if wide == 2 else 6
        yield Text("Covered share of each hour of the week", "bold")
        axis = "".join(f"{hour:02}".ljust(step * wide) for hour in range(0, 24, step))
        yield Text(" " * _DAY_NAME + axis, "dim", no_wrap=True)
        for day, name in enumerate(WEEKDAYS):
            row = Text(name.ljust(_DAY_NAME), "dim" if day >= 5 else "", no_wrap=True, overflow="crop")
            for share in self.answer["hours"][day * 24 : day * 24 + 24]:
                mark, style = _cell(share, ascii_only=ascii_only)
                row.append(mark * wide, style)
            yield row
        marks = (shade[1 if ascii_only else 0] for shade in _SHADES)
        yield Text("  ".join(f"{mark} {name}" for mark, name in zip(marks, COVERED_HOURS, strict=True)), "dim")

    def _hand_overs(self, options: ConsoleOptions) -> Iterator[Text]:
        pairs = self.answer["hand_overs"]
        shown = pairs[:MOST_PAIRS]
        title = Text.assemble(("Hand-overs: one leaves while another, who came later, stays", "bold"))
        if len(shown) < len(pairs):
            title.append(f": {len(shown)} of {counted(len(pairs), 'pair')}", "dim")
        yield title
        space = max(8, (options.max_width - 2 - 34 - 4) // 2)
        for pair in shown:
            names = [
                fit(self.names[pair[key]], min(space, LONGEST_NAME), ascii_only=options.ascii_only).rstrip()
                for key in ("from", "to")
            ]
            mean = length_words(pair["seconds"] / pair["count"])
            row = Text(f"  {counted(pair['count'], 'time'):>11}", no_wrap=True, overflow="crop")
            yield row.append(f"  {mean:>6} on average  ", "green").append(" to ".join(names))


def _around(gap: dict[str, Any]) -> list[str]:
    return [*gap["left_last"], *gap["came_first"]]


def _cell(share: float | None, *, ascii_only: bool) -> tuple[str, str]:
    """Return the mark and the style of a share; None is an hour that does not count."""
    if share is None:
        return " ", ""
    *marks, style = _SHADES[-int(-share * 4 // 1)]
    return marks[ascii_only], style
