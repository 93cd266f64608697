"""Bars of activity along a time axis, above the nights of the member's own clock."""

from collections.abc import Iterator, Sequence
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
_NARROWEST = 1.0  # of a bar, and of what lies between two, in pixels
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
    """Draw when a member was active; what lies in one of the nights *dark* has another colour.

    Spans with less than a pixel between them are one bar.
    """
    y = sheet.y + _INSET
    for spans in _close(within(row.spans, axis.start, axis.end), axis):
        title = span_words(row.name, spans, shown)
        for start, end, is_night in by_day_and_night((spans[0][0], spans[-1][1]), dark):
            left, right = axis.place(start), axis.place(end)
            width = max(right - left, _NARROWEST)
            left = min(left, axis.right - width)
            sheet.rect("late" if is_night else "active", left, y, width, BAR, title)


def span_words(name: str, spans: Sequence[Span], tz: Zone) -> str:
    """Return who was active, between when and when on the clock of *tz*, and for how long."""
    start, end = (datetime.fromtimestamp(edge, tz) for edge in (spans[0][0], spans[-1][1]))
    until = time_of_day(end) if end.date() == start.date() else f"{end:%a %Y-%m-%d} {time_of_day(end)}"
    length = hours_and_minutes(timedelta(seconds=sum(b - a for a, b in spans)))
    words = f"{length} active" if len(spans) > 1 else length
    return f"{short(name)}, {start:%a %Y-%m-%d} {time_of_day(start)} to {until} ({words})"


def _close(spans: Sequence[Span], axis: Axis) -> Iterator[list[Span]]:
    """Yield the spans that have less than a pixel between them."""
    found: list[Span] = []
    for span in spans:
        if found and axis.place(span[0]) - axis.place(found[-1][1]) >= _NARROWEST:
            yield found
            found = []
        found.append(span)
    if found:
        yield found


def active_words(minutes: int, seconds: float) -> str:
    """Return how long a member was active, in whole minutes, or a dash if not at all."""
    if not seconds:
        return "-"
    return hours_and_minutes(timedelta(minutes=minutes)) if minutes else "<0:01"
