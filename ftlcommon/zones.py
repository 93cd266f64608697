"""Time zones by name, their days and their nights."""

import zoneinfo
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

Zone = ZoneInfo

UTC_ZONE = ZoneInfo("UTC")
NIGHT_BEGINS, NIGHT_ENDS = 22, 6


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo | None:
    """Return the zone with that IANA name, or None if it is unknown."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return None


def zone_of(name: str) -> ZoneInfo:
    """Return the zone with that name, or UTC if it is unknown here."""
    return zone(name) or UTC_ZONE


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
