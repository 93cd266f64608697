"""How long a member was active: on each calendar day, in each week or month, or altogether."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from heapq import merge
from typing import Any, Literal

from ftlserver.domain import days_and_hours, time_formats, timezones
from ftlserver.domain.days_and_hours import Piece
from ftlserver.domain.instants import DAY, SECOND
from ftlserver.domain.time_formats import TimeFormat
from ftlserver.domain.timezones import Zone
from ftlserver.domain.window import Window
from ftlserver.questions import Activity, seconds

Per = Literal["day", "week", "month", "total"]

_THURSDAY = 3  # 1970 began on one; weeks are counted from its Monday


@dataclass(slots=True)
class _Active:
    """How long a member was active in a unit, in microseconds, and the first and the last piece of it."""

    length: int
    first: Piece
    last: Piece


def units_of(activity: Activity, window: Window, day_zone: Zone | None, per: Per = "day") -> range:
    """Return the days, weeks or months of the window, as numbers from the first of 1970 on.

    There are none if nothing says with which they begin, and none of a total.
    """
    if per == "total" or (window.from_ is None and not activity.has_any):
        return range(0)
    start, end = activity.edges
    tz = day_zone or activity.user.zone
    first, last = (days_and_hours.day_number(timezones.date_at(edge, tz)) for edge in (start, end - 1))
    return range(_unit_of(first, per), _unit_of(last, per) + 1)


def summary(
    activity: Activity, window: Window, day_zone: Zone | None, time_format: TimeFormat, per: Per = "day"
) -> tuple[dict[str, Any], Iterator[dict[str, Any]]]:
    """Return a member with their active seconds, and the days, weeks or months as they are made.

    Days are those of *day_zone*, or those that the member's own clock showed when the activity was recorded. Weeks
    begin on Monday. Every unit of the window is there, or every one from the first with activity when it has no
    beginning.
    """
    tz = day_zone or activity.user.zone
    on_clock = days_and_hours.recorded if day_zone is None else days_and_hours.in_zone
    found: dict[int, _Active] = {}
    for day, piece in days_and_hours.by_day(on_clock(activity.spans, activity.reach, tz)):
        active = found.get(day)
        if active is None:
            found[day] = _Active(piece[1] - piece[0], piece, piece)
        else:
            active.length += piece[1] - piece[0]
            active.last = piece
    opening = {
        **activity.user.to_json(),
        "active_seconds": seconds(sum(active.length for active in found.values())),
    }
    if per == "total":
        return opening, iter(())
    if per != "day":
        found = _folded(found, per)
    listed = units_of(activity, window, day_zone, per)
    # On the clock of a member who has moved since, activity may lie on a day outside of the window's.
    numbers = merge(listed, sorted(number for number in found if number not in listed))
    show = partial(_show, window.tz, time_format)
    units = (_unit(number, per, found.get(number), tz, show) for number in numbers)
    return opening, (unit for unit in units if unit["length_seconds"])


def _folded(days: dict[int, _Active], per: Per) -> dict[int, _Active]:
    """Return what was active in each week or month of those *days*."""
    found: dict[int, _Active] = {}
    for day, active in days.items():
        number = _unit_of(day, per)
        if other := found.get(number):
            other.length += active.length
            other.first = min(other.first, active.first)
            other.last = max(other.last, active.last)
        else:
            found[number] = active
    return found


def _unit_of(day: int, per: Per) -> int:
    """Return the day, week or month of a day, each counted from the first of 1970."""
    if per == "week":
        return (day + _THURSDAY) // 7
    if per == "month":
        found = days_and_hours.date_of(day)
        return (found.year - 1970) * 12 + found.month - 1
    return day


def _days_of(number: int, per: Per) -> tuple[int, int, dict[str, str]]:
    """Return the first day of a day, week or month, the day after it, and its name."""
    if per == "day":
        return number, number + 1, {"date": days_and_hours.date_of(number).isoformat()}
    if per == "week":
        first = number * 7 - _THURSDAY
        year, week, _ = days_and_hours.date_of(first).isocalendar()
        return first, first + 7, {"week": f"{year}-W{week:02}"}
    first = _first_of_month(number)
    return first, _first_of_month(number + 1), {"month": days_and_hours.date_of(first).isoformat()[:7]}


def _first_of_month(number: int) -> int:
    year, month = divmod(number, 12)
    return days_and_hours.day_number(date(year + 1970, month + 1, 1))


def _unit(
    number: int, per: Per, active: _Active | None, tz: Zone, show: Callable[[int, int], str]
) -> dict[str, Any]:
    first_day, next_day, name = _days_of(number, per)
    opens = timezones.day_start(days_and_hours.date_of(first_day), tz)
    closes = timezones.day_start(days_and_hours.date_of(next_day), tz)
    unit: dict[str, Any] = {**name, "active_seconds": seconds(active.length) if active else 0}
    if active:
        (start, _, first), (_, end, last) = active.first, active.last
        # The activity was recorded in another zone than today's: the unit is as long as on that clock.
        if first != timezones.offset_at(start, tz):
            opens = first_day * DAY - first * SECOND
        if last != timezones.offset_at(end - 1, tz):
            closes = next_day * DAY - last * SECOND
        unit["first_start"] = show(start, first)
        unit["last_end"] = show(end, last)
    return {**unit, "length_seconds": seconds(closes - opens)}


def _show(tz: Zone | None, time_format: TimeFormat, instant: int, recorded: int) -> str:
    return time_formats.render(instant, timezones.offset_at(instant, tz) if tz else recorded, time_format)
