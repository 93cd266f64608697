"""Time zones: the only module of the server that uses zoneinfo.

Zone data comes from the ``tzdata`` wheel; the system's may be years old.
"""

import zoneinfo
from collections.abc import Sequence
from datetime import date, datetime
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

import tzdata

from ftlcommon.offset_changes import offset_changes
from ftlserver.domain.instants import SECOND, instant_of, wall_clock
from ftlserver.errors import UnknownZoneError

zoneinfo.reset_tzpath([])

Zone = ZoneInfo
TZDATA_VERSION: str = tzdata.IANA_VERSION


@cache
def zone_names() -> frozenset[str]:
    """Return every IANA name, aliases included, except ``Factory``, which stands for no place."""
    return frozenset(zoneinfo.available_timezones()) - {"Factory", "localtime", "posixrules"}


def zone(name: str) -> Zone:
    """Return the zone called *name*; raise UnknownZoneError unless it is an IANA name."""
    if not is_known(name):
        raise UnknownZoneError("a time zone is an IANA name, such as Europe/Berlin")
    return ZoneInfo(name)


def is_known(name: str) -> bool:
    """Tell whether *name* is an IANA name; a stored one may be newer than this zone data."""
    return name in zone_names()


def zone_or_utc(name: str) -> Zone:
    """Return the zone called *name*, or UTC if this zone data does not know it."""
    return ZoneInfo(name if is_known(name) else "UTC")


def offset_at(instant: int, tz: Zone) -> int:
    """Return the offset of *tz* at *instant*, in seconds."""
    offset = datetime.fromtimestamp(instant // SECOND, tz).utcoffset()
    assert offset is not None
    return offset.days * 86_400 + offset.seconds


def instants_of(wall: datetime, tz: Zone) -> list[int]:
    """Return the instants, none, one or two, at which a clock in *tz* showed *wall*."""
    return [found for found in instants_around(wall, tz) if wall_clock(found, offset_at(found, tz)) == wall]


def instants_around(wall: datetime, tz: Zone) -> list[int]:
    """Return the instants that *wall* names with the offsets of *tz* before and after it.

    Where the clock skipped *wall*, the offset before the gap gives an instant after it and the offset after the
    gap one before it.
    """
    return sorted({instant_of(wall, _offset_of(wall, tz, fold)) for fold in (0, 1)})


def nearest_instant_of(wall: datetime, tz: Zone) -> int:
    """Return the first instant at which a clock in *tz* showed *wall*, or was moved past it."""
    return instant_of(wall, _offset_of(wall, tz, fold=0))


@lru_cache(maxsize=4096)
def offset_intervals(start: int, end: int, tz: Zone) -> Sequence[tuple[int, int, int]]:
    """Return [*start*, *end*) cut where the offset of *tz* changes, as (start, end, offset)."""
    found = []
    since, offset = start, offset_at(start, tz)
    seconds = start // SECOND, -(-end // SECOND)
    for second, new_offset in offset_changes(lambda second: offset_at(second * SECOND, tz), *seconds):
        found.append((since, second * SECOND, offset))
        since, offset = second * SECOND, new_offset
    if since < end:
        found.append((since, end, offset))
    return found


def date_at(instant: int, tz: Zone) -> date:
    """Return the calendar date in *tz* at *instant*."""
    return wall_clock(instant, offset_at(instant, tz)).date()


@lru_cache(maxsize=20_000)
def day_start(day: date, tz: Zone) -> int:
    """Return the first instant of *day* in *tz*; a day that the zone skipped starts where the next one does."""
    return nearest_instant_of(datetime.combine(day, datetime.min.time()), tz)


def _offset_of(wall: datetime, tz: Zone, fold: int) -> int:
    offset = wall.replace(tzinfo=tz, fold=fold).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())
