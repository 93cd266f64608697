"""Zones and calendar days, for the views and for what ``--range`` means."""

import zoneinfo
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import tzlocal

Zone = ZoneInfo

RANGES = ("today", "yesterday", "week", "last-week", "month", "last-month", "last-30-days")
NIGHT_BEGINS, NIGHT_ENDS = 22, 6


def use_bundled_zones() -> None:
    """Take zone data from the ``tzdata`` wheel, not from the system, whose may be years old.

    For the terminal program only: it holds for the whole process.
    """
    zoneinfo.reset_tzpath([])


def now() -> datetime:
    """Return the system time, in UTC."""
    return datetime.now(UTC)


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo | None:
    """Return the zone called *name*, or None if the zone data here do not know it."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return None


def local_zone() -> str:
    """Return the IANA name of the zone that this machine is set to, UTC if it has none."""
    name = tzlocal.get_localzone_name()
    return name if name and zone(name) else "UTC"


def range_of(name: str, today: date) -> tuple[date, date]:
    """Return the first day of a named range, and the day after its last."""
    monday = today - timedelta(days=today.weekday())
    month = today.replace(day=1)
    before = (month - timedelta(days=1)).replace(day=1)
    after = (month + timedelta(days=31)).replace(day=1)
    return {
        "today": (today, today + timedelta(days=1)),
        "yesterday": (today - timedelta(days=1), today),
        "week": (monday, monday + timedelta(days=7)),
        "last-week": (monday - timedelta(days=7), monday),
        "month": (month, after),
        "last-month": (before, month),
        "last-30-days": (today - timedelta(days=29), today + timedelta(days=1)),
    }[name]


def day_edges(day: date, tz: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the first instant of *day* in *tz*, and that of the next day, in UTC."""
    return _first_instant(day, tz), _first_instant(day + timedelta(days=1), tz)


def is_night(instant: datetime, tz: ZoneInfo) -> bool:
    """Tell whether it is between 22 and 6 o'clock in *tz*."""
    hour = instant.astimezone(tz).hour
    return hour >= NIGHT_BEGINS or hour < NIGHT_ENDS


def _first_instant(day: date, tz: ZoneInfo) -> datetime:
    # Read with the offset from before a gap, a midnight that does not exist is the first instant after it.
    return datetime(day.year, day.month, day.day, tzinfo=tz).astimezone(UTC)
