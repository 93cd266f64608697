"""A member's periods that reach into a window."""

from collections.abc import Mapping
from typing import Any

from ftlserver import clock
from ftlserver.clock import TimeFormat, Zone
from ftlserver.intervals import Interval
from ftlserver.models import Span, User
from ftlserver.questions import Activity, who
from ftlserver.window import shown_in


def activity(
    one: Activity, edges: Mapping[str, Interval], tz: Zone | None, time_format: TimeFormat, *, clip: bool
) -> dict[str, Any]:
    """Return a member with their periods, shown in *tz* or as recorded; *clip* cuts them at the edges."""
    user, spans = one
    if clip:
        spans = [_clipped(user, span, *edges[user.id]) for span in spans]
    offset_to_show = shown_in(tz)
    periods = [
        {
            "start_time": clock.render(start, offset_to_show(start, start_offset), time_format),
            "end_time": clock.render(end, offset_to_show(end, end_offset), time_format),
        }
        for start, end, start_offset, end_offset in spans
    ]
    return {**who(user), "activity_periods": periods}


def _clipped(user: User, span: Span, first: int, last: int) -> Span:
    started_at, ended_at, start_offset, end_offset = span
    start, end = max(started_at, first), min(ended_at, last)
    if start_offset != end_offset:  # the cut may lie on either side of the change
        tz = clock.zone(user.tz)
        at_start, at_end = clock.offset_at(start, tz), clock.offset_at(end, tz)
        start_offset, end_offset = (
            at_start if at_start == end_offset else start_offset,
            at_end if at_end == start_offset else end_offset,
        )
    return start, end, start_offset, end_offset
