"""The best times to meet: a row for each member, a column for each time, with the member's clock in the cells."""

from collections.abc import Iterator
from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from ftlclient.views._heading import heading
from ftlclient.views._slots import SlotTable, names_of
from ftlclient.views.formatting import check_rows, shown_as
from ftlcommon.levels import percent
from ftlcommon.sentences import change_words, meeting_words, not_counted_words, rotation_words
from ftlcommon.wording import counted, window_words
from ftlcommon.zones import zone_of


class Meeting:
    """The proposed slots, best first, and the clock changes until then."""

    def __init__(self, answer: dict[str, Any]) -> None:
        check_rows(len(answer["members"]) * len(answer["slots"]) + len(answer["changes"]))
        self.answer = answer
        self.tz = zone_of(answer["tz"])
        self.names = names_of(answer)
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
            table = SlotTable(self.answer, self.answer["slots"])
            yield from table.draw(options)
            yield Text()
            yield table.legend("best times first, by those expected", ascii_only=ascii_only)
        if self.answer.get("rotation", {}).get("slots"):
            yield Text()
            yield from self._rotation(options)
        names = {id_: shown_as(name, ascii_only=ascii_only) for id_, name in self.names.items()}
        if unknown := not_counted_words(self.answer, names):
            yield Text(unknown, "dim")
        if self.answer["changes"]:
            yield Text()
        for change in self.answer["changes"]:
            yield Text(change_words(change, names), "yellow")

    def _rotation(self, options: ConsoleOptions) -> Iterator[Text]:
        rotation = self.answer["rotation"]
        yield heading(f"In turn, {counted(len(rotation['slots']), 'time')}", rotation_words(rotation))
        shares = {member["id"]: _percent(member["outside_share"]) for member in rotation["members"]}
        yield from SlotTable(self.answer, rotation["slots"], ("outside", shares)).draw(options)


def _percent(share: float) -> str:
    return percent(share) if share else "0 %"
