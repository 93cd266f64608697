"""Instants, zones and the two wire formats of time.

An instant is an integer of microseconds since 1970-01-01T00:00:00Z, an offset is seconds east of UTC.
This is the only module that knows zoneinfo, and it uses the zone data of the ``tzdata`` wheel:
the system's may be years old.
"""

import re
import time
import zoneinfo
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from typing import Literal, TypeVar
from zoneinfo import ZoneInfo

import tzdata

from ftlserver.errors import InvalidValueError, LocalTimeError, UnknownZoneError

zoneinfo.reset_tzpath([])

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

Zone = ZoneInfo
TimeFormat = Literal["display", "iso"]
TZDATA_VERSION: str = tzdata.IANA_VERSION

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
LONGEST_ZONE_NAME = 64
# Any wall clock of an instant before this one is still a date that datetime knows.
END_OF_TIME = 253_402_128_000 * SECOND  # 9999-12-30T00:00:00Z

# Wall clocks are naive datetimes: arithmetic on them has no zone.
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001
_FIRST_WALL_CLOCK = datetime(1969, 12, 31)  # noqa: DTZ001
_LAST_WALL_CLOCK = datetime(9999, 12, 31)  # noqa: DTZ001
_LAST_EDGE = END_OF_TIME - 30 * 24 * HOUR  # with room for the days and weeks that a question looks ahead
# When the last zone whose offset had seconds gave them up: Africa/Monrovia, 1972-01-07 (tz database).
WHOLE_MINUTES_SINCE = 63_593_070 * SECOND
_OUT_OF_TIME = "a time lies between 1970 and 9999"
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MICROSECOND = timedelta(microseconds=1)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_EPOCH_DAY = _EPOCH.toordinal()

_USUAL_DAY = re.compile(r"\d{4}-\d\d-\d\d[Tt ]", re.ASCII)
_USUAL_MINUTE = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d", re.ASCII)
_USUAL_REST = re.compile(r":([0-5]\d)(?:\.(\d{1,6}))?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


class _Table(dict[_Key, _Value]):
    """Values that are made when first asked for: a look-up takes 20 ns, a call that is cached 50."""

    def __init__(self, make: Callable[[_Key], _Value], most: int = 20_000) -> None:
        super().__init__()
        self._make = make
        self._most = most

    def __missing__(self, key: _Key) -> _Value:
        if len(self) >= self._most:
            self.clear()
        value = self[key] = self._make(key)
        return value


def _day_displayed(day: int) -> str:
    shown = date.fromordinal(_EPOCH_DAY + day)
    return f"{_MONTHS[shown.month - 1]} {shown.day:02} {shown.year:04} "


def _day_in_iso(day: int) -> str:
    return date.fromordinal(_EPOCH_DAY + day).isoformat() + "T"


def _offset_in_iso(offset: int) -> tuple[int, str]:
    """Return what an offset that can be written adds to an instant, and how it is written."""
    shown = _whole_minutes(offset)
    hours, minutes = divmod(abs(shown) // 60, 60)
    return shown * SECOND, f"{'-' if shown < 0 else '+'}{hours:02}:{minutes:02}"


def _whole_minutes(offset: int) -> int:
    return (offset + 30) // 60 * 60


# By the day since 1970-01-01, the offset in seconds, the minute of the day, the second of the minute.
DAYS_DISPLAYED: Mapping[int, str] = _Table(_day_displayed)
_DAYS_IN_ISO = _Table(_day_in_iso)
_OFFSETS_IN_ISO = _Table(_offset_in_iso)
_CLOCKS = [f"{minute // 60:02}:{minute % 60:02}" for minute in range(1440)]
CLOCKS_DISPLAYED = [
    f"{minute // 60 % 12 or 12:02}:{minute % 60:02}{'AM' if minute < 720 else 'PM'}" for minute in range(1440)
]
_SECONDS = [f":{second:02}" for second in range(60)]
_DISPLAY = re.compile(
    r"\s*([a-z]{3})\s+(\d{1,2})\s+(\d{4})\s+(\d{1,2}):(\d{2})\s*([ap]m)\s*", re.IGNORECASE | re.ASCII
)
_ISO = re.compile(
    r"(\d{4}-?\d\d-?\d\d)[Tt ](\d\d:?\d\d(?::?\d\d(?:[.,]\d{1,9})?)?)(Z|z|[+-]\d\d(?::?\d\d)?)?", re.ASCII
)


def now() -> int:
    """Return the system time as an instant."""
    return time.time_ns() // 1000


@cache
def zone_names() -> frozenset[str]:
    """Return every IANA name, aliases included, less ``Factory``, which stands for no place."""
    return frozenset(zoneinfo.available_timezones()) - {"Factory", "localtime", "posixrules"}


def zone(name: str) -> Zone:
    """Return the zone called *name*; raise UnknownZoneError unless it is an IANA name."""
    if name not in zone_names():
        raise UnknownZoneError("a time zone is an IANA name, such as Europe/Berlin")
    return ZoneInfo(name)


def offset_at(instant: int, tz: Zone) -> int:
    """Return the offset of *tz* at *instant*, in seconds."""
    offset = datetime.fromtimestamp(instant // SECOND, tz).utcoffset()
    assert offset is not None
    return offset.days * 86_400 + offset.seconds


def recorded_offset(instant: int, tz: Zone, shown: int | None) -> int:
    """Return the offset to record for *instant*: the one that was *shown*, else the zone's own.

    A shown offset has whole minutes (RFC 3339), so one that stands for the zone's own is taken as that.
    """
    if shown is not None and instant >= WHOLE_MINUTES_SINCE:
        return shown
    own = offset_at(instant, tz)
    return own if shown is None or shown == _whole_minutes(own) else shown


def wall_clock(instant: int, offset: int) -> datetime:
    """Return what a clock at *offset* showed at *instant*, as a naive datetime."""
    return _EPOCH + timedelta(microseconds=instant + offset * SECOND)


def instant_of(wall: datetime, offset: int) -> int:
    """Return the instant at which a clock at *offset* showed *wall*."""
    return (wall - _EPOCH) // _MICROSECOND - offset * SECOND


def instants_of(wall: datetime, tz: Zone) -> list[int]:
    """Return the instants, none, one or two, at which a clock in *tz* showed *wall*."""
    offsets = {_offset_of(wall, tz, fold) for fold in (0, 1)}
    found = sorted(instant_of(wall, offset) for offset in offsets)
    return [instant for instant in found if wall_clock(instant, offset_at(instant, tz)) == wall]


def only_instant_of(wall: datetime, tz: Zone) -> int:
    """Return the one instant at which a clock in *tz* showed *wall*.

    Raise LocalTimeError, with the choices, when clocks there never showed it or showed it twice.
    """
    found = instants_of(wall, tz)
    if len(found) == 1:
        return found[0]
    if found:
        choices = [iso(instant, offset_at(instant, tz)) for instant in found]
        raise LocalTimeError("ambiguous_local_time", f"{wall} occurs twice in {tz.key}", choices)
    # In a gap, the offset before it lands behind the gap and the offset after it lands before.
    around = sorted(instant_of(wall, _offset_of(wall, tz, fold)) for fold in (0, 1))
    choices = [iso(instant, offset_at(instant, tz)) for instant in around]
    raise LocalTimeError("nonexistent_local_time", f"{wall} does not exist in {tz.key}", choices)


def nearest_instant_of(wall: datetime, tz: Zone) -> int:
    """Return the first instant at which a clock in *tz* showed *wall*, or was moved past it."""
    return instant_of(wall, _offset_of(wall, tz, fold=0))


def display(instant: int, offset: int) -> str:
    """Return the wall clock as ``Feb 01 2020 01:33PM``, in English whatever the locale."""
    # Looked up in tables a time costs 0.11 us, made by strftime 2.3 us.
    minute = (instant + offset * SECOND) // MINUTE
    return f"{DAYS_DISPLAYED[minute // 1440]}{CLOCKS_DISPLAYED[minute % 1440]}"


def iso(instant: int, offset: int) -> str:
    """Return the time as ``2020-02-01T13:33:00-08:00`` (RFC 3339), with a fraction only if it is not zero.

    An offset with seconds (Africa/Monrovia before 1972) is rounded to one that RFC 3339 can write;
    the instant stays exact.
    """
    shift, shown = _OFFSETS_IN_ISO[offset]
    seconds, fraction = divmod(instant + shift, SECOND)
    minute, second = divmod(seconds, 60)
    behind = f":{second:02}.{fraction:06}" if fraction else _SECONDS[second]
    return f"{_DAYS_IN_ISO[minute // 1440]}{_CLOCKS[minute % 1440]}{behind}{shown}"


def render(instant: int, offset: int, time_format: TimeFormat) -> str:
    """Return the time in the wire format asked for."""
    return iso(instant, offset) if time_format == "iso" else display(instant, offset)


def parse(text: str, tz: Zone) -> tuple[int, int]:
    """Return the instant and the offset that *text* gives, in either wire format.

    A time without offset is read in *tz*; ``Z`` gives an instant without saying what the clock showed
    (RFC 9557, section 2.2), so the offset is that of *tz*. Raise InvalidValueError or LocalTimeError.
    """
    given = None
    if match := _ISO.fullmatch(text):
        day, clock, given = match.groups()
        wall = _iso_wall_clock(day, clock)
    elif match := _DISPLAY.fullmatch(text):
        wall = _display_wall_clock(match)
    else:
        raise InvalidValueError("expected a time such as 2020-02-01T13:33:00-08:00 or Feb 01 2020 01:33PM")
    if not _FIRST_WALL_CLOCK <= wall <= _LAST_WALL_CLOCK:
        raise InvalidValueError(_OUT_OF_TIME)
    if given is None:
        instant = only_instant_of(wall, tz)
        return instant, offset_at(instant, tz)
    shown = _shown_offset(given)
    instant = instant_of(wall, shown or 0)
    if instant > END_OF_TIME:
        raise InvalidValueError(_OUT_OF_TIME)
    return instant, recorded_offset(instant, tz, shown)


def parse_edge(text: str, tz: Zone) -> int:
    """Return the instant at which a window begins or ends: a time, or a date for its first instant.

    Without offset it is read in *tz*; a wall clock that does not exist is moved on by the gap, of two that
    it may be it is the first. Raise InvalidValueError.
    """
    try:
        if _DATE.fullmatch(text):
            day = date.fromisoformat(text)
            edge = day_start(day, tz) if day >= _FIRST_WALL_CLOCK.date() else -END_OF_TIME
        else:
            edge = parse(text, tz)[0]
    except LocalTimeError as exc:
        edge = parse(exc.choices[-1 if exc.code == "nonexistent_local_time" else 0], tz)[0]
    except ValueError as exc:
        raise InvalidValueError("the date is not on the calendar") from exc
    if not -24 * HOUR <= edge <= _LAST_EDGE:
        raise InvalidValueError(_OUT_OF_TIME)
    return edge


def is_absolute(text: str) -> bool:
    """Tell whether *text* names the same instant in every zone: it ends in ``Z`` or an offset."""
    return (match := _ISO.fullmatch(text)) is not None and match[3] is not None


@lru_cache(maxsize=4096)
def stretches(start: int, end: int, tz: Zone) -> Sequence[tuple[int, int, int]]:
    """Return [*start*, *end*) cut where the offset of *tz* changes, as (start, end, offset)."""
    found = []
    since, offset = start, offset_at(start, tz)
    at = start
    while at < end:
        # The shortest stretch since 1970 is America/Recife's of October 2000, an hour short of 7 days.
        ahead = min(at + 6 * 24 * HOUR, end)
        if offset_at(ahead, tz) != offset:
            before, after = at // SECOND, ahead // SECOND
            while after - before > 1:
                middle = (before + after) // 2
                if offset_at(middle * SECOND, tz) == offset:
                    before = middle
                else:
                    after = middle
            change = after * SECOND
            if change < end:
                found.append((since, change, offset))
                since, offset = change, offset_at(change, tz)
                ahead = change
        at = ahead
    if since < end:
        found.append((since, end, offset))
    return found


def today(instant: int, tz: Zone) -> date:
    """Return the calendar date in *tz* at *instant*."""
    return wall_clock(instant, offset_at(instant, tz)).date()


def day_start(day: date, tz: Zone) -> int:
    """Return the first instant of *day* in *tz*; a day that a zone skipped starts where the next one does."""
    return nearest_instant_of(datetime.combine(day, datetime.min.time()), tz)


def _offset_of(wall: datetime, tz: Zone, fold: int) -> int:
    offset = wall.replace(tzinfo=tz, fold=fold).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())


def _usual_day(text: str) -> int:
    if not _USUAL_DAY.fullmatch(text):
        raise KeyError(text)
    try:
        return (date.fromisoformat(text[:10]).toordinal() - _EPOCH_DAY) * 24 * HOUR
    except ValueError as exc:
        raise KeyError(text) from exc


def _usual_minute(text: str) -> int:
    if not _USUAL_MINUTE.fullmatch(text):
        raise KeyError(text)
    return int(text[:2]) * HOUR + int(text[3:]) * MINUTE


def _usual_rest(text: str) -> tuple[int, int | None]:
    """Return what the seconds and the offset at the end of a time add to its minute, and the offset."""
    match = _USUAL_REST.fullmatch(text)
    if match is None:
        raise KeyError(text)
    seconds, fraction, shown = match.groups()
    try:
        offset = _shown_offset(shown)
    except InvalidValueError as exc:
        raise KeyError(text) from exc
    return (int(seconds) - (offset or 0)) * SECOND + int((fraction or "").ljust(6, "0")), offset


# The instant of a time as programs write it, such as 2020-02-01T13:33:00-08:00, is the sum of what its pieces say,
# USUAL_DAYS[text[:11]] + USUAL_MINUTES[text[11:16]] + USUAL_RESTS[text[16:]][0]; the offset is the other one of
# the last, None for Z. That takes 0.25 us, and ``parse``, which has the last word, 3. KeyError says that a time is
# written otherwise, or is none. Only since WHOLE_MINUTES_SINCE is the offset shown the one to record.
USUAL_DAYS: Mapping[str, int] = _Table(_usual_day)
USUAL_MINUTES: Mapping[str, int] = _Table(_usual_minute)
USUAL_RESTS: Mapping[str, tuple[int, int | None]] = _Table(_usual_rest)


@lru_cache(maxsize=256)
def _shown_offset(text: str) -> int | None:
    digits = text[1:].replace(":", "").ljust(4, "0")
    if text in "Zz" or (text[0] == "-" and digits == "0000"):
        return None
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 23 or minutes > 59:
        raise InvalidValueError("an offset lies between -23:59 and +23:59")
    return (hours * 3600 + minutes * 60) * (-1 if text[0] == "-" else 1)


def _iso_wall_clock(day: str, clock: str) -> datetime:
    try:
        return datetime.fromisoformat(f"{day}T{clock}")
    except ValueError as exc:
        raise InvalidValueError("the time is not on the calendar or the clock") from exc


def _display_wall_clock(match: re.Match[str]) -> datetime:
    month, day, year, hour, minute, half = match.groups()
    try:
        if not 1 <= int(hour) <= 12:
            raise ValueError("hour")
        return datetime(  # noqa: DTZ001  a wall clock
            int(year),
            _MONTHS.index(month.title()) + 1,
            int(day),
            int(hour) % 12 + (12 if half.lower() == "pm" else 0),
            int(minute),
        )
    except ValueError as exc:
        raise InvalidValueError("the time is not on the calendar or the clock") from exc
