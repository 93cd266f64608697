"""The longest of some intervals: a bar for each, and words beside it."""

from collections.abc import Callable, Sequence
from heapq import nlargest

from ftlcommon.drawing.rows import Answer
from ftlcommon.drawing.sheet import BAR, MARGIN, ROW, WIDTH, Sheet
from ftlcommon.drawing.texts import width_of
from ftlcommon.sentences import interval_length, interval_times, length_words

MOST = 15
_BAR = 110.0
_LENGTH = 44.0


def longest(
    sheet: Sheet,
    title: str,
    intervals: Sequence[Answer],
    kind: str,
    words: Callable[[Answer, float], str],
    all_words: Callable[[Answer], str],
) -> None:
    """Draw a bar of class *kind* for each of the longest *intervals*; *words* are as many as fit into a space."""
    shown = nlargest(MOST, intervals, key=interval_length)
    more = f": {len(shown)} of {len(intervals):,}" if len(shown) < len(intervals) else ""
    sheet.lines(f"{title}, longest first{more}", "bold")
    most = interval_length(shown[0])
    left = MARGIN + max(width_of(interval_times(interval)) for interval in shown) + 12
    beside = left + _LENGTH + _BAR + 14
    for interval in shown:
        times, length = interval_times(interval), interval_length(interval)
        sheet.row_text(MARGIN, times)
        took = length_words(length.total_seconds()) if length else "<0:01"
        sheet.row_text(left + _LENGTH - 8, took, "end")
        width = max((length / most if most else 0) * _BAR, 1)
        about = ": ".join(part for part in (f"{times} ({took})", all_words(interval)) if part)
        sheet.rect(kind, left + _LENGTH, sheet.y + 4, width, BAR, about)
        sheet.row_text(beside, words(interval, WIDTH - MARGIN - beside), "dim")
        sheet.y += ROW
