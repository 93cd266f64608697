"""How long one member was active each day of a year: a heat map of 7 weekdays by 53 weeks."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from ftlcommon.drawing.rows import Answer
from ftlcommon.drawing.sheet import MARGIN, WIDTH, Heading, Picture, Sheet
from ftlcommon.drawing.texts import width_of
from ftlcommon.drawing.units import Units, level_legend, reach, unit_words, units_of
from ftlcommon.levels import Levels
from ftlcommon.sentences import length_words
from ftlcommon.summary_units import unit_start
from ftlcommon.wording import counted

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LEFT = MARGIN + 34
_STEP = 13.5
_CELL = 11.5
_WEEKS = 54  # of a leap year that begins on a Sunday


def year(answer: Answer, heading: Heading, *, now: datetime | None = None) -> Picture:
    """Draw the first member of an answer to ``summary`` per day, with a block for each year if several."""
    return draw_year(heading, units_of({"members": answer["members"][:1]}), now)


def draw_year(heading: Heading, rows: Sequence[Units], now: datetime | None) -> Picture:
    """Draw the days of the only one of *rows*."""
    sheet = Sheet(heading, (row.member["tz"] for row in rows))
    if not rows:
        sheet.lines("no activity")
        return sheet.picture()
    row = rows[0]
    first, last = reach(rows, now, heading.tz)
    if row.member["real_name"] not in heading.title:
        sheet.lines(row.name, "bold")
    levels = Levels.of_seconds(row.found.values())
    for first_day, last_day in _blocks(first, last):
        _block(sheet, row, first_day, last_day, levels)
    active = sum(map(bool, row.found.values()))
    words = f"{length_words(row.seconds)} in all, on {active:,} of {counted((last - first).days + 1, 'day')}"
    level_legend(sheet, levels, "day", words)
    return sheet.picture()


def _blocks(first: date, last: date) -> list[tuple[date, date]]:
    if (last - unit_start("week", first)).days < 7 * _WEEKS:
        return [(first, last)]
    years = range(first.year, last.year + 1)
    return [(max(first, date(number, 1, 1)), min(last, date(number, 12, 31))) for number in years]


def _block(sheet: Sheet, row: Units, first: date, last: date, levels: Levels) -> None:
    """Draw the days from *first* to *last*: a column for each week below the names of the months."""
    monday = unit_start("week", first)
    weeks = (last - monday).days // 7 + 1
    sheet.text(MARGIN, sheet.y + 10, f"{first:%Y}", "dim small")
    ends = 0.0
    for number in range(weeks):
        days = [monday + timedelta(days=7 * number + n) for n in range(7)]
        begun = first if number == 0 else next((day for day in days if day.day == 1), None)
        x = _LEFT + number * _STEP
        if begun is not None and begun <= last and x >= ends and x + 24 <= WIDTH - MARGIN:
            label = f"{begun:%b}"
            sheet.text(x, sheet.y + 10, label, "dim small")
            ends = x + width_of(label, 11) + 4
    sheet.y += 16
    for weekday, name in enumerate(_WEEKDAYS):
        sheet.text(MARGIN, sheet.y + 10, name, "dim small" if weekday >= 5 else "small")
        day = monday + timedelta(days=weekday)
        for number in range(weeks):
            if first <= day <= last:
                seconds = row.found.get(day, 0.0)
                kind = f"l{levels.level(seconds)}" if seconds else "track"
                title = f"{unit_words('day', day)}: {length_words(seconds) if seconds else 'none'}"
                sheet.rect(kind, _LEFT + number * _STEP, sheet.y, _CELL, _CELL, title)
            day += timedelta(days=7)
        sheet.y += _STEP
    sheet.y += 6
