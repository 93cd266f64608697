"""The small things that all views write: text from outside, lengths of time."""

from datetime import timedelta

from rich.text import Text

from ftlclient.text import safe


def plain(text: str, style: str = "") -> Text:
    """Return *text* from outside as it is: no markup, nothing that steers the terminal."""
    return Text(safe(text), style=style)


def hours_and_minutes(length: timedelta) -> str:
    """Return a length of time as ``h:mm``, rounded to the minute, but never to nothing."""
    minutes = round(length.total_seconds() / 60)
    if not minutes and length:
        return "<0:01"
    return f"{minutes // 60}:{minutes % 60:02}"
