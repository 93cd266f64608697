"""A week of hours as cells: a row for each day, a column for each hour."""

from collections.abc import Sequence

from ftlcommon.drawing.sheet import Sheet
from ftlcommon.sentences import WEEKDAYS

DAY = 30.0  # the width of the names of the days
_HOURS = 14.0  # the height of the names of the hours
_CELL = 15.0
HEIGHT = _HOURS + 7 * _CELL
_STEP = 3  # hours between two labels

Cell = tuple[str, str] | None  # a class and a title; None is an empty one


def week_map(sheet: Sheet, left: float, width: float, cells: Sequence[Cell], top: float = 0) -> None:
    """Draw the 168 *cells* of a week, each so *width*, *top* below the sheet's ``y``."""
    y = sheet.y + top
    for hour in range(0, 24, _STEP):
        sheet.text(left + DAY + hour * width, y + 10, f"{hour:02}", "dim small")
    y += _HOURS
    for day, weekday in enumerate(WEEKDAYS):
        sheet.text(left, y + 11, weekday, "dim small" if day >= 5 else "small")
        sheet.rect("track", left + DAY, y, 24 * width - 1, _CELL - 1)
        for hour, cell in enumerate(cells[day * 24 : day * 24 + 24]):
            if cell is not None:
                kind, title = cell
                sheet.rect(kind, left + DAY + hour * width, y, width - 1, _CELL - 1, title)
        y += _CELL
