"""The two wire formats of time: *display*, ``Feb 01 2020 01:33PM``, and *iso*, RFC 3339 with an offset."""

import re
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Literal

from ftlserver.domain.instants import DAY, END_OF_TIME, SECOND, instant_of, wall_clock
from ftlserver.domain.timezones import Zone, day_start, instants_around, instants_of, nearest_instant_of, offset_at
from ftlserver.errors import InvalidValueError, LocalTimeError

TimeFormat = Literal["display", "iso"]

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# When the last zone whose offset had seconds gave them up: Africa/Monrovia, 1972-01-07 (tz database).
WHOLE_MINUTES_SINCE = 63_593_070 * SECOND

_FIRST_WALL_CLOCK = datetime(1969, 12, 31)  # noqa: DTZ001  wall clocks
_LAST_WALL_CLOCK = datetime(9999, 12, 31)  # noqa: DTZ001
_LAST_EDGE = END_OF_TIME - 30 * DAY  # a question looks days and weeks ahead
_OUT_OF_RANGE = "a time lies between 1970 and 9999"
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DISPLAY = re.compile(
    r"\s*([a-z]{3})\s+(\d{1,2})\s+(\d{4})\s+(\d{1,2}):(\d{2})\s*([ap]m)\s*", re.IGNORECASE | re.ASCII
)
_ISO = re.compile(
    r"(\d{4}-?\d\d-?\d\d)[Tt ](\d\d:?\d\d(?::?\d\d(?:[.,]\d{1,9})?)?)(Z|z|[+-]\d\d(?::?\d\d)?)?", re.ASCII
)


def display(instant: int, offset: int) -> str:
    """Return the wall clock as ``Feb 01 2020 01:33PM``, in English whatever the locale."""
    wall = wall_clock(instant, offset)
    half = "AM" if wall.hour < 12 else "PM"
    return (
        f"{MONTHS[wall.month - 1]} {wall.day:02} {wall.year:04} {wall.hour % 12 or 12:02}:{wall.minute:02}{half}"
    )


def iso(instant: int, offset: int) -> str:
    """Return the time as ``2020-02-01T13:33:00-08:00`` (RFC 3339), with a fraction only if it is not zero.

    An offset with seconds (Africa/Monrovia before 1972) is rounded to one that RFC 3339 can write; the instant
    stays exact.
    """
    shown = whole_minutes(offset)
    hours, minutes = divmod(abs(shown) // 60, 60)
    return f"{wall_clock(instant, shown).isoformat()}{'-' if shown < 0 else '+'}{hours:02}:{minutes:02}"


def render(instant: int, offset: int, time_format: TimeFormat) -> str:
    """Return the time in the wire format asked for."""
    return iso(instant, offset) if time_format == "iso" else display(instant, offset)


def render_in_zone(instant: int, tz: Zone, time_format: TimeFormat) -> str:
    """Return the time that a clock in *tz* shows, in the wire format asked for."""
    return render(instant, offset_at(instant, tz), time_format)


def utc(instant: int) -> str:
    """Return the time as RFC 3339 in UTC, ending in ``Z``."""
    return iso(instant, 0).removesuffix("+00:00") + "Z"


def whole_minutes(offset: int) -> int:
    """Return the offset, in seconds, that RFC 3339 writes for *offset*."""
    return (offset + 30) // 60 * 60


def parse(text: str, tz: Zone) -> tuple[int, int]:
    """Return the instant and the offset that *text* gives, in either wire format.

    A time without offset is read in *tz*; ``Z`` gives an instant without saying what the clock showed
    (RFC 9557, section 2.2), so the offset is that of *tz*. Raise InvalidValueError or LocalTimeError.
    """
    wall, given = _read(text)
    if given is None:
        instant = _only_instant_of(wall, tz)
        return instant, offset_at(instant, tz)
    shown = read_offset(given)
    instant = instant_of(wall, shown or 0)
    if instant > END_OF_TIME:
        raise InvalidValueError(_OUT_OF_RANGE)
    return instant, _recorded_offset(instant, tz, shown)


def parse_edge(text: str, tz: Zone) -> int:
    """Return the instant at which a window begins or ends: a time, or a date for its first instant.

    Without offset it is read in *tz*: a wall clock that the zone skipped is moved on by the gap, and one that
    occurred twice is the first of the two. Raise InvalidValueError.
    """
    if _DATE.fullmatch(text):
        try:
            day = date.fromisoformat(text)
        except ValueError as exc:
            raise InvalidValueError("the date is not on the calendar") from exc
        edge = day_start(day, tz) if day >= _FIRST_WALL_CLOCK.date() else -END_OF_TIME
    else:
        wall, given = _read(text)
        edge = nearest_instant_of(wall, tz) if given is None else instant_of(wall, read_offset(given) or 0)
    if not -DAY <= edge <= _LAST_EDGE:
        raise InvalidValueError(_OUT_OF_RANGE)
    return edge


def rounded(text: str, unit: int, *, up: bool) -> str:
    """Return a time in either wire format, moved to a whole *unit* of its wall clock, in seconds, part of a day.

    A date, and what is no time, stays as it is.
    """
    try:
        wall, given = _read(text)
        rest = (wall - datetime.min) % timedelta(seconds=unit)  # noqa: DTZ901  a wall clock
        wall += timedelta(seconds=unit) - rest if up and rest else -rest
    except (InvalidValueError, OverflowError):
        return text
    return wall.isoformat() + (given or "")


def is_absolute(text: str) -> bool:
    """Tell whether *text* names the same instant in every zone: it ends in ``Z`` or an offset."""
    return (match := _ISO.fullmatch(text)) is not None and match[3] is not None


@lru_cache(maxsize=256)
def read_offset(text: str) -> int | None:
    """Return the offset, in seconds, that *text* shows; None for ``Z`` and ``-00:00``, which show none.

    Raise InvalidValueError.
    """
    digits = text[1:].replace(":", "").ljust(4, "0")
    if text in "Zz" or (text[0] == "-" and digits == "0000"):
        return None
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 23 or minutes > 59:
        raise InvalidValueError("an offset lies between -23:59 and +23:59")
    return (hours * 3600 + minutes * 60) * (-1 if text[0] == "-" else 1)


def _read(text: str) -> tuple[datetime, str | None]:
    """Return the wall clock that *text* shows, and its offset as written, if any."""
    given = None
    try:
        if match := _ISO.fullmatch(text):
            day, clock, given = match.groups()
            wall = datetime.fromisoformat(f"{day}T{clock}")
        elif match := _DISPLAY.fullmatch(text):
            wall = _display_wall_clock(match)
        else:
            raise InvalidValueError("expected a time such as 2020-02-01T13:33:00-08:00 or Feb 01 2020 01:33PM")
    except ValueError as exc:
        raise InvalidValueError("the time is not on the calendar or the clock") from exc
    if not _FIRST_WALL_CLOCK <= wall <= _LAST_WALL_CLOCK:
        raise InvalidValueError(_OUT_OF_RANGE)
    return wall, given


def _display_wall_clock(match: re.Match[str]) -> datetime:
    month, day, year, hour, minute, half = match.groups()
    if not 1 <= int(hour) <= 12:
        raise ValueError("hour")
    hour_of_day = int(hour) % 12 + (12 if half.lower() == "pm" else 0)
    number = MONTHS.index(month.title()) + 1
    return datetime(int(year), number, int(day), hour_of_day, int(minute))  # noqa: DTZ001  a wall clock


def _only_instant_of(wall: datetime, tz: Zone) -> int:
    """Return the one instant at which a clock in *tz* showed *wall*; raise LocalTimeError if there is not one."""
    found = instants_of(wall, tz)
    if len(found) == 1:
        return found[0]
    if found:
        code, reason = "ambiguous_local_time", f"{wall} occurs twice in {tz.key}"
    else:
        found = instants_around(wall, tz)
        code, reason = "nonexistent_local_time", f"{wall} does not exist in {tz.key}"
    raise LocalTimeError(code, reason, [iso(instant, offset_at(instant, tz)) for instant in found])


def _recorded_offset(instant: int, tz: Zone, shown: int | None) -> int:
    """Return the offset to record for *instant*: the one that was *shown*, else the zone's own.

    A shown offset has whole minutes (RFC 3339), so one that stands for the zone's own is taken as that.
    """
    if shown is not None and instant >= WHOLE_MINUTES_SINCE:
        return shown
    own = offset_at(instant, tz)
    return own if shown is None or shown == whole_minutes(own) else shown
