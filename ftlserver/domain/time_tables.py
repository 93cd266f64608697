"""The fast path for times: pieces of text looked up in tables instead of computed.

* ``iso`` and the tables of display times replace ``time_formats.iso`` and ``display`` where a whole history is
  written: 0.2 us a time instead of 1.5.
* ``read_rows`` replaces ``ActivityPeriod.from_text``: 5,000 periods take 4 ms instead of 50.

``tests/server/domain/test_time_tables.py`` holds both equal to their plain twins.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from operator import itemgetter
from typing import TypeVar

from ftlserver.domain import timezones
from ftlserver.domain.instants import DAY, END_OF_TIME, HOUR, MINUTE, SECOND
from ftlserver.domain.period import LONGEST_PERIOD, Row
from ftlserver.domain.time_formats import MONTHS, WHOLE_MINUTES_SINCE, read_offset, whole_minutes
from ftlserver.domain.user import User
from ftlserver.errors import InvalidValueError, UnknownZoneError

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

_EPOCH_DAY = date(1970, 1, 1).toordinal()
_CANONICAL_DAY = re.compile(r"\d{4}-\d\d-\d\d[Tt ]", re.ASCII)
_CANONICAL_MINUTE = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d", re.ASCII)
_CANONICAL_REST = re.compile(r":([0-5]\d)(?:\.(\d{1,6}))?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


class _Table(dict[_Key, _Value]):
    """Values that are made when first asked for: a look-up takes 20 ns, a cached call 50."""

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
    return f"{MONTHS[shown.month - 1]} {shown.day:02} {shown.year:04} "


def _day_in_iso(day: int) -> str:
    return date.fromordinal(_EPOCH_DAY + day).isoformat() + "T"


def _offset_in_iso(offset: int) -> tuple[int, str]:
    """Return what an offset that can be written adds to an instant, and how it is written."""
    shown = whole_minutes(offset)
    hours, minutes = divmod(abs(shown) // 60, 60)
    return shown * SECOND, f"{'-' if shown < 0 else '+'}{hours:02}:{minutes:02}"


# By the day since 1970-01-01, and by the minute of that day.
DAYS_DISPLAYED: Mapping[int, str] = _Table(_day_displayed)
CLOCKS_DISPLAYED = [
    f"{minute // 60 % 12 or 12:02}:{minute % 60:02}{'AM' if minute < 720 else 'PM'}" for minute in range(1440)
]
_DAYS_IN_ISO = _Table(_day_in_iso)
_CLOCKS_IN_ISO = [f"{minute // 60:02}:{minute % 60:02}" for minute in range(1440)]
_SECONDS_IN_ISO = [f":{second:02}" for second in range(60)]
_OFFSETS_IN_ISO = _Table(_offset_in_iso)


def iso(instant: int, offset: int) -> str:
    """Return what ``time_formats.iso`` does."""
    shift, shown = _OFFSETS_IN_ISO[offset]
    seconds, fraction = divmod(instant + shift, SECOND)
    minute, second = divmod(seconds, 60)
    rest = f":{second:02}.{fraction:06}" if fraction else _SECONDS_IN_ISO[second]
    return f"{_DAYS_IN_ISO[minute // 1440]}{_CLOCKS_IN_ISO[minute % 1440]}{rest}{shown}"


def _read_day(text: str) -> int:
    if not _CANONICAL_DAY.fullmatch(text):
        raise KeyError(text)
    try:
        return (date.fromisoformat(text[:10]).toordinal() - _EPOCH_DAY) * DAY
    except ValueError as exc:
        raise KeyError(text) from exc


def _read_minute(text: str) -> int:
    if not _CANONICAL_MINUTE.fullmatch(text):
        raise KeyError(text)
    return int(text[:2]) * HOUR + int(text[3:]) * MINUTE


def _read_rest(text: str) -> tuple[int, int | None]:
    """Return what the seconds and the offset at the end of a time add to its minute, and the offset."""
    match = _CANONICAL_REST.fullmatch(text)
    if match is None:
        raise KeyError(text)
    seconds, fraction, shown = match.groups()
    try:
        offset = read_offset(shown)
    except InvalidValueError as exc:
        raise KeyError(text) from exc
    return (int(seconds) - (offset or 0)) * SECOND + int((fraction or "").ljust(6, "0")), offset


# The instant of a time in canonical form, such as 2020-02-01T13:33:00-08:00, is the sum of what its three pieces
# say. KeyError says that a piece is written otherwise, or is no time.
_DAYS: Mapping[str, int] = _Table(_read_day)
_MINUTES: Mapping[str, int] = _Table(_read_minute)
_RESTS: Mapping[str, tuple[int, int | None]] = _Table(_read_rest)


def read_rows(
    found: Sequence[tuple[str, str, str]], users: Mapping[str, User], latest: int = END_OF_TIME
) -> list[Row] | None:
    """Return rows from user ids, start times and end times, if all times are in canonical form.

    Return None if one is not, is wrong, ends after *latest*, begins before WHOLE_MINUTES_SINCE (only since then
    the offset shown is the one to record), or names a user who is not among *users*:
    ``ActivityPeriod.from_text`` then tells which and why.
    """
    if not set(map(itemgetter(0), found)) <= users.keys():
        return None
    days, minutes, rests = _DAYS, _MINUTES, _RESTS
    earliest, longest = WHOLE_MINUTES_SINCE, LONGEST_PERIOD
    rows = []
    try:
        for user_id, start_time, end_time in found:
            start, start_offset = rests[start_time[16:]]
            end, end_offset = rests[end_time[16:]]
            start += days[start_time[:11]] + minutes[start_time[11:16]]
            end += days[end_time[:11]] + minutes[end_time[11:16]]
            if not earliest <= start < end <= latest or end - start > longest:
                return None
            if start_offset is None:
                start_offset = timezones.offset_at(start, timezones.zone(users[user_id].tz))
            if end_offset is None:
                end_offset = timezones.offset_at(end, timezones.zone(users[user_id].tz))
            rows.append((user_id, start, end, start_offset, end_offset))
    except (KeyError, UnknownZoneError):
        return None
    return rows
