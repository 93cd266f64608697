"""How long members were active day by day, week by week or month by month: a row of shaded cells for each."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from ftlcommon.drawing.rows import Answer, not_shown
from ftlcommon.drawing.sheet import BAR, MARGIN, ROW, WIDTH, Heading, Picture, Sheet, name_width
from ftlcommon.drawing.texts import short, width_of
from ftlcommon.drawing.units import Units, level_legend, per_of, reach, unit_words, units_of
from ftlcommon.levels import Levels
from ftlcommon.sentences import length_words
from ftlcommon.summary_units import UNITS, next_unit, unit_start
from ftlcommon.zones import Zone

_TOTAL = 60
_NARROWEST = 7.0  # of a cell, in pixels
_WIDEST = {"day": 48.0, "week": 48.0, "month": 60.0, "year": 90.0}
_HEIGHT = BAR + 4
# The upper and the lower label of a unit, and how a narrower lower one is written.
_LABELS = {"day": ("%b %Y", "%d"), "week": ("%G", "%b"), "month": ("%Y", "%b"), "year": ("", "%Y")}


def cells(answer: Answer, heading: Heading, *, now: datetime | None = None) -> Picture:
    """Draw the members of an answer to ``summary`` per day, week or month."""
    return draw_cells(answer, heading, per_of(answer), units_of(answer), now)


def draw_cells(answer: Answer, heading: Heading, per: str, rows: Sequence[Units], now: datetime | None) -> Picture:
    """Draw *rows* of units; where there are more than fit, cells stand for the next longer unit."""
    sheet = Sheet(heading, (row.member["tz"] for row in rows))
    if not rows:
        sheet.lines("no activity")
        return sheet.picture()
    left = MARGIN + name_width(row.name for row in rows) + 12
    space = WIDTH - MARGIN - _TOTAL - left
    per, units = units_that_fit(rows, per, now, heading.tz, int(space / _NARROWEST))
    step = min(_WIDEST[per], space / len(units))
    unit_axis(sheet, per, units, left, step)
    folded = [row.folded(per) for row in rows]
    levels = Levels.of_seconds(seconds for found in folded for seconds in found.values())
    for row, found in zip(rows, folded, strict=True):
        sheet.name(row.name, left - MARGIN - 12)
        first, last = unit_start(per, row.first), row.until(now, heading.tz)
        there = [number for number, unit in enumerate(units) if first <= unit <= last]
        if there:
            width = (there[-1] - there[0] + 1) * step - _gap(step)
            sheet.rect("track", left + there[0] * step, sheet.y + 2, width, _HEIGHT)
        for number, unit in enumerate(units):
            if seconds := found.get(unit):
                title = f"{short(row.name)}, {unit_words(per, unit)}: {length_words(seconds)}"
                kind = f"l{levels.level(seconds)}"
                sheet.rect(kind, left + number * step, sheet.y + 2, step - _gap(step), _HEIGHT, title)
        sheet.row_text(WIDTH - MARGIN, length_words(row.seconds) if row.seconds else "-", "end")
        sheet.y += ROW
    level_legend(sheet, levels, per, not_shown(answer, len(rows)))
    return sheet.picture()


def units_that_fit(
    rows: Sequence[Units], per: str, now: datetime | None, tz: Zone | None, most: int
) -> tuple[str, list[date]]:
    """Return the shortest unit of which at most so many are needed, and the first day of each."""
    first, last = reach(rows, now, tz)
    units: list[date] = []
    for longer in UNITS[UNITS.index(per) :]:
        units = [unit_start(longer, first)]
        while units[-1] < unit_start(longer, last) and (len(units) <= most or longer == UNITS[-1]):
            units.append(next_unit(longer, units[-1]))
        if len(units) <= most:
            return longer, units
    return UNITS[-1], units


def _gap(step: float) -> float:
    return 2.0 if step >= 10 else 1.0


def unit_axis(
    sheet: Sheet, per: str, units: Sequence[date], left: float, step: float, total: str = "Active"
) -> None:
    """Write what units belong to, and below it their names, as far as they do not touch."""
    upper, lower = _LABELS[per]
    before, ends = "", left
    for number, unit in enumerate(units):
        group, x = f"{unit:{upper}}" if upper else "", left + number * step
        if group != before and x >= ends:
            sheet.text(x, sheet.y + 10, group, "dim small")
            before, ends = group, x + width_of(group, 11) + 6
    sheet.y += 14 if upper else 0
    ends = left
    for number, unit in enumerate(units):
        x = left + number * step
        label = _label(per, unit, lower)
        if label and x >= ends:
            sheet.text(x, sheet.y + 10, label, "dim small")
            ends = x + width_of(label, 11) + 2
    sheet.text(WIDTH - MARGIN, sheet.y + 10, total, "dim small end")
    sheet.y += 16


def _label(per: str, unit: date, form: str) -> str:
    """Return the label of a unit; weeks are named by the month that begins in them."""
    if per != "week":
        return f"{unit:{form}}"
    first = next((day for n in range(7) if (day := unit + timedelta(days=n)).day == 1), None)
    return f"{first:{form}}" if first else ""
