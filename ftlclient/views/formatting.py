"""Formatting that the views share: untrusted text, durations, numbers of things, bars."""

from collections.abc import Sequence
from datetime import datetime, timedelta

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


def time_of_day(moment: datetime) -> str:
    """Return the time of day of *moment*, such as ``14:30``, or ``2:30pm`` on a 12-hour clock."""
    shown = f"{moment:{_clock_format}}"
    return shown if shown[-1].isdecimal() else shown.lstrip("0").lower()


def hours_and_minutes(length: timedelta) -> str:
    """Return a duration as ``h:mm``, or ``<0:01`` if it would round to zero."""
    minutes = round(length.total_seconds() / 60)
    if not minutes and length:
        return "<0:01"
    return f"{minutes // 60}:{minutes % 60:02}"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural unless the number is 1."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def level(share: float, *, ascii_only: bool) -> str:
    """Return a block with the height *share*, more than 0 and at most 1."""
    marks = _ASCII if ascii_only else _EIGHTHS
    return marks[min(int(share * len(marks)), len(marks) - 1)]


def spark_line(values: Sequence[float], *, ascii_only: bool) -> str:
    """Return a bar chart of *values* in one line, scaled to the largest."""
    highest = max(values, default=0)
    return "".join(level(value / highest, ascii_only=ascii_only) if value else " " for value in values)
