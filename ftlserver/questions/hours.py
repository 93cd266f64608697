"""How much of each hour of the week a member is active."""

from collections.abc import Iterable
from typing import Any

from ftlserver.domain import days_and_hours, timezones
from ftlserver.domain.days_and_hours import HOURS_OF_WEEK, WEEK, Piece
from ftlserver.domain.intervals import Interval
from ftlserver.domain.timezones import Zone
from ftlserver.questions import Activity

Shares = list[float]  # of each hour of the week, from Monday 00 to Sunday 23


def shares(activity: Activity, tz: Zone | None) -> Shares:
    """Return the shares of a member on the clock of *tz*, or on the one that the member had."""
    if not activity.has_any:
        return [0.0] * HOURS_OF_WEEK
    zone = tz or activity.user.zone
    on_clock = days_and_hours.recorded if tz is None else days_and_hours.in_zone
    return shares_of(on_clock(activity.spans, activity.reach, zone), activity.edges, zone)


def shares_of(active: Iterable[Piece], window: Interval, tz: Zone) -> Shares:
    """Return the time active in each hour of the week, over the time that *window* contains of it in *tz*."""
    parts = days_and_hours.hours_of_week(active)
    wholes = days_and_hours.hours_of_week(timezones.offset_intervals(*window, tz))
    # A member who moved may have had an hour more often than today's zone had it.
    return [min(1.0, part / whole) if whole else 0.0 for part, whole in zip(parts, wholes, strict=True)]


def hours(activity: Activity, tz: Zone | None) -> dict[str, Any]:
    """Return a member with ``hours``, 168 shares of four decimals, and the ``weeks`` that they are of."""
    start, end = activity.edges
    return {
        **activity.user.to_json(),
        "weeks": round((end - start) / WEEK, 2),
        "hours": [round(share, 4) for share in shares(activity, tz)],
    }
