"""Time zones, and the days in them."""

import os
import zoneinfo
from datetime import UTC, date, datetime, timedelta
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


def zone_names() -> list[str]:
    """Return the IANA names of all zones."""
    return sorted(zoneinfo.available_timezones())


def local_zone() -> str:
    """Return the IANA name of this machine's zone, or UTC if it has none."""
    name = tzlocal.get_localzone_name()
    return name if name and zone(name) else "UTC"


def unknown_zone() -> str | None:
    """Return the value of the variable TZ if it names no zone, so that ``local_zone`` is another."""
    name = os.environ.get("TZ", "").removeprefix(":")
    is_file = os.path.isabs(name) and os.path.exists(name)
    return None if not name or is_file or zone(name) else name


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
