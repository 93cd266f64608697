"""How much of each hour of the week each member is active."""

from collections.abc import Iterable, Mapping
from typing import Any

from ftlserver.domain import days_and_hours, timezones
from ftlserver.domain.days_and_hours import HOURS_OF_WEEK, WEEK
from ftlserver.domain.intervals import Interval
from ftlserver.domain.timezones import Zone
from ftlserver.domain.user import User
from ftlserver.domain.window import Window
from ftlserver.questions import Activity

Shares = list[float]  # of each hour of the week, from Monday 00 to Sunday 23


def shares(
    activities: Iterable[Activity], edges: Mapping[str, Interval], window: Window, tz: Zone | None
) -> list[tuple[User, Shares, Interval]]:
    """Return each member with their shares and the part of the window that they are of.

    The share of an hour is the time active in it over the time that the window contains of it, on the clock of
    *tz*, or on the one that the member had. A window without beginning begins with the member's first activity.
    """
    answer = []
    for user, spans in activities:
        start, end = edges[user.id]
        end = max(start + 1, min(end, window.now))  # the future has no activity yet
        start, end = window.from_first_activity((start, end), spans)
        zone = tz or timezones.zone(user.tz)
        on_clock = days_and_hours.recorded if tz is None else days_and_hours.in_zone
        active = days_and_hours.hours_of_week(on_clock(spans, (start, end), zone))
        past = days_and_hours.hours_of_week(timezones.offset_intervals(start, end, zone))
        # A member who moved may have had an hour more often than today's zone had it.
        found = [min(1.0, part / whole) if whole else 0.0 for part, whole in zip(active, past, strict=True)]
        answer.append((user, found if spans else [0.0] * HOURS_OF_WEEK, (start, end)))
    return answer


def hours(
    activities: Iterable[Activity], edges: Mapping[str, Interval], window: Window, tz: Zone | None
) -> list[dict[str, Any]]:
    """Return each member with ``hours``, 168 shares of four decimals, and the ``weeks`` that they are of."""
    return [
        {
            **user.to_json(),
            "weeks": round((end - start) / WEEK, 2),
            "hours": [round(share, 4) for share in found],
        }
        for user, found, (start, end) in shares(activities, edges, window, tz)
    ]
