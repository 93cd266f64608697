"""The best times to meet: a row for each member, a column for each time, with the member's clock in the cells."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from ftlclient.views._heading import heading
from ftlclient.views.formatting import check_rows, fit, shown_as
from ftlcommon.sentences import (
    ATTENDANCES,
    attendances,
    change_words,
    meeting_words,
    member_clock,
    not_counted_words,
)
from ftlcommon.wording import distinct_names, time_of_day, window_words
from ftlcommon.zones import zone_of

COLUMNS = (
    *("rank", "start_time", "end_time", "expected_attendance", "outside_usual_hours"),
    *("user_id", "local_time", "expected", "usual", "attendance"),
)
LONGEST_NAME = 20
_SHORTEST_NAME = 8
_GAP = 2

# How likely a member is there, in the words of an answer: a mark in ASCII, and a style.
_MARKS = {"likely": ("*", "green"), "possible": ("+", "yellow"), "unlikely": (".", "red"), "unknown": ("?", "dim")}


class Meeting:
    """The proposed slots, best first, and the clock changes until then."""

    def __init__(self, answer: dict[str, Any]) -> None:
        check_rows(len(answer["members"]) * len(answer["slots"]) + len(answer["changes"]))
        self.answer = answer
        self.tz = zone_of(answer["tz"])
        people = [(member["id"], member["real_name"]) for member in answer["members"]]
        self.names = dict(zip((id_ for id_, _ in people), distinct_names(people), strict=True))
        self.judged = [member["id"] for member in answer["members"] if member["enough_history"]]
        self.unknown = [member for member in answer["members"] if not member["enough_history"]]
        self.members = [{member["id"]: member for member in slot["members"]} for slot in answer["slots"]]
        self.week = window_words(answer["week"], (), self.tz)
        self.window = window_words(answer["window"], (), self.tz)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the table in as many blocks as the width requires."""
        ascii_only = options.ascii_only
        yield heading("Best times to meet", *self.week)
        yield Text(f"from the activity of {self.window[0]}", "dim")
        if not self.answer["slots"]:
            yield Text("no activity in this window", "italic")
        else:
            yield Text()
            yield Text(meeting_words(self.answer), "bold")
            yield from self._table(options)
            yield Text()
            yield self._legend(ascii_only=ascii_only)
        names = {id_: shown_as(name, ascii_only=ascii_only) for id_, name in self.names.items()}
        if self.unknown:
            yield Text(not_counted_words(self.answer, names), "dim")
        if self.answer["changes"]:
            yield Text()
        for change in self.answer["changes"]:
            yield Text(change_words(change, names), "yellow")

    def _counts(self, number: int) -> Counter[str]:
        """Return how many of those who can be judged have each attendance at a slot."""
        return attendances(self.answer, self.answer["slots"][number])

    def _table(self, options: ConsoleOptions) -> Iterator[Text]:
        ascii_only = options.ascii_only
        rows_ = list(self._rows(ascii_only=ascii_only))
        cell_width = _GAP + max(len(text) for _, cells in rows_ for text, _ in cells)
        slots = len(self.answer["slots"])
        longest = max(cell_len(shown_as(title, ascii_only=ascii_only)) for title, _ in rows_)
        space = options.max_width - cell_width * slots
        name_width = max(_SHORTEST_NAME, min(longest, LONGEST_NAME, space))
        in_block = max(1, (options.max_width - name_width) // cell_width)
        for first in range(0, slots, in_block):
            yield Text()
            for title, cells in rows_:
                row = Text(fit(title, name_width, ascii_only=ascii_only), no_wrap=True, overflow="crop")
                for text, style in cells[first : first + in_block]:
                    row.append(" " * _GAP).append(text.ljust(cell_width - _GAP), style)
                yield row

    def _rows(self, *, ascii_only: bool) -> Iterator[tuple[str, list[tuple[str, str]]]]:
        """Yield the title of each row, and the text and style of its cells."""
        slots = self.answer["slots"]
        starts = [_start(slot) for slot in slots]
        yield "", [(f"{start:%a %d}", "bold") for start in starts]
        yield "", [(time_of_day(start), "bold") for start in starts]
        for id_ in [*self.judged, *(member["id"] for member in self.unknown)]:
            there = zip(self.members, starts, strict=True)
            yield self.names[id_], [_cell(slot.get(id_), start, ascii_only=ascii_only) for slot, start in there]
        judged = len(self.judged)
        yield "likely", [(f"{self._counts(number)['likely']} of {judged}", "dim") for number in range(len(slots))]
        yield "expected", [(f"{slot['expected_attendance']:g}", "dim") for slot in slots]

    def _legend(self, *, ascii_only: bool) -> Text:
        """Return what the cells of the table mean."""
        there = {member["attendance"] for slot in self.members for member in slot.values()}
        marks = [
            f"{_MARKS[name][0] if ascii_only else mark} {meaning}"
            for name, (mark, meaning) in ATTENDANCES.items()
            if name in there
        ]
        text = "Cells are the member's clock, with +1 or -1 on another day; best times first, by those expected"
        return Text("\n".join((f"{'  '.join(marks)}", text)), "dim")


def rows(answer: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Yield a row of COLUMNS for each member of each slot."""
    for rank, slot in enumerate(answer["slots"], 1):
        for member in slot["members"]:
            yield (
                rank,
                *(slot[key] for key in COLUMNS[1:5]),
                member["id"],
                *(member[key] for key in ("local_time", "expected")),
                "yes" if member["usual"] else "no",
                member["attendance"],
            )


def _start(slot: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(slot["start_time"])


def _cell(member: dict[str, Any] | None, start: datetime, *, ascii_only: bool) -> tuple[str, str]:
    """Return the clock of a member at the *start* of a slot, marked and styled by how likely they are there."""
    if member is None:
        return "", ""
    attendance = member["attendance"] if member["attendance"] in ATTENDANCES else "unknown"
    ascii_mark, style = _MARKS[attendance]
    mark = ascii_mark if ascii_only else ATTENDANCES[attendance][0]
    return f"{mark}{member_clock(member, start)}", style
