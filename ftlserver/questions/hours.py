"""How much of each hour of the week each member is active."""

from collections.abc import Iterable, Mapping
from typing import Any

from ftlserver import clock, wall_clock
from ftlserver.clock import Zone
from ftlserver.intervals import Interval
from ftlserver.models import User
from ftlserver.questions import Activity, who
from ftlserver.wall_clock import HOURS_OF_WEEK
from ftlserver.window import Window

Shares = list[float]  # of each hour of the week, from Monday 00 to Sunday 23


def shares(
    activities: Iterable[Activity], edges: Mapping[str, Interval], window: Window, tz: Zone | None
) -> list[tuple[User, Shares, Interval]]:
    """Return each member with their shares and the window that was seen.

    The share of an hour is the time active in it over the time that the window holds of it, on the clock of
    *tz*, or on the one that the member had. A window without beginning begins with the member's first activity.
    """
    answer = []
    for user, spans in activities:
        start, end = edges[user.id]
        end = max(start + 1, min(end, window.now))  # nobody has seen the future
        if window.from_ is None and spans:
            start = min(max(start, spans[0][0]), end - 1)
        zone = tz or clock.zone(user.tz)
        of_clock = wall_clock.recorded if tz is None else wall_clock.in_zone
        active = wall_clock.hours_of_week(of_clock(spans, (start, end), zone))
        seen = wall_clock.hours_of_week(clock.stretches(start, end, zone))
        # Somebody who moved may have lived an hour more often than the zone of today had it.
        found = [min(1.0, part / whole) if whole else 0.0 for part, whole in zip(active, seen, strict=True)]
        answer.append((user, found if spans else [0.0] * HOURS_OF_WEEK, (start, end)))
    return answer


def hours(
    activities: Iterable[Activity], edges: Mapping[str, Interval], window: Window, tz: Zone | None
) -> list[dict[str, Any]]:
    """Return each member with ``hours``, 168 shares of four decimals, and the ``weeks`` that were seen."""
    return [
        {
            **who(user),
            "weeks": round((end - start) / (HOURS_OF_WEEK * clock.HOUR), 2),
            "hours": [round(share, 4) for share in found],
        }
        for user, found, (start, end) in shares(activities, edges, window, tz)
    ]
