"""Times as people type them: ``yesterday 9am``, ``-7d``, ``2023-05``, ``last-week``.

The forms of this module are strict. Dates with the name of a month are read by english_dates; what could mean two
things is refused with the choices.
"""

import difflib
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Literal

from ftlclient import english_dates
from ftlclient.errors import ConfigError
from ftlclient.time_ranges import LAST_TIME, later, unit_around

# A date is its first instant, a datetime without offset a time on the clock, and one with an offset an instant.
Edge = date | datetime

NAMED_RANGES = (
    *("today", "yesterday", "week", "last-week", "month", "last-month", "quarter", "last-quarter"),
    *("year", "last-year", "last-7-days", "last-30-days"),
)

_LONGEST = 60
_GREENWICH = timezone(timedelta(), "UTC+00:00")  # an offset that was typed, unlike Z
_LAST_EDGE = LAST_TIME.date() - timedelta(days=1)  # LAST_TIME lies after it in every zone
_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_UNITS = {"min": "minute", "h": "hour", "d": "day", "w": "week", "mo": "month", "y": "year"}
_WORDS = (
    *_DAYS,
    *_WEEKDAYS,
    *english_dates.MONTHS,
    *_UNITS.values(),
    "quarter",
    "last",
    "next",
    "this",
    "now",
    "ago",
)

_WEEKDAY = r"(mon(?:day)?|tue(?:s|sday)?|wed(?:nesday)?|thu(?:r|rs|rsday)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)"
_COUNT_AND_UNIT = (
    rf" ?(\d{{1,5}}|an?|{'|'.join(_NUMBERS)}) ?(m|min|minutes?|h|hours?|d|days?|w|weeks?|mo|months?|y|years?)"
)
_CLOCK = r"(?:\d{1,2}(?::\d\d){1,2}(?: ?[ap]m)?|\d{1,2} ?[ap]m)"  # not a number alone
_ISO_TIME = r"(\d{4}-?\d\d-?\d\d)[t ](\d\d:?\d\d(?::?\d\d(?:[.,]\d{1,9})?)?) ?(z|[+-]\d\d(?::?\d\d)?|)"


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
    return _Reader(text, now, week_start, ahead=ahead).expression()


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
    words = _normal(text)
    return _clock(words) if _is(_CLOCK, words) or _is(r"\d{1,2}", words) else None


def sent(edge: Edge) -> str:
    """Return *edge* as the API takes it: a date, a time on the clock, or an RFC 3339 time.

    That time shows the offset that was typed, if one was, as it says what the clock showed; others are in UTC.
    """
    if not isinstance(edge, datetime) or edge.tzinfo is None:
        return edge.isoformat()
    if isinstance(edge.tzinfo, timezone) and edge.tzinfo is not UTC:
        return edge.isoformat()
    return edge.astimezone(UTC).isoformat().replace("+00:00", "Z")


class _Reader:
    """A text, and the moment at which it was typed."""

    def __init__(self, text: str, now: datetime, week_start: str, *, ahead: bool) -> None:
        self.text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
        self.words = _normal(text)
        self.now = now
        self.today = now.date()
        self.week_start = week_start
        self.ahead = ahead

    def expression(self) -> TimeExpression:
        try:
            found = self._expression() if len(self.words) <= _LONGEST else None
            is_in_range = found is None or (found.start.year >= 1970 and _date_of(found.end) <= _LAST_EDGE)
        except OverflowError:
            is_in_range = False
        if not is_in_range:
            raise ConfigError(f"{self.text} is out of range; times are from 1970 to 9999-11")
        if found is None:
            raise self._not_understood()
        return found

    def _expression(self) -> TimeExpression | None:
        if self.words == "now":
            return _moment(self.now)
        if match := _is(_ISO_TIME, self.words):
            return self._iso_time(*match.groups())
        if (day := self._day(self.words)) is not None:
            return _range(day, 1, "day")
        return self._calendar_range() or self._length() or self._time_of_day()

    def _iso_time(self, day: str, clock: str, offset: str) -> TimeExpression:
        try:
            found = datetime.fromisoformat(f"{day}T{clock}{offset.upper()}")
        except ValueError:
            raise ConfigError(f"{self.text} is not on the calendar or the clock") from None
        if found.tzinfo is UTC and offset != "z":
            found = found.replace(tzinfo=_GREENWICH)
        return _moment(found)

    def _day(self, words: str) -> date | None:
        """Return the day that *words* name, if they name one."""
        if words in _DAYS:
            return later(self.today, _DAYS[words], "day")
        if match := _is(rf"(last |next |){_WEEKDAY}", words):
            return self._weekday(match[1].strip(), _weekday_number(match[2]))
        if match := _is(rf"{_WEEKDAY} (.*\d.*)|(.*\d.*) {_WEEKDAY}", words):
            return self._day_on(match[1] or match[4], self._day(match[2] or match[3]))
        if match := _is(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})|(\d{4})(\d\d)(\d\d)", words):
            return self._date(*(int(part) for part in match.groups() if part is not None))
        if match := _is(r"(\d{4}) ?w(\d\d)-?([1-7])", words):
            return self._iso_week(int(match[1]), int(match[2]), int(match[3]))
        if match := _is(r"(\d{1,2})([-/.])(\d{1,2})(?:\2(\d{4}))?", words):
            return self._day_and_month(int(match[1]), int(match[3]), match[4])
        if match := _is(rf"([+-]){_COUNT_AND_UNIT}", _signed(words)):
            unit = self._unit(match)
            return None if unit in ("minute", "hour") else later(self.today, _count(match), unit)
        if (found := english_dates.read(words)) and found[2] is not None:
            return self._in_year(*found)
        return None

    def _weekday(self, which: str, number: int) -> date:
        since, until = (self.today.weekday() - number) % 7, (number - self.today.weekday()) % 7
        if which == "next" or (self.ahead and which != "last"):
            return later(self.today, until or 7 * (which == "next"), "day")
        return later(self.today, -(since or 7 * (which == "last")), "day")

    def _day_on(self, weekday: str, day: date | None) -> date | None:
        """Return *day* if it is that weekday."""
        if day is not None and day.weekday() != _weekday_number(weekday):
            raise ConfigError(f"{self.text} cannot be: {day} is a {day:%A}")
        return day

    def _day_and_month(self, one: int, other: int, year: str | None) -> date:
        """Return the only day that two numbers can name."""
        days = {
            (month, day)
            for month, day in ((one, other), (other, one))
            if _is_on_calendar(int(year or 2000), month, day)
        }
        if len(days) > 1:
            choices = [self._date(int(year or self.today.year), *pair).isoformat() for pair in sorted(days)]
            raise ConfigError(f"{self.text} could be two days; write {_or(choices)}")
        if not days:
            raise ConfigError(f"{self.text} is not on the calendar")
        month, day = days.pop()
        return self._in_year(int(year) if year else None, month, day)

    def _in_year(self, year: int | None, month: int, day: int | None) -> date:
        """Return the day of that *year*, or of this one if it is not still to come; 1 stands for no *day*."""
        if year is not None:
            return self._date(year, month, day or 1)
        this = self.today.year
        found = [
            date(year, month, day or 1)
            for year in ((this, this + 1) if self.ahead else (this - 1, this))
            if _is_on_calendar(year, month, day or 1)
        ]
        for first in found:
            if first.year == this and (first == self.today or (first > self.today) == self.ahead):
                return first
        choices = [first.isoformat()[: 10 if day else 7] for first in found] or ["it"]
        raise ConfigError(f"{self.text} needs its year; write {_or(choices)}")

    def _date(self, year: int, month: int, day: int) -> date:
        if not _is_on_calendar(year, month, day):
            raise ConfigError(f"{self.text} is not on the calendar")
        return date(year, month, day)

    def _iso_week(self, year: int, week: int, day: int) -> date:
        try:
            return date.fromisocalendar(year, week, day)
        except ValueError:
            raise ConfigError(f"{self.text} is not on the calendar") from None

    def _calendar_range(self) -> TimeExpression | None:
        """Return the year, quarter, month or week that the text names, if it names one."""
        words = self.words
        if match := _is(r"(\d{4})", words):
            return _range(self._date(int(match[1]), 1, 1), 1, "year")
        if match := _is(r"(\d{4}) ?q([1-4])", words):
            return _range(self._date(int(match[1]), 3 * int(match[2]) - 2, 1), 3, "month")
        if match := _is(r"(\d{4})[-/.](\d{1,2})", words):
            return _range(self._date(int(match[1]), int(match[2]), 1), 1, "month")
        if match := _is(r"(\d{4}) ?w(\d\d)", words):
            return _range(self._iso_week(int(match[1]), int(match[2]), 1), 1, "week")
        if match := _is(r"(this |last |next |)(week|month|quarter|year)", words):
            return self._around(match[1].strip(), match[2])
        if found := english_dates.read(words):
            return _range(self._in_year(*found), 1, "month")
        return None

    def _around(self, which: str, unit: str) -> TimeExpression:
        """Return this, the *last* or the *next* week, month, quarter or year."""
        first, after = unit_around(self.today, unit, self.week_start)
        if which == "last":
            first, after = unit_around(later(first, -1, "day"), unit, self.week_start)
        elif which == "next":
            first, after = unit_around(after, unit, self.week_start)
        return TimeExpression("range", first, after)

    def _length(self) -> TimeExpression | None:
        """Return a moment so many hours or minutes away, or the time of so many units that ends now or today."""
        match = _is(rf"([+-]|last |past |){_COUNT_AND_UNIT}", _signed(self.words))
        if match is None:
            return None
        unit, count = self._unit(match), _count(match)
        if count == 0 and match[1] not in ("+", "-"):
            raise ConfigError(f"{self.text} has no length; write 1d for today")
        if unit not in ("minute", "hour"):
            after = later(self.today, 1, "day")
            return TimeExpression("length", later(after, -count, unit), after)
        away = timedelta(minutes=count * (60 if unit == "hour" else 1))
        if match[1] in ("+", "-"):
            return _moment(self._away(away))
        return TimeExpression("length", self._away(-away), self.now)

    def _away(self, length: timedelta) -> datetime:
        return (self.now.astimezone(UTC) + length).astimezone(self.now.tzinfo)

    def _unit(self, match: re.Match[str]) -> str:
        """Return the unit of a match of _COUNT_AND_UNIT."""
        if match[3] == "m":
            sign = match[1].strip("lastp ")
            choices = f"{sign}{match[2]}min or {sign}{match[2]}mo"
            raise ConfigError(f"{self.text} could be minutes or months; write {choices}")
        return _UNITS.get(match[3], match[3].removesuffix("s"))

    def _time_of_day(self) -> TimeExpression | None:
        """Return a time of day today, or on the day that the text names too."""
        words = self.words
        if _is(_CLOCK, words):
            return _moment(datetime.combine(self.today, _clock(words)))
        for pattern, names_day, names_clock in (
            (rf"(.+?) (?:at )?({_CLOCK})", 1, 2),
            (r"(\D+?) (?:at )?(\d{1,2})", 1, 2),
            (rf"({_CLOCK}) (?:on )?(.+)", 2, 1),
        ):
            if (match := _is(pattern, words)) and (day := self._day(match[names_day])) is not None:
                return _moment(datetime.combine(day, _clock(match[names_clock])))
        return None

    def _not_understood(self) -> ConfigError:
        if _is(r"\d{1,2}", self.words):
            number, choices = int(self.words), []
            if number < 24:
                choices.append(f"{number:02}:00")
            if 1 <= number <= 12:
                choices.append(f"{number}am")
            if _is_on_calendar(self.today.year, self.today.month, number):
                choices.append(self.today.replace(day=number).isoformat())
            if choices:
                return ConfigError(f"{self.text} could be an hour or a day; write {_or(choices)}")
        if _is(r"[+-]\d{1,5}", self.words):
            return ConfigError(f"{self.text} needs a unit; write {self.text}d for days, or {self.text}h for hours")
        for word in self.words.split():
            if word.isalpha() and word not in _WORDS and (near := difflib.get_close_matches(word, _WORDS, 1, 0.8)):
                return ConfigError(f"{self.text} is not a time; did you mean {self.words.replace(word, near[0])}?")
        return ConfigError(
            f"{self.text or 'nothing'} is not a time; write a date such as 2026-11-16, or yesterday, -7d or last-week"
        )


def _is(pattern: str, words: str) -> re.Match[str] | None:
    return re.fullmatch(pattern, words, re.ASCII)


def _normal(text: str) -> str:
    """Return *text* in lower case, with a space for each comma and for each hyphen beside a letter."""
    text = text[: 2 * _LONGEST].lower()
    return " ".join(re.sub(r"(?<=[a-z])-|-(?=[a-z])|(?<!:\d\d),|,(?!\d)", " ", text).split())


def _signed(words: str) -> str:
    """Return ``2 weeks ago`` as ``-2 weeks`` and ``in 2 weeks`` as ``+2 weeks``."""
    words = re.sub(r"^in (?=\w)", "+", words)
    return re.sub(r"^(\w.*) ago$", r"-\1", words)


def _count(match: re.Match[str]) -> int:
    """Return the number of a match of _COUNT_AND_UNIT, negative after a minus sign."""
    word = match[2]
    number = int(word) if word.isdecimal() else 1 if word in ("a", "an") else 1 + _NUMBERS.index(word)
    return -number if match[1] == "-" else number


def _clock(words: str) -> time:
    """Return the time of day that *words* in the form of a clock show; raise ConfigError."""
    match = re.match(r"(\d+)(?::(\d+))?(?::(\d+))? ?(am|pm)?", words)
    assert match
    hour, minute, second = (int(part or 0) for part in match.group(1, 2, 3))
    if match[4] and not 1 <= hour <= 12:
        hour = 24
    elif match[4]:
        hour = hour % 12 + (12 if match[4] == "pm" else 0)
    if hour > 23 or minute > 59 or second > 59:
        raise ConfigError(f"{words} is not a time of day; write 00:00 to 23:59, or 12am to 11pm")
    return time(hour, minute, second)


def _date_of(edge: Edge) -> date:
    return edge.date() if isinstance(edge, datetime) else edge


def _moment(at: datetime) -> TimeExpression:
    return TimeExpression("moment", at, at)


def _range(first: date, count: int, unit: str) -> TimeExpression:
    return TimeExpression("day" if unit == "day" else "range", first, later(first, count, unit))


def _weekday_number(name: str) -> int:
    return [day[:3] for day in _WEEKDAYS].index(name[:3])


def _is_on_calendar(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _or(choices: list[str]) -> str:
    return ", ".join(choices[:-1]) + f" or {choices[-1]}" if choices[1:] else choices[0]
