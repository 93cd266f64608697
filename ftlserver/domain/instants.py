"""Instants and wall clocks.

An instant is an integer of microseconds since 1970-01-01T00:00:00Z, an offset is seconds east of UTC, and a wall
clock is a naive datetime: arithmetic on it has no zone.
"""

import time
from datetime import datetime, timedelta

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
# Any wall clock of an instant before this one is still a date that datetime can represent.
END_OF_TIME = 253_402_128_000 * SECOND  # 9999-12-30T00:00:00Z

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  a wall clock
_MICROSECOND = timedelta(microseconds=1)


def now() -> int:
    """Return the system time as an instant."""
    return time.time_ns() // 1000


def wall_clock(instant: int, offset: int) -> datetime:
    """Return what a clock at *offset* showed at *instant*, as a naive datetime."""
    return _EPOCH + timedelta(microseconds=instant + offset * SECOND)


def instant_of(wall: datetime, offset: int) -> int:
    """Return the instant at which a clock at *offset* showed *wall*."""
    return (wall - _EPOCH) // _MICROSECOND - offset * SECOND
