"""Zones, for the views: what time it is where a member is."""

import zoneinfo
from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def use_bundled_zones() -> None:
    """Take zone data from the ``tzdata`` wheel, not from the system, whose may be years old.

    For the terminal program only: it holds for the whole process.
    """
    zoneinfo.reset_tzpath([])


def now() -> datetime:
    """Return the system time, in UTC."""
    return datetime.now(UTC)


def zone(name: str) -> ZoneInfo | None:
    """Return the zone called *name*, or None if the zone data here do not know it."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return None
