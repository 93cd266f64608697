"""How long a member was active on each calendar day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from heapq import merge
from typing import Any

from ftlserver.domain import days_and_hours, time_formats, timezones
from ftlserver.domain.days_and_hours import Piece
from ftlserver.domain.instants import DAY, SECOND
from ftlserver.domain.time_formats import TimeFormat
from ftlserver.domain.timezones import Zone
from ftlserver.domain.window import Window
from ftlserver.questions import Activity, seconds


@dataclass(slots=True)
class _Active:
    """How long a member was active on a day, in microseconds, and the first and the last piece of it."""

    length: int
    first: Piece
    last: Piece


def days_of(activity: Activity, window: Window, day_zone: Zone | None) -> range:
    """Return the days of the window, counted from 1970-01-01, or none if nothing says with which they begin."""
    if window.from_ is None and not activity.has_any:
        return range(0)
    start, end = activity.edges
    tz = day_zone or activity.user.zone
    first, last = (days_and_hours.day_number(timezones.date_at(edge, tz)) for edge in (start, end - 1))
    return range(first, last + 1)


def summary(
    activity: Activity, window: Window, day_zone: Zone | None, time_format: TimeFormat
) -> tuple[dict[str, Any], Iterator[dict[str, Any]]]:
    """Return a member with their active seconds, and the days that belong to it as they are made.

    Days are those of *day_zone*, or those that the member's own clock showed when the activity was recorded.
    Every day of the window is there, or every day from the first with activity when it has no beginning.
    """
    tz = day_zone or activity.user.zone
    on_clock = days_and_hours.recorded if day_zone is None else days_and_hours.in_zone
    found: dict[int, _Active] = {}
    for day, piece in days_and_hours.by_day(on_clock(activity.spans, activity.edges, tz)):
        active = found.get(day)
        if active is None:
            found[day] = _Active(piece[1] - piece[0], piece, piece)
        else:
            active.length += piece[1] - piece[0]
            active.last = piece
    total = sum(active.length for active in found.values())
    listed = days_of(activity, window, day_zone)
    # On the clock of a member who has moved since, activity may lie on a day outside of the window's.
    numbers = merge(listed, sorted(day for day in found if day not in listed))
    days = (_day(number, found.get(number), tz, window, time_format) for number in numbers)
    return (
        {**activity.user.to_json(), "active_seconds": seconds(total)},
        (day for day in days if day["length_seconds"]),
    )


def _day(number: int, active: _Active | None, tz: Zone, window: Window, time_format: TimeFormat) -> dict[str, Any]:
    day = days_and_hours.date_of(number)
    opens = timezones.day_start(day, tz)
    closes = timezones.day_start(day + timedelta(days=1), tz)
    answer: dict[str, Any] = {"date": day.isoformat(), "active_seconds": seconds(active.length) if active else 0}
    if active:
        (start, _, first), (_, end, last) = active.first, active.last
        # The activity was recorded in another zone than today's: the day is as long as on that clock.
        if first != timezones.offset_at(start, tz):
            opens = number * DAY - first * SECOND
        if last != timezones.offset_at(end - 1, tz):
            closes = (number + 1) * DAY - last * SECOND
        answer["first_start"] = _show(start, first, window.tz, time_format)
        answer["last_end"] = _show(end, last, window.tz, time_format)
    return {**answer, "length_seconds": seconds(closes - opens)}


def _show(instant: int, recorded: int, tz: Zone | None, time_format: TimeFormat) -> str:
    return time_formats.render(instant, timezones.offset_at(instant, tz) if tz else recorded, time_format)
