"""Dates with the name of a month, in any order: ``5 May``, ``May 5th, 2023``, ``2023 may``.

dateparser reads them, which takes 60 ms to load. It guesses generously (``32 may`` becomes a day of 2032), so its
answer counts only if it accounts for each word and each number.
"""

import re
import warnings
from datetime import datetime

MONTHS = {
    name[:length]: number
    for number, name in enumerate(
        ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october")
        + ("november", "december"),
        1,
    )
    for length in (3, 4 if name == "september" else 3, len(name))
}
_NUMBER = re.compile(r"\d{1,4}", re.ASCII)
_BASE = datetime(2000, 1, 1)  # noqa: DTZ001  a leap year, so that 29 February is a day of it


def read(words: str) -> tuple[int | None, int, int | None] | None:
    """Return the year, month and day that *words* name, or None if they name none; year or day may be missing."""
    text = re.sub(r"(?<=\d)(st|nd|rd|th)\b|\b(of|the) |(?<=[a-z])\.", "", words)
    parts = text.split()
    months = [MONTHS[part] for part in parts if part in MONTHS]
    numbers = [int(part) for part in parts if _NUMBER.fullmatch(part)]
    if len(months) != 1 or len(months) + len(numbers) != len(parts):
        return None
    found, period = _parse(text)
    if found is None or found.month != months[0]:
        return None
    year, month, day = found.timetuple()[:3]
    match sorted(numbers):
        case [] if period == "month":
            return None, month, None
        case [one] if period == "month" and one == year:
            return year, month, None
        case [one] if period == "day" and one == day:
            return None, month, day
        case [one, other] if period == "day" and [one, other] == [day, year]:
            return year, month, day
    return None


def _parse(text: str) -> tuple[datetime | None, str]:
    """Return what dateparser makes of an English *text*, and whether that is a day, a month or a year."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from dateparser.date import DateDataParser  # noqa: PLC0415  60 ms

        settings = {"RELATIVE_BASE": _BASE, "PREFER_DAY_OF_MONTH": "first", "PARSERS": ["absolute-time"]}
        found = DateDataParser(languages=["en"], settings=settings).get_date_data(text)
    return found.date_obj, found.period
