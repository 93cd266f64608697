"""Bars of activity along a time axis, above the nights of the member's own clock."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from ftlcommon.drawing.axes import Axis, Span, by_day_and_night, within
from ftlcommon.drawing.rows import Row
from ftlcommon.drawing.sheet import BAR, ROW, Sheet
from ftlcommon.drawing.texts import short
from ftlcommon.wording import hours_and_minutes, time_of_day
from ftlcommon.zones import NIGHT_BEGINS, NIGHT_ENDS, Zone

LEGEND = (
    ("active", "active"),
    ("late", f"active at night there ({NIGHT_BEGINS}-{NIGHT_ENDS:02})"),
    ("night", "night there"),
)
_NARROWEST = 1.0  # of a bar, in pixels
_INSET = (ROW - BAR) / 2


def track(sheet: Sheet, axis: Axis, dark: Sequence[Span]) -> None:
    """Draw the ground of a row: the day, and its nights *dark*."""
    y = sheet.y + _INSET
    sheet.rect("track", axis.left, y, axis.right - axis.left, BAR)
    for begins, ends in within(dark, axis.start, axis.end):
        left, right = axis.place(begins), axis.place(ends)
        if right > left:
            sheet.rect("night", left, y, right - left, BAR)
    for left, right in axis.gaps():
        sheet.rect("gap", left, y, right - left, BAR, "the clock skipped this hour")


def bars(sheet: Sheet, row: Row, axis: Axis, dark: Sequence[Span], shown: Zone) -> None:
    """Draw when a member was active; what lies in one of the nights *dark* has another colour."""
    y = sheet.y + _INSET
    for span in within(row.spans, axis.start, axis.end):
        title = span_words(row.name, span, shown)
        for start, end, is_night in by_day_and_night(span, dark):
            left, right = axis.place(start), axis.place(end)
            width = max(right - left, _NARROWEST)
            left = min(left, axis.right - width)
            sheet.rect("late" if is_night else "active", left, y, width, BAR, title)


def span_words(name: str, span: Span, tz: Zone) -> str:
    """Return who was active, when on the clock of *tz*, and for how long."""
    start, end = (datetime.fromtimestamp(edge, tz) for edge in span)
    until = time_of_day(end) if end.date() == start.date() else f"{end:%a %Y-%m-%d} {time_of_day(end)}"
    length = hours_and_minutes(timedelta(seconds=span[1] - span[0]))
    return f"{short(name)}, {start:%a %Y-%m-%d} {time_of_day(start)} to {until} ({length})"


def active_words(minutes: int, seconds: float) -> str:
    """Return how long a member was active, in whole minutes, or a dash if not at all."""
    if not seconds:
        return "-"
    return hours_and_minutes(timedelta(minutes=minutes)) if minutes else "<0:01"
