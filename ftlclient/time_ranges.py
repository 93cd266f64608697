"""Time zones, and days, weeks, months, quarters and years of the calendar."""

import zoneinfo
from calendar import monthrange
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import tzlocal

from ftlclient.errors import ConfigError

Zone = ZoneInfo

UTC_ZONE = ZoneInfo("UTC")
NIGHT_BEGINS, NIGHT_ENDS = 22, 6
# The times that a view can draw: any zone, and any week, leads from them to dates that exist.
FIRST_TIME, LAST_TIME = datetime(1969, 12, 1, tzinfo=UTC), datetime(9999, 12, 1, tzinfo=UTC)


def use_bundled_zones() -> None:
    """Use the zone data of the ``tzdata`` wheel, as those of the system may be years old.

    Call it only in the terminal program, as it affects the whole process.
    """
    zoneinfo.reset_tzpath([])


def now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo | None:
    """Return the zone with that IANA name, or None if it is unknown."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return None


def local_zone() -> str:
    """Return the IANA name of this machine's zone, or UTC if it has none."""
    name = tzlocal.get_localzone_name()
    return name if name and zone(name) else "UTC"


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


def day_after(day: date) -> date:
    """Return the next day; raise ConfigError for the last one of the calendar."""
    try:
        return day + timedelta(days=1)
    except OverflowError as exc:
        raise ConfigError(f"no day follows {day}; name an earlier one") from exc


def day_edges(day: date, tz: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the first instants of *day* and of the next day in *tz*, in UTC."""
    return _first_instant(day, tz), _first_instant(day + timedelta(days=1), tz)


def is_night(instant: datetime, tz: ZoneInfo) -> bool:
    """Tell whether *instant* is between 22:00 and 06:00 in *tz*."""
    hour = instant.astimezone(tz).hour
    return hour >= NIGHT_BEGINS or hour < NIGHT_ENDS


def _first_instant(day: date, tz: ZoneInfo) -> datetime:
    # With fold 0 a midnight that was skipped gets the offset of before, which makes it the first instant after it.
    return datetime(day.year, day.month, day.day, tzinfo=tz).astimezone(UTC)
