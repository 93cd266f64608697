"""Formatting that the views share: untrusted text, durations, numbers of things, bars."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from ftlclient.errors import ConfigError
from ftlcommon.terminal import safe

MOST_ROWS = 20_000  # seconds of drawing

_clock_format = "%H:%M"
_EIGHTHS = "▁▂▃▄▅▆▇█"
_ASCII = "-=#"


def check_rows(count: int) -> None:
    """Raise ConfigError if a view would draw more than MOST_ROWS rows."""
    if count > MOST_ROWS:
        raise ConfigError(
            f"the table would have {count:,} rows, and at most {MOST_ROWS:,} are drawn; "
            "ask for a shorter window or fewer members, or use --format csv"
        )


def plain(text: str, style: str = "") -> Text:
    """Return untrusted *text* without markup and without characters that could steer the terminal."""
    return Text(safe(text), style=style)


def use_clock(clock: str) -> None:
    """Show times of day in ``24h`` or ``12h`` from now on.

    Call it only in the terminal program, as it affects the whole process.
    """
    global _clock_format  # noqa: PLW0603
    _clock_format = "%I:%M%p" if clock == "12h" else "%H:%M"


def time_of_day(moment: datetime, *, seconds: bool = False) -> str:
    """Return the time of day of *moment*, such as ``14:30``, or ``2:30pm`` on a 12-hour clock."""
    form = _clock_format.replace("%M", "%M:%S") if seconds else _clock_format
    shown = f"{moment:{form}}"
    return shown if shown[-1].isdecimal() else shown.lstrip("0").lower()


def fit(text: str, width: int, *, ascii_only: bool) -> str:
    """Return untrusted *text* in exactly *width* cells, cut with an ellipsis if it is longer."""
    shown = shown_as(text, ascii_only=ascii_only)
    if cell_len(shown) > width:
        mark = "..." if ascii_only else "…"
        shown = set_cell_size(shown, max(0, width - len(mark))) + mark
    return set_cell_size(shown, width)


def distinct_names(members: Sequence[tuple[str, str]]) -> list[str]:
    """Return the names of *members*, each an id and a name, with the id where several have the same name."""
    count = Counter(name for _, name in members)
    return [name if count[name] == 1 else f"{name} {id_}" for id_, name in members]


def column(texts: Sequence[str], most: int, *, ascii_only: bool, least: int = 0) -> tuple[int, list[str]]:
    """Return the width of a column of untrusted *texts*, from *least* to *most*, and the texts in that width."""
    longest = max((cell_len(shown_as(text, ascii_only=ascii_only)) for text in texts), default=0)
    width = max(least, min(longest, most))
    return width, [fit(text, width, ascii_only=ascii_only) for text in texts]


def shown_as(text: str, *, ascii_only: bool) -> str:
    """Return untrusted *text* as the terminal can show it, so that its width can be measured."""
    shown = safe(text)
    return shown.encode("ascii", "replace").decode() if ascii_only else shown


def widths(natural: Iterable[int], space: int, order: Iterable[int], least: int = 6) -> list[int]:
    """Return the widths of columns that fit into *space*: those in *order* shrink, down to *least*."""
    found = list(natural)
    for column in order:
        excess = sum(found) - space
        if excess > 0:
            found[column] = min(found[column], max(least, found[column] - excess))
    return found


def axis(labels: Iterable[tuple[int, str]], width: int) -> str:
    """Return a line of *width* with each label at its column, without those that do not fit."""
    line = ""
    for column, label in labels:
        if (column == 0 or column > len(line)) and column + len(label) <= width:
            line = line.ljust(column) + label
    return line.ljust(width)


def in_runs(cells: Iterable[tuple[str, str]]) -> Text:
    """Return a line of *cells*, each a text and its style."""
    row = Text(no_wrap=True, overflow="crop")
    for style, run in groupby(cells, itemgetter(1)):
        row.append("".join(text for text, _ in run), style)
    return row


def hours_and_minutes(length: timedelta) -> str:
    """Return a duration as ``h:mm``, or ``<0:01`` if it would round to zero."""
    minutes = round(length.total_seconds() / 60)
    if not minutes and length:
        return "<0:01"
    return f"{minutes // 60}:{minutes % 60:02}"


def in_minutes(seconds: Iterable[float]) -> list[int]:
    """Return lengths in minutes that add up to their rounded total; those with the largest rest are rounded up."""
    exact = [length / 60 for length in seconds]
    found = [int(minutes) for minutes in exact]
    by_rest = sorted(range(len(found)), key=lambda number: found[number] - exact[number])
    for number in by_rest[: round(sum(exact)) - sum(found)]:
        found[number] += 1
    return found


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural unless the number is 1."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def level(share: float, *, ascii_only: bool) -> str:
    """Return a block with the height *share*, more than 0 and at most 1."""
    marks = _ASCII if ascii_only else _EIGHTHS
    return marks[min(int(share * len(marks)), len(marks) - 1)]


def bar(share: float, width: int, *, ascii_only: bool) -> str:
    """Return a bar from the left, which covers the *share* of *width*, and something of it if it is not 0."""
    marks = "#" if ascii_only else "▏▎▍▌▋▊▉█"
    steps = round(share * width * len(marks))
    if share and not steps:
        steps = 1
    full, rest = divmod(steps, len(marks))
    return marks[-1] * full + (marks[rest - 1] if rest else "")


def omitted_words(answer: Mapping[str, Any]) -> Text:
    """Return how many members an answer left out, and which option shows them; nothing if none."""
    omitted = answer.get("omitted", {})
    lines = []
    if inactive := omitted.get("inactive", 0):
        lines.append(f"{counted(inactive, 'member')} without activity (--empty shows {_them(inactive)})")
    if beyond := omitted.get("beyond_limit", 0):
        lines.append(f"{beyond:,} more (--top N shows {_them(beyond)})")
    return Text("\n".join(lines), "dim")


def _them(number: int) -> str:
    return "it" if number == 1 else "them"
