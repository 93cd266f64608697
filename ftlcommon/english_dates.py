"""Dates with the name of a month, in any order: ``5 May``, ``May 5th, 2023``, ``2023 may``.

dateparser reads them, which takes 60 ms to load. It guesses generously (``32 may`` becomes a day of 2032), so its
answer counts only if it accounts for each word and each number.
"""

import re
import warnings
from calendar import month_name
from datetime import datetime

MONTHS = {name[:length].lower(): number for number, name in enumerate(month_name) for length in (3, 9) if number}
MONTHS["sept"] = 9

_BASE = datetime(2000, 1, 1)  # noqa: DTZ001  a leap year, so that 29 February is a day of it


def read(words: str) -> tuple[int | None, int, int | None] | None:
    """Return the year, month and day that *words* name, or None if they name none; year or day may be missing."""
    text = re.sub(r"(?<=\d)(st|nd|rd|th)\b|\b(of|the) |(?<=[a-z])\.", "", words)
    parts = text.split()
    months = [MONTHS[part] for part in parts if part in MONTHS]
    numbers = sorted(int(part) for part in parts if re.fullmatch(r"\d{1,4}", part, re.ASCII))
    if len(months) != 1 or 1 + len(numbers) != len(parts):
        return None
    found, has_day = _parse(text)
    if found is None or found.month != months[0]:
        return None
    # What the numbers are that dateparser did not make up.
    year, month, day = found.timetuple()[:3]
    meanings: dict[tuple[int, ...], tuple[int | None, int, int | None]] = (
        {(day,): (None, month, day), (day, year): (year, month, day)}
        if has_day
        else {(): (None, month, None), (year,): (year, month, None)}
    )
    return meanings.get(tuple(numbers))


def _parse(text: str) -> tuple[datetime | None, bool]:
    """Return what dateparser makes of an English *text*, and whether that has a day."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from dateparser.date import DateDataParser  # noqa: PLC0415  60 ms

        settings = {"RELATIVE_BASE": _BASE, "PREFER_DAY_OF_MONTH": "first", "PARSERS": ["absolute-time"]}
        found = DateDataParser(languages=["en"], settings=settings).get_date_data(text)
    return found.date_obj, found.period == "day"
