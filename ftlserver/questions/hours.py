"""How much of each hour of the week a member is active."""

from typing import Any

from ftlserver.domain import days_and_hours, timezones
from ftlserver.domain.days_and_hours import HOURS_OF_WEEK, WEEK
from ftlserver.domain.timezones import Zone
from ftlserver.questions import Activity

Shares = list[float]  # of each hour of the week, from Monday 00 to Sunday 23


def shares(activity: Activity, tz: Zone | None) -> Shares:
    """Return the shares of a member.

    The share of an hour is the time active in it over the time that the window contains of it, on the clock of
    *tz*, or on the one that the member had.
    """
    if not activity.has_any:
        return [0.0] * HOURS_OF_WEEK
    zone = tz or activity.user.zone
    on_clock = days_and_hours.recorded if tz is None else days_and_hours.in_zone
    active = days_and_hours.hours_of_week(on_clock(activity.spans, activity.reach, zone))
    past = days_and_hours.hours_of_week(timezones.offset_intervals(*activity.edges, zone))
    # A member who moved may have had an hour more often than today's zone had it.
    return [min(1.0, part / whole) if whole else 0.0 for part, whole in zip(active, past, strict=True)]


def hours(activity: Activity, tz: Zone | None) -> dict[str, Any]:
    """Return a member with ``hours``, 168 shares of four decimals, and the ``weeks`` that they are of."""
    start, end = activity.edges
    return {
        **activity.user.to_json(),
        "weeks": round((end - start) / WEEK, 2),
        "hours": [round(share, 4) for share in shares(activity, tz)],
    }
