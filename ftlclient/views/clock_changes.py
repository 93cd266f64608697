"""The clock changes ahead, and the times at which a standing meeting moves."""

from collections.abc import Iterator
from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from ftlclient.views._heading import heading
from ftlclient.views._slots import SlotTable, names_of
from ftlclient.views.formatting import check_rows, shown_as
from ftlcommon.sentences import change_words, not_counted_words, pair_words, standing_meeting_words
from ftlcommon.wording import counted, window_words
from ftlcommon.zones import zone_of

_MOST_PAIRS = 3


class ClockChanges:
    """The changes with the pairs that gain or lose most, and the standing meeting if one was asked about."""

    def __init__(self, answer: dict[str, Any]) -> None:
        meeting = answer.get("meeting", {})
        slots = [meeting["first"], *meeting["moves"]] if "first" in meeting else []
        check_rows(len(answer["changes"]) * (1 + _MOST_PAIRS) + len(answer["members"]) * len(slots))
        self.answer = answer
        self.slots = slots
        tz = zone_of(answer["tz"])
        self.ahead = window_words(answer["ahead"], (), tz)
        self.window = window_words(answer["window"], (), tz)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Write a line for each change, and a table of the meeting."""
        ascii_only = options.ascii_only
        names = {id_: shown_as(name, ascii_only=ascii_only) for id_, name in names_of(self.answer).items()}
        yield heading("Clock changes", *self.ahead)
        yield Text(f"from the activity of {self.window[0]}", "dim")
        if not self.answer["changes"]:
            yield Text("no clock changes in this time", "italic")
        for change in self.answer["changes"]:
            yield Text()
            yield Text(change_words(change, names), "yellow")
            for pair in change["pairs"][:_MOST_PAIRS]:
                yield Text(f"  {pair_words(pair, names)}")
            if (more := len(change["pairs"]) - _MOST_PAIRS) > 0:
                yield Text(f"  and {counted(more, 'pair')} with a smaller difference", "dim")
        if "meeting" in self.answer:
            yield from self._meeting(options)
        if unknown := not_counted_words(self.answer, names):
            yield Text()
            yield Text(unknown, "dim")

    def _meeting(self, options: ConsoleOptions) -> Iterator[Text]:
        yield Text()
        yield Text(standing_meeting_words(self.answer["meeting"]), "bold")
        if not self.slots:
            return
        table = SlotTable(self.answer, self.slots)
        yield from table.draw(options)
        yield Text()
        words = "the first column is the next time, the others are those at which it moves for someone"
        yield table.legend(words, ascii_only=options.ascii_only)
