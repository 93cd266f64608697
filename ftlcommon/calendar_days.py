"""Days, weeks, months, quarters and years of the calendar."""

from calendar import monthrange
from datetime import MAXYEAR, MINYEAR, date, timedelta


def unit_around(day: date, unit: str, week_start: str = "monday") -> tuple[date, date]:
    """Return the first day of the ``week``, ``month``, ``quarter`` or ``year`` of *day*, and the day after it.

    A week begins on ``monday`` or ``sunday``.
    """
    if unit == "week":
        first = day - timedelta(days=(day.weekday() + (week_start == "sunday")) % 7)
        return first, first + timedelta(days=7)
    months = {"month": 1, "quarter": 3, "year": 12}[unit]
    first = date(day.year, (day.month - 1) // months * months + 1, 1)
    return first, later(first, months, "month")


def later(day: date, count: int, unit: str) -> date:
    """Return the day that is *count* days, weeks, months or years after *day*, or before it if that is negative.

    It is the last day of a month that is too short. Raise OverflowError beyond the calendar.
    """
    if unit in ("day", "week"):
        return day + timedelta(days=count * (7 if unit == "week" else 1))
    months = day.year * 12 + day.month - 1 + count * (12 if unit == "year" else 1)
    year, month = months // 12, months % 12 + 1
    if not MINYEAR <= year <= MAXYEAR:
        raise OverflowError
    return date(year, month, min(day.day, monthrange(year, month)[1]))
