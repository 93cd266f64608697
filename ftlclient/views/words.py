"""The small things that all views write: text from outside, lengths of time, levels."""

from collections.abc import Sequence
from datetime import timedelta

from rich.text import Text

from ftlclient.text import safe

_EIGHTHS = "▁▂▃▄▅▆▇█"
_ASCII = "-=#"


def plain(text: str, style: str = "") -> Text:
    """Return *text* from outside as it is: no markup, nothing that steers the terminal."""
    return Text(safe(text), style=style)


def hours_and_minutes(length: timedelta) -> str:
    """Return a length of time as ``h:mm``, rounded to the minute, but never to nothing."""
    minutes = round(length.total_seconds() / 60)
    if not minutes and length:
        return "<0:01"
    return f"{minutes // 60}:{minutes % 60:02}"


def level(share: float, *, ascii_only: bool) -> str:
    """Return a block as high as *share*, above 0 and up to 1, says."""
    marks = _ASCII if ascii_only else _EIGHTHS
    return marks[min(int(share * len(marks)), len(marks) - 1)]


def spark_line(values: Sequence[float], *, ascii_only: bool) -> str:
    """Return a line of blocks as high as *values* say, of the largest."""
    highest = max(values, default=0)
    return "".join(level(value / highest, ascii_only=ascii_only) if value else " " for value in values)
