"""A table of times to meet: a row for each member, a column for each time, the member's clock in the cells."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.cells import cell_len
from rich.console import ConsoleOptions
from rich.text import Text

from ftlclient.views.formatting import fit, shown_as
from ftlcommon.sentences import ATTENDANCES, attendances, member_clock, slot_days
from ftlcommon.wording import distinct_names, time_of_day

LONGEST_NAME = 20
_SHORTEST_NAME = 8
_GAP = 2

# How likely a member is there, in the words of an answer: a mark in ASCII, and a style.
_MARKS = {"likely": ("*", "green"), "possible": ("+", "yellow"), "unlikely": (".", "red"), "unknown": ("?", "dim")}


class SlotTable:
    """The *slots* of an *answer*; *shares* are the texts of a last column, by member."""

    def __init__(
        self,
        answer: Mapping[str, Any],
        slots: Sequence[Mapping[str, Any]],
        shares: tuple[str, Mapping[str, str]] | None = None,
    ) -> None:
        self.answer = answer
        self.slots = slots
        self.shares = shares
        self.names = names_of(answer)
        self.members = [{member["id"]: member for member in slot["members"]} for slot in slots]
        judged = sorted(answer["members"], key=lambda member: not member["enough_history"])
        self.ids = [member["id"] for member in judged]

    def draw(self, options: ConsoleOptions) -> Iterator[Text]:
        """Yield the table in as many blocks as the width requires."""
        ascii_only = options.ascii_only
        rows = list(self._rows(ascii_only=ascii_only))
        cell_width = _GAP + max(len(text) for _, cells in rows for text, _ in cells)
        columns = len(rows[0][1])
        longest = max(cell_len(shown_as(title, ascii_only=ascii_only)) for title, _ in rows)
        space = options.max_width - cell_width * columns
        name_width = max(_SHORTEST_NAME, min(longest, LONGEST_NAME, space))
        in_block = max(1, (options.max_width - name_width) // cell_width)
        for first in range(0, columns, in_block):
            yield Text()
            for title, cells in rows:
                row = Text(fit(title, name_width, ascii_only=ascii_only), no_wrap=True, overflow="crop")
                for text, style in cells[first : first + in_block]:
                    row.append(" " * _GAP).append(text.ljust(cell_width - _GAP), style)
                yield row

    def legend(self, words: str, *, ascii_only: bool) -> Text:
        """Return what the cells of the table mean."""
        there = {member["attendance"] for slot in self.members for member in slot.values()}
        marks = [
            f"{_MARKS[name][0] if ascii_only else mark} {meaning}"
            for name, (mark, meaning) in ATTENDANCES.items()
            if name in there
        ]
        text = f"Cells are the member's clock, with +1 or -1 on another day; {words}"
        return Text("\n".join((f"{'  '.join(marks)}", text)), "dim")

    def _rows(self, *, ascii_only: bool) -> Iterator[tuple[str, list[tuple[str, str]]]]:
        """Yield the title of each row, and the text and style of its cells."""
        starts = [start_of(slot) for slot in self.slots]
        head, by_member = self.shares or ("", {})
        more = bool(self.shares)
        yield "", [(day, "bold") for day in slot_days(starts)] + [(head, "bold")] * more
        yield "", [(time_of_day(start), "bold") for start in starts] + [("", "")] * more
        for id_ in self.ids:
            cells = [
                _cell(slot.get(id_), start, ascii_only=ascii_only)
                for slot, start in zip(self.members, starts, strict=True)
            ]
            yield self.names[id_], cells + [(by_member.get(id_, ""), "")] * more
        judged = sum(member["enough_history"] for member in self.answer["members"])
        likely = [f"{attendances(self.answer, slot)['likely']} of {judged}" for slot in self.slots]
        yield "likely", [(text, "dim") for text in likely] + [("", "")] * more
        expected = [f"{slot['expected_attendance']:g}" for slot in self.slots]
        yield "expected", [(text, "dim") for text in expected] + [("", "")] * more


def names_of(answer: Mapping[str, Any]) -> dict[str, str]:
    """Return the names of the members of an answer by their ids."""
    people = [(member["id"], member["real_name"]) for member in answer["members"]]
    return dict(zip((id_ for id_, _ in people), distinct_names(people), strict=True))


def start_of(slot: Mapping[str, Any]) -> datetime:
    """Return when a slot starts."""
    return datetime.fromisoformat(slot["start_time"])


def _cell(member: Mapping[str, Any] | None, start: datetime, *, ascii_only: bool) -> tuple[str, str]:
    """Return the clock of a member at the *start* of a slot, marked and styled by how likely they are there."""
    if member is None:
        return "", ""
    attendance = member["attendance"] if member["attendance"] in ATTENDANCES else "unknown"
    ascii_mark, style = _MARKS[attendance]
    mark = ascii_mark if ascii_only else ATTENDANCES[attendance][0]
    return f"{mark}{member_clock(member, start)}", style
