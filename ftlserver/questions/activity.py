"""The periods of a member as an answer shows them: cut at the edges of the window, on another clock."""

from collections.abc import Iterable, Iterator

from ftlserver.domain import timezones
from ftlserver.domain.intervals import Interval
from ftlserver.domain.period import Span
from ftlserver.domain.timezones import Zone
from ftlserver.domain.user import User
from ftlserver.domain.window import Window


def shown_in(tz: Zone | None, spans: list[Span]) -> list[Span]:
    """Return *spans* with the offsets of *tz*, or as they were recorded if that is None."""
    if tz is None:
        return spans
    return [
        (start, end, timezones.offset_at(start, tz), timezones.offset_at(end, tz)) for start, end, _, _ in spans
    ]


def clipped(spans: list[Span], user: User, edges: Interval) -> list[Span]:
    """Return *spans* cut at *edges*, each end with the offset that the user's clock had there."""
    return [_clipped(span, user, *edges) for span in spans]


def on_own_clock(
    spans: Iterable[Span], user: User, window: Window, reach: Interval
) -> Iterator[tuple[Span, Span]]:
    """Yield those of *spans* that lie in *window* on the clock that *user* had, each with the part that does."""
    for span in spans:
        if inside := list(window.cut(user, [span], reach)):
            yield span, (inside[0][0], inside[-1][1], inside[0][2], inside[-1][3])


def _clipped(span: Span, user: User, first: int, last: int) -> Span:
    started_at, ended_at, start_offset, end_offset = span
    start, end = max(started_at, first), min(ended_at, last)
    if start_offset != end_offset:  # the cut may lie on either side of the change
        tz = user.zone
        offsets = start_offset, end_offset
        if start != started_at and timezones.offset_at(start, tz) == offsets[1]:
            start_offset = offsets[1]
        if end != ended_at and timezones.offset_at(end, tz) == offsets[0]:
            end_offset = offsets[0]
    return start, end, start_offset, end_offset
