"""Hours of the week as text, such as ``Sat-Sun, Mon-Fri 22:00-06:00`` or ``Fri 18:00-Mon 08:00``."""

import re
from collections.abc import Iterator

EXAMPLE = "Sat-Sun, Mon-Fri 22:00-06:00"
LONGEST_TEXT = 500
MINUTES_OF_WEEK = 7 * 24 * 60

_MINUTES_OF_DAY = 24 * 60
_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAYS = {name[:length]: number for number, name in enumerate(_NAMES) for length in (3, len(name))}
_DAY = rf"({'|'.join(sorted(_DAYS, key=len, reverse=True))})"
_TIME = r"(\d{1,2}):(\d{2})"
# Whole days, or the same hours of each of some days; and one interval from a day to another.
_EACH_DAY = re.compile(rf"{_DAY}(?:\s*-\s*{_DAY})?(?:\s+{_TIME}\s*-\s*{_TIME})?", re.ASCII)
_FROM_DAY_TO_DAY = re.compile(rf"{_DAY}\s+{_TIME}\s*-\s*{_DAY}\s+{_TIME}", re.ASCII)


def parse(text: str) -> list[tuple[int, int]]:
    """Return the hours as sorted intervals in minutes from Monday 00:00, which neither overlap nor touch.

    Raise ValueError, whose text says what cannot be read.
    """
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"expected at most {LONGEST_TEXT} characters")
    found: list[tuple[int, int]] = []
    for part in sorted(interval for item in text.split(",") for interval in _intervals(item.strip().lower())):
        if found and part[0] <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], part[1])
        else:
            found.append(part)
    return found


def _intervals(item: str) -> Iterator[tuple[int, int]]:
    """Yield the intervals of an item, cut at the end of the week."""
    if match := _FROM_DAY_TO_DAY.fullmatch(item):
        first, start_hour, start_minute, last, end_hour, end_minute = match.groups()
        start = _DAYS[first] * _MINUTES_OF_DAY + _minute(start_hour, start_minute, item)
        end = _DAYS[last] * _MINUTES_OF_DAY + _minute(end_hour, end_minute, item)
        yield from _within_week(start, start + ((end - start) % MINUTES_OF_WEEK or MINUTES_OF_WEEK))
        return
    match = _EACH_DAY.fullmatch(item)
    if match is None:
        raise ValueError(f"{item[:50]!r} is no part of a week; write hours of the week such as {EXAMPLE}")
    first, last, start_hour, start_minute, end_hour, end_minute = match.groups()
    opens, length = 0, _MINUTES_OF_DAY
    if start_hour is not None:
        opens = _minute(start_hour, start_minute, item)
        length = (_minute(end_hour, end_minute, item) - opens) % _MINUTES_OF_DAY or _MINUTES_OF_DAY
    days = (_DAYS[last or first] - _DAYS[first]) % 7 + 1
    for number in range(_DAYS[first], _DAYS[first] + days):
        start = number % 7 * _MINUTES_OF_DAY + opens
        yield from _within_week(start, start + length)


def _within_week(start: int, end: int) -> Iterator[tuple[int, int]]:
    start, end = (start - MINUTES_OF_WEEK, end - MINUTES_OF_WEEK) if start >= MINUTES_OF_WEEK else (start, end)
    yield start, min(end, MINUTES_OF_WEEK)
    if end > MINUTES_OF_WEEK:
        yield 0, end - MINUTES_OF_WEEK


def _minute(hour: str, minute: str, item: str) -> int:
    """Return the minute of a day; 24:00 is its end."""
    found = int(hour) * 60 + int(minute)
    if int(minute) > 59 or found > _MINUTES_OF_DAY:
        raise ValueError(f"{item[:50]!r} has a time that no clock shows; write 00:00 to 24:00")
    return found
