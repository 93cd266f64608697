"""Who is active at an instant, since when; who was last, and what time it is for everybody."""

from collections.abc import Iterable
from typing import Any

from ftlserver import clock, intervals
from ftlserver.clock import TimeFormat, Zone
from ftlserver.questions import Activity, who


def presence(
    activities: Iterable[Activity], at: int, tz: Zone | None, time_format: TimeFormat
) -> list[dict[str, Any]]:
    """Return each member with ``active`` and, as it applies, ``since`` or ``last_active``.

    Periods that overlap or touch are one stretch. Times are shown in *tz*, or in each member's zone.
    """
    answer = []
    for user, spans in activities:
        zone = clock.zone(user.tz)
        stretches = intervals.merge((span[0], span[1]) for span in spans)
        now = next(((start, end) for start, end in stretches if start <= at < end), None)
        last = max((end for _, end in stretches if end <= at), default=None)

        def show(instant: int, zone: Zone = tz or zone) -> str:
            return clock.render(instant, clock.offset_at(instant, zone), time_format)

        member = {
            **who(user),
            "active": now is not None,
            "local_time": clock.render(at, clock.offset_at(at, zone), time_format),
        }
        if now is not None:
            member["since"] = show(now[0])
        elif last is not None:
            member["last_active"] = show(last)
        answer.append(member)
    return answer
