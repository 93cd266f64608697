"""Days, weeks, months, quarters and years as people type them: ``yesterday``, ``-7d``, ``2023-05``, ``last-week``.

english_dates reads those with the name of a month. What could mean two things is refused with the choices.
"""

import difflib
import re
from collections.abc import Callable
from datetime import date

from ftlcommon import english_dates
from ftlcommon.calendar_days import later, unit_around

LONGEST = 60  # characters
FIRST_YEAR = 1970
LAST_EDGE = date(9999, 11, 30)  # a month before the end of the calendar, for what looks beyond a window

_NEAR_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_UNITS = {"min": "minute", "h": "hour", "d": "day", "w": "week", "mo": "month", "y": "year"}

_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_WEEKDAY = r"(mon(?:day)?|tue(?:s|sday)?|wed(?:nesday)?|thu(?:r|rs|rsday)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)"
_AMOUNT = (
    rf"([+-]|last |past |in |) ?(\d{{1,3}}|an?|{'|'.join(_NUMBERS)}) ?"
    r"(m|min|minutes?|h|hours?|d|days?|w|weeks?|mo|months?|y|years?)( ago)?"
)

_WORDS = (
    *_NEAR_DAYS,
    *_WEEKDAYS,
    *english_dates.MONTHS,
    *_UNITS.values(),
    *["quarter", "last", "next", "this", "now", "ago"],
)


class DayError(ValueError):
    """A text is no day, or could be another one; its text is one sentence for people."""


def read_days(text: str, today: date) -> tuple[date, date]:
    """Return the first day that *text* names and the day after the last one; raise DayError."""
    reader = DayReader(text, today)
    words = reader.words
    try:
        day = reader.day(words)
        found = reader.range(words) or reader.length(words) if day is None else (day, later(day, 1, "day"))
    except OverflowError:
        raise reader.out_of_range() from None
    if found is None:
        raise reader.not_understood()
    if found[0].year < FIRST_YEAR or found[1] > LAST_EDGE:
        raise reader.out_of_range()
    return found


class DayReader:
    """Reads a *text* that is typed on *today*; a week begins on *week_start*.

    A day without its week or year is the last one, today included, or the next one if a time *ahead* is meant.
    """

    def __init__(self, text: str, today: date, week_start: str = "monday", *, ahead: bool = False) -> None:
        self.words = normal(text) if len(text) <= LONGEST else ""
        self.text = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
        self.today = today
        self.week_start = week_start
        self.ahead = ahead

    def day(self, words: str) -> date | None:
        """Return the day that *words* name, or None; raise DayError if it cannot be, or could be another."""
        for pattern, read in _DAYS:
            if match := form(pattern, words):
                return read(self, match)
        found = english_dates.read(words)
        return self._in_year(*found) if found and found[2] else None

    def range(self, words: str) -> tuple[date, date] | None:
        """Return the edges of the week, month, quarter or year that *words* name, or None; raise DayError."""
        if match := form(r"(this |last |next |)(week|month|quarter|year)", words):
            return self._around(match[1].strip(), match[2])
        for pattern, count, unit, read in _RANGES:
            if match := form(pattern, words):
                first = read(self, match)
                return first, later(first, count, unit)
        if found := english_dates.read(words):
            first = self._in_year(*found)
            return first, later(first, 1, "month")
        return None

    def length(self, words: str) -> tuple[date, date] | None:
        """Return the edges of so many days, weeks, months or years that end with today, or None."""
        direction, count, unit = self.amount(words) or ("+", 0, "")
        if direction or unit in ("minute", "hour"):
            return None
        after = later(self.today, 1, "day")
        return later(after, -count, unit), after

    def amount(self, words: str) -> tuple[str, int, str] | None:
        """Return the direction, the number and the unit of ``-7d``, ``2 weeks ago`` or ``last 7 days``, or None.

        The direction is ``+``, ``-`` or, for a length, empty. Raise DayError.
        """
        match = form(_AMOUNT, words)
        if match is None or (match[4] and match[1]):
            return None
        direction = {"in ": "+", "+": "+", "-": "-"}.get(match[1], "-" if match[4] else "")
        number, unit = match[2], match[3]
        if unit == "m":
            choices = [f"{direction}{number}{unit}" for unit in ("min", "mo")]
            raise DayError(f"{self.text} could be minutes or months; write {either(choices)}")
        if not number.isdecimal():
            number = "1" if number in ("a", "an") else str(1 + _NUMBERS.index(number))
        if not direction and not int(number):
            raise DayError(f"{self.text} has no length; write 1d for today")
        return direction, int(number), _UNITS.get(unit, unit.removesuffix("s"))

    def out_of_range(self) -> DayError:
        """Return the error for what lies beyond the calendar of this project."""
        return DayError(f"{self.text} is out of range; times are from 1970 to 9999-11")

    def not_understood(self) -> DayError:
        """Return the error for what is nothing that is understood, with what it may have been."""
        words, today = self.words, self.today
        if form(r"\d{1,2}", words):
            choices = [f"{words:0>2}:00"] * (int(words) < 24) + [f"{int(words)}am"] * (1 <= int(words) <= 12)
            if is_on_calendar(today.year, today.month, int(words)):
                choices.append(today.replace(day=int(words)).isoformat())
            if choices:
                return DayError(f"{self.text} could be an hour or a day; write {either(choices)}")
        if form(r"[+-]\d{1,5}", words):
            return DayError(f"{self.text} needs a unit; write {self.text}d for days, or {self.text}h for hours")
        for word in words.split():
            if word.isalpha() and word not in _WORDS and (near := difflib.get_close_matches(word, _WORDS, 1, 0.8)):
                return DayError(f"{self.text} is not a time; did you mean {words.replace(word, near[0])}?")
        example = "write a date such as 2026-11-16, or yesterday, -7d or last-week"
        return DayError(f"{self.text or 'nothing'} is not a time; {example}")

    def _near(self, match: re.Match[str]) -> date:
        return later(self.today, _NEAR_DAYS[match[0]], "day")

    def _weekday(self, match: re.Match[str]) -> date:
        which, number = match[1], _weekday_number(match[2])
        since, until = (self.today.weekday() - number) % 7, (number - self.today.weekday()) % 7
        if which == "last ":
            return later(self.today, -(since or 7), "day")
        if which == "next ":
            return later(self.today, until or 7, "day")
        return later(self.today, until if self.ahead else -since, "day")

    def _with_weekday(self, match: re.Match[str]) -> date | None:
        weekday, day = match[1] or match[4], self.day(match[2] or match[3])
        if day is not None and day.weekday() != _weekday_number(weekday):
            raise DayError(f"{self.text} cannot be: {day} is a {day:%A}")
        return day

    def _year_month_day(self, match: re.Match[str]) -> date:
        return self._date(*(int(part) for part in match.groups() if part is not None))

    def _year(self, match: re.Match[str]) -> date:
        """Return the first day of a year, unless it is to come and more likely a time of day."""
        year = int(match[0])
        if year > self.today.year and match[1] < "24" and match[2] < "60":
            raise DayError(
                f"{self.text} could be a time of day or a year; write {match[1]}:{match[2]} or {year}-01"
            )
        return self._date(year, 1, 1)

    def _quarter(self, match: re.Match[str]) -> date:
        return self._date(int(match[1]), 3 * int(match[2]) - 2, 1)

    def _month(self, match: re.Match[str]) -> date:
        return self._date(int(match[1]), int(match[2]), 1)

    def _iso_week(self, match: re.Match[str]) -> date:
        try:
            return date.fromisocalendar(int(match[1]), int(match[2]), int(match[3] or 1))
        except ValueError:
            raise DayError(f"{self.text} is not on the calendar") from None

    def _day_and_month(self, match: re.Match[str]) -> date:
        """Return the only day that two numbers can name, in either order."""
        one, other, year = int(match[1]), int(match[3] or match[5]), int(match[4] or 0)
        days = {pair for pair in ((one, other), (other, one)) if is_on_calendar(year or 2000, *pair)}
        if len(days) > 1:
            choices = [date(year or self.today.year, *pair).isoformat() for pair in sorted(days)]
            raise DayError(f"{self.text} could be two days; write {either(choices)}")
        if not days:
            raise DayError(f"{self.text} is not on the calendar")
        return self._in_year(year or None, *days.pop())

    def _away(self, match: re.Match[str]) -> date | None:
        direction, count, unit = self.amount(match[0]) or ("", 0, "")
        if not direction or unit in ("minute", "hour"):
            return None
        return later(self.today, -count if direction == "-" else count, unit)

    def _in_year(self, year: int | None, month: int, day: int | None) -> date:
        """Return that day, or the first one of a month; without *year* it is this one, if that is not a guess."""
        if year is not None:
            return self._date(year, month, day or 1)
        this = self.today.year
        years = (this, this + 1) if self.ahead else (this - 1, this)
        found = [date(year, month, day or 1) for year in years if is_on_calendar(year, month, day or 1)]
        for first in found:
            if first.year == this and (first == self.today or (first > self.today) == self.ahead):
                return first
        choices = [first.isoformat()[: 10 if day else 7] for first in found] or [f"{self.text} and the year"]
        raise DayError(f"{self.text} needs its year; write {either(choices)}")

    def _date(self, year: int, month: int, day: int) -> date:
        if not is_on_calendar(year, month, day):
            raise DayError(f"{self.text} is not on the calendar")
        return date(year, month, day)

    def _around(self, which: str, unit: str) -> tuple[date, date]:
        """Return the edges of this, the *last* or the *next* week, month, quarter or year."""
        first, after = unit_around(self.today, unit, self.week_start)
        if which == "last":
            return unit_around(later(first, -1, "day"), unit, self.week_start)
        return unit_around(after, unit, self.week_start) if which == "next" else (first, after)


_Match = re.Match[str]
_DAYS: tuple[tuple[str, Callable[[DayReader, _Match], date | None]], ...] = (
    ("|".join(_NEAR_DAYS), DayReader._near),
    (rf"(last |next |){_WEEKDAY}", DayReader._weekday),
    (rf"{_WEEKDAY} (.*\d.*)|(.*\d.*) {_WEEKDAY}", DayReader._with_weekday),
    (r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})|(\d{4})(\d\d)(\d\d)", DayReader._year_month_day),
    (r"(\d{4}) ?w(\d\d)-?([1-7])", DayReader._iso_week),
    (r"(\d{1,2})(?:([-/.])(\d{1,2})\2(\d{4})|/(\d{1,2}))", DayReader._day_and_month),  # 9.30 may be a time
    (_AMOUNT, DayReader._away),
)
# Each with its length in units, and how its first day is read.
_RANGES: tuple[tuple[str, int, str, Callable[[DayReader, _Match], date]], ...] = (
    (r"(\d\d)(\d\d)", 1, "year", DayReader._year),
    (r"(\d{4}) ?q([1-4])", 3, "month", DayReader._quarter),
    (r"(\d{4})[-/.](\d{1,2})", 1, "month", DayReader._month),
    (r"(\d{4}) ?w(\d\d)()", 1, "week", DayReader._iso_week),
)


def normal(text: str) -> str:
    """Return *text* in lower case, with a space for each comma and for each hyphen that joins words."""
    return " ".join(re.sub(r"(?<=[a-z])-(?=\w)|(?<=\w)-(?=[a-z])|(?<!:\d\d),|,(?!\d)", " ", text.lower()).split())


def form(pattern: str, words: str) -> re.Match[str] | None:
    """Return the match of a *pattern* with all of *words*."""
    return re.fullmatch(pattern, words, re.ASCII)


def is_on_calendar(year: int, month: int, day: int) -> bool:
    """Tell whether there is such a day."""
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def either(choices: list[str]) -> str:
    """Return the *choices* as ``a, b or c``."""
    return " or ".join(filter(None, (", ".join(choices[:-1]), choices[-1])))


def _weekday_number(name: str) -> int:
    return [day[:3] for day in _WEEKDAYS].index(name[:3])
