"""Days, ISO weeks, months and years as the units of a summary: their first days and their names."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

UNITS = ("day", "week", "month", "year")
NAMES = {"day": "date", "week": "week", "month": "month"}  # the key of an answer
_FIRST = {"day": "{}", "week": "{}-1", "month": "{}-01"}


def seconds_of(member: Mapping[str, Any], per: str) -> dict[date, float]:
    """Return how long a member of a summary *per* day, week or month was active in each, by its first day."""
    form, name = _FIRST[per], NAMES[per]
    return {
        date.fromisoformat(form.format(unit[name])): float(unit["active_seconds"]) for unit in member[f"{per}s"]
    }


def unit_start(per: str, day: date) -> date:
    """Return the first day of the unit that contains *day*."""
    match per:
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "year":
            return day.replace(month=1, day=1)
    return day


def next_unit(per: str, start: date) -> date:
    """Return the first day of the unit after the one that begins with *start*."""
    days = {"day": 1, "week": 7, "month": 31, "year": 366}[per]
    return unit_start(per, start + timedelta(days=days))
