"""Who is active at an instant and since when, who was active last, and what time it is for each member."""

from typing import Any

from ftlserver.domain import intervals
from ftlserver.domain.time_formats import TimeFormat, render_in_zone
from ftlserver.domain.timezones import Zone
from ftlserver.questions import Activity


def presence(
    activity: Activity,
    at: int,
    tz: Zone | None,
    time_format: TimeFormat,
    *,
    left_at: int | None = None,
    back: int | None = None,
) -> dict[str, Any]:
    """Return a member with ``active`` and, where known, ``since``, ``last_active``, ``left_at``, ``usually_back``.

    Periods that overlap or touch count as one. Times are shown in *tz*, or in the member's zone. Who is active is
    not away, and who has left does not come back.
    """
    own = activity.user.zone
    since = last = None
    for start, end in intervals.merge_sorted(span[:2] for span in activity.spans):
        if end <= at:
            last = end
        elif start <= at:
            since = start
    member = {
        **activity.user.to_json(),
        "active": since is not None,
        "local_time": render_in_zone(at, own, time_format),
    }
    if since is not None:
        member["since"] = render_in_zone(since, tz or own, time_format)
    elif last is not None:
        member["last_active"] = render_in_zone(last, tz or own, time_format)
    if left_at is not None and left_at <= at:
        member["left_at"] = render_in_zone(left_at, tz or own, time_format)
    elif since is None and back is not None:
        member["usually_back"] = render_in_zone(back, tz or own, time_format)
    return member
