"""Times as people type them: ``yesterday 9am``, ``-7d``, ``2023-05``, ``last-week``.

What could mean two things is refused with the choices.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Literal

from ftlclient.errors import ConfigError
from ftlcommon.calendar_days import later
from ftlcommon.day_expressions import FIRST_YEAR, LAST_EDGE, DayError, DayReader, form, normal

# A date is its first instant, a datetime without offset a time on the clock, and one with an offset an instant.
Edge = date | datetime

NAMED_RANGES = (
    *("today", "yesterday", "week", "last-week", "month", "last-month", "quarter", "last-quarter"),
    *("year", "last-year", "last-7-days", "last-30-days"),
)

_GREENWICH = timezone(timedelta(), "UTC+00:00")  # an offset that was typed, unlike Z
_CLOCK = r"(?:\d{1,2}(?::\d\d){1,2}(?: ?[ap]m)?|\d{1,2} ?[ap]m)"  # not a number alone
_ISO_TIME = r"(\d{4}-?\d\d-?\d\d)[t ](\d\d:?\d\d(?::?\d\d(?:[.,]\d{1,9})?)?) ?(z|[+-]\d\d(?::?\d\d)?|)"
# A day with a time of day, and the groups of both; a number alone is an hour after a day that is named in words.
_DAY_AND_CLOCK = (
    (rf"(.+?) (?:at )?({_CLOCK})", 1, 2),
    (r"(\D+?) (?:at )?(\d{1,2})", 1, 2),
    (rf"({_CLOCK}) (?:on )?(.+)", 2, 1),
)


@dataclass(frozen=True, slots=True)
class TimeExpression:
    """The time [start, end) that a text stands for; the edges of a moment are equal, and a length ends now."""

    kind: Literal["moment", "day", "range", "length"]
    start: Edge
    end: Edge


def read(text: str, now: datetime, *, week_start: str = "monday", ahead: bool = False) -> TimeExpression:
    """Return what *text* stands for; *now* is aware, in the zone whose clock and days are meant.

    A weekday alone is the last one, today included, or the next one if a time *ahead* is meant. Raise ConfigError.
    """
    days = DayReader(text, now.date(), week_start, ahead=ahead)
    try:
        found = _read(days.words, now, days)
        if found is None:
            raise days.not_understood()
        if found.start.year < FIRST_YEAR or _date_of(found.end) > LAST_EDGE:
            raise days.out_of_range()
    except OverflowError:
        raise ConfigError(str(days.out_of_range())) from None
    except DayError as exc:
        raise ConfigError(str(exc)) from exc
    return found


def read_moment(text: str, now: datetime) -> datetime:
    """Return the moment that *text* stands for, where a number alone is an hour; raise ConfigError."""
    if (clock := read_clock(text)) is not None:
        return datetime.combine(now.date(), clock)
    found = read(text, now)
    if found.kind == "moment" and isinstance(found.start, datetime):
        return found.start
    if found.kind == "day":
        raise ConfigError(f"{text} is a day and needs a time of day; write {text} 9am")
    raise ConfigError(f"{text} is not a moment; write a time of day, such as 09:00 or yesterday 9am")


def read_clock(text: str) -> time | None:
    """Return the time of day of which *text* consists, or None if it is something else; raise ConfigError."""
    words = normal(text)
    return _clock(words) if form(rf"{_CLOCK}|\d{{1,2}}", words) else None


def sent(edge: Edge) -> str:
    """Return *edge* as the API takes it: a date, a time on the clock, or an RFC 3339 time.

    That time shows the offset that was typed, if one was, as it says what the clock showed; others are in UTC.
    """
    if not isinstance(edge, datetime) or edge.tzinfo is None:
        return edge.isoformat()
    if isinstance(edge.tzinfo, timezone) and edge.tzinfo is not UTC:
        return edge.isoformat()
    return edge.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _read(words: str, now: datetime, days: DayReader) -> TimeExpression | None:
    if words == "now":
        return _moment(now)
    if match := form(_ISO_TIME, words):
        return _iso_time(match, days.text)
    if (day := days.day(words)) is not None:
        return TimeExpression("day", day, later(day, 1, "day"))
    if (edges := days.range(words)) is not None:
        return TimeExpression("range", *edges)
    if (edges := days.length(words)) is not None:
        return TimeExpression("length", *edges)
    return _hours(words, now, days) or _time_of_day(words, days)


def _iso_time(match: re.Match[str], shown: str) -> TimeExpression:
    day, clock, offset = match.groups()
    try:
        found = datetime.fromisoformat(f"{day}T{clock}{offset.upper()}")
    except ValueError:
        raise ConfigError(f"{shown} is not on the calendar or the clock") from None
    return _moment(found.replace(tzinfo=_GREENWICH) if found.tzinfo is UTC and offset != "z" else found)


def _hours(words: str, now: datetime, days: DayReader) -> TimeExpression | None:
    """Return a moment so many hours or minutes away, or so many of them that end now."""
    direction, count, unit = days.amount(words) or ("", 0, "")
    if unit not in ("minute", "hour"):
        return None
    length = timedelta(minutes=count * (60 if unit == "hour" else 1))
    then = (now.astimezone(UTC) + (length if direction == "+" else -length)).astimezone(now.tzinfo)
    return _moment(then) if direction else TimeExpression("length", then, now)


def _time_of_day(words: str, days: DayReader) -> TimeExpression | None:
    """Return a time of day today, or on the day that *words* name too."""
    if form(_CLOCK, words):
        return _moment(datetime.combine(days.today, _clock(words)))
    for pattern, day_group, clock_group in _DAY_AND_CLOCK:
        if (match := form(pattern, words)) and (day := days.day(match[day_group])) is not None:
            return _moment(datetime.combine(day, _clock(match[clock_group])))
    return None


def _clock(words: str) -> time:
    """Return the time of day that *words* in the form of a clock show; raise ConfigError."""
    match = re.match(r"(\d+)(?::(\d+))?(?::(\d+))? ?(am|pm)?", words)
    assert match
    hour, minute, second = (int(part or 0) for part in match.group(1, 2, 3))
    if match[4]:
        hour = hour % 12 + (12 if match[4] == "pm" else 0) if 1 <= hour <= 12 else 24
    if hour > 23 or minute > 59 or second > 59:
        raise ConfigError(f"{words} is not a time of day; write 00:00 to 23:59, or 12am to 11pm")
    return time(hour, minute, second)


def _date_of(edge: Edge) -> date:
    return edge.date() if isinstance(edge, datetime) else edge


def _moment(at: datetime) -> TimeExpression:
    return TimeExpression("moment", at, at)
