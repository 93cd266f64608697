"""Formatting that the views share: untrusted text, columns, bars."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from ftlclient.errors import ConfigError
from ftlcommon.terminal import safe
from ftlcommon.wording import counted

MOST_ROWS = 20_000  # seconds of drawing

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


def fit(text: str, width: int, *, ascii_only: bool) -> str:
    """Return untrusted *text* in exactly *width* cells, cut with an ellipsis if it is longer."""
    shown = shown_as(text, ascii_only=ascii_only)
    if cell_len(shown) > width:
        mark = "..." if ascii_only else "…"
        shown = set_cell_size(shown, max(0, width - len(mark))) + mark
    return set_cell_size(shown, width)


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
