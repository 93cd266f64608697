"""The zones of this machine, the current time, and the times that can be drawn."""

import os
import zoneinfo
from datetime import UTC, date, datetime, timedelta

import tzlocal

from ftlclient.errors import ConfigError
from ftlcommon.zones import zone

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
