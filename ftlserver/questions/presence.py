"""Who is active at an instant and since when, who was active last, and what time it is for each member."""

from collections.abc import Iterable
from typing import Any

from ftlserver.domain import intervals, timezones
from ftlserver.domain.time_formats import TimeFormat, render_in_zone
from ftlserver.domain.timezones import Zone
from ftlserver.questions import Activity


def presence(
    activities: Iterable[Activity], at: int, tz: Zone | None, time_format: TimeFormat
) -> list[dict[str, Any]]:
    """Return each member with ``active`` and, as it applies, ``since`` or ``last_active``.

    Periods that overlap or touch count as one. Times are shown in *tz*, or in each member's zone.
    """
    answer = []
    for user, spans in activities:
        own = timezones.zone(user.tz)
        merged = intervals.merge((span[0], span[1]) for span in spans)
        since = next((start for start, end in merged if start <= at < end), None)
        last = max((end for _, end in merged if end <= at), default=None)
        member = {
            **user.to_json(),
            "active": since is not None,
            "local_time": render_in_zone(at, own, time_format),
        }
        if since is not None:
            member["since"] = render_in_zone(since, tz or own, time_format)
        elif last is not None:
            member["last_active"] = render_in_zone(last, tz or own, time_format)
        answer.append(member)
    return answer
