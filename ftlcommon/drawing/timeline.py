"""Who was active when, in the form that suits the window, as the terminal draws it.

A few days are drawn hour by hour, a row a member. For one member up to two months have a row for each day, and
more is a map of the year. For several members up to two weeks have their days side by side, and longer windows
have a cell for each day, week or month.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from ftlcommon.drawing.axes import Axis, Span, day_length_words, hour_marks, nights, within
from ftlcommon.drawing.bars import LEGEND, active_words, bars, track
from ftlcommon.drawing.cells import cells, draw_cells
from ftlcommon.drawing.rows import Answer, Row, first_and_last_day, not_shown, rows_of
from ftlcommon.drawing.sheet import MARGIN, ROW, WIDTH, Heading, Picture, Sheet, name_width
from ftlcommon.drawing.texts import width_of
from ftlcommon.drawing.units import days_of, per_of
from ftlcommon.drawing.year import draw_year, year
from ftlcommon.wording import hours_and_minutes, in_minutes, time_of_day
from ftlcommon.zones import Zone, day_edges

FEW_DAYS = 3  # drawn hour by hour
TWO_WEEKS = 14  # of a team, with the hours of each day
TWO_MONTHS = 62  # of one member, with a row for each day
_TOTAL = 52  # the width of a column of durations
_RIGHT = WIDTH - MARGIN - _TOTAL
_DAY_LABEL = 110.0
_STEP = 3  # hours between two labels


def timeline(answer: Answer, heading: Heading, *, now: datetime | None = None) -> Picture:
    """Draw the members of an answer to ``loguseractivity`` in iso times, or to ``summary`` for a long window.

    *now*, an aware time, is marked, and days after it are left out.
    """
    if (per := per_of(answer)) != "total":
        return (year if per == "day" and len(answer["members"]) == 1 else cells)(answer, heading, now=now)
    rows = rows_of(answer)
    sheet = Sheet(heading, (row.member["tz"] for row in rows))
    edges = first_and_last_day(rows, answer.get("window"), heading.tz)
    if edges is None:
        sheet.lines("no activity")
        return sheet.picture()
    first, last = edges
    count = (last - first).days + 1
    if count > (TWO_MONTHS if len(rows) == 1 else TWO_WEEKS):
        found = days_of(rows, first, last, heading.tz)
        return draw_year(heading, found, now) if len(rows) == 1 else draw_cells(answer, heading, "day", found, now)
    days = [first + timedelta(days=number) for number in range(count)]
    if count <= FEW_DAYS:
        _hour_by_hour(sheet, rows, days, heading.tz, now)
    elif len(rows) == 1:
        _day_below_day(sheet, rows[0], days, heading, now)
    else:
        _side_by_side(sheet, rows, days, heading.tz)
    sheet.legend(LEGEND, not_shown(answer, len(rows)))
    return sheet.picture()


def _hour_by_hour(
    sheet: Sheet, rows: Sequence[Row], days: Sequence[date], tz: Zone | None, now: datetime | None
) -> None:
    """Draw a block for each day, with one axis of hours and a row for each member."""
    left = MARGIN + name_width(row.name for row in rows) + 12
    minutes = [iter(in_minutes(_seconds(row, days, tz))) for row in rows]
    for day in days:
        special = day_length_words(day, tz) if tz is not None else ""
        if len(days) > 1 or special:
            title = f"{day:%a %Y-%m-%d}"
            sheet.row_text(MARGIN, title, "bold")
            if special:
                sheet.row_text(MARGIN + width_of(title, bold=True) + 10, f"a day of {special}", "warn")
            sheet.y += ROW
        if tz is None:
            shared = None
            step = (_RIGHT - left) / 24
            marks = [(left + step * hour, hour) for hour in range(0, 24, _STEP)]
        else:
            shared = Axis.even(day, tz, left, _RIGHT)
            marks = [(shared.place(instant), hour) for instant, hour in hour_marks(day, tz, _STEP)]
            _now(sheet, shared, tz, now)
        _hours(sheet, marks, len(rows))
        for row, minute in zip(rows, minutes, strict=True):
            own = shared or Axis.wall_clock([day], row.tz, left, _RIGHT)
            dark = nights(own.start, own.end, row.tz)
            sheet.name(row.name, left - MARGIN - 12)
            track(sheet, own, dark)
            bars(sheet, row, own, dark, tz or row.tz)
            if now is not None and own.start <= now.timestamp() < own.end:
                sheet.rect("now", own.place(now.timestamp()) - 0.75, sheet.y, 1.5, ROW)
            seconds = _seconds(row, [day], tz)[0]
            sheet.row_text(WIDTH - MARGIN, active_words(next(minute), seconds), "end")
            sheet.y += ROW
        sheet.y += 8


def _now(sheet: Sheet, axis: Axis, tz: Zone, now: datetime | None) -> None:
    """Write the current time in a line of its own, as it would cover an hour."""
    if now is not None and axis.start <= now.timestamp() < axis.end:
        words = f"now {time_of_day(now.astimezone(tz))}"
        half = width_of(words, 11) / 2
        x = min(max(axis.place(now.timestamp()), axis.left + half), axis.right - half)
        sheet.text(x, sheet.y + 8, words, "now small mid")
        sheet.y += 12


def _hours(sheet: Sheet, marks: Sequence[tuple[float, int]], rows: int) -> None:
    """Draw an axis: hours at their places, and a line through the *rows* below each."""
    for x, hour in marks:
        sheet.text(x, sheet.y + 10, f"{hour:02}", "dim small mid")
        sheet.rect("line", x - 0.5, sheet.y + 14, 1, rows * ROW + 2)
    sheet.text(WIDTH - MARGIN, sheet.y + 10, "Active", "dim small end")
    sheet.y += 16


def _day_below_day(sheet: Sheet, row: Row, days: Sequence[date], heading: Heading, now: datetime | None) -> None:
    """Draw a row for each day that has begun below one axis of hours, and the total."""
    zone = heading.tz or row.tz
    if now is not None:
        latest = max([now.timestamp(), *(end for _, end in row.spans[-1:])])
        begun = datetime.fromtimestamp(latest, zone).date()
        days = [day for day in days if day <= begun] or days
    if row.member["real_name"] not in heading.title:
        sheet.lines(row.name, "bold")
    left = MARGIN + _DAY_LABEL
    step = (_RIGHT - left) / 24
    _hours(sheet, [(left + step * hour, hour) for hour in range(0, 24, _STEP)], len(days))
    seconds = _seconds(row, days, zone)
    for day, length, minutes in zip(days, seconds, in_minutes(seconds), strict=True):
        axis = Axis.wall_clock([day], zone, left, _RIGHT)
        dark = nights(axis.start, axis.end, row.tz)
        special = day_length_words(day, zone)
        sheet.row_text(MARGIN, f"{day:%a %m-%d}", "dim" if day.weekday() >= 5 else "")
        sheet.row_text(left - 8, special, "warn small end")
        if axis.start < axis.end:
            track(sheet, axis, dark)
            bars(sheet, row, axis, dark, zone)
        sheet.row_text(WIDTH - MARGIN, active_words(minutes, length), "end")
        sheet.y += ROW
    sheet.row_text(MARGIN, "Total", "bold")
    sheet.row_text(WIDTH - MARGIN, hours_and_minutes(timedelta(seconds=sum(seconds))), "bold end")
    sheet.y += ROW


def _side_by_side(sheet: Sheet, rows: Sequence[Row], days: Sequence[date], tz: Zone | None) -> None:
    """Draw a row for each member, with the days side by side."""
    left = MARGIN + name_width(row.name for row in rows) + 12
    step = (_RIGHT - left) / len(days)
    for number, (day, label) in enumerate(zip(days, _labels(days, step), strict=True)):
        special = day_length_words(day, tz).replace(" hours", " h") if tz else ""
        longer = f"{label}, {special}"
        shown = longer if special and width_of(longer, 11) <= step else label
        kind = "small mid warn" if special else "small mid dim"
        sheet.text(left + (number + 0.5) * step, sheet.y + 10, shown, kind)
    sheet.text(WIDTH - MARGIN, sheet.y + 10, "Active", "dim small end")
    sheet.y += 16
    top = sheet.y
    axes: dict[Zone, Axis] = {}
    dark: dict[tuple[Zone, Zone], Sequence[Span]] = {}
    for row in rows:
        zone = tz or row.tz
        if zone not in axes:
            axes[zone] = Axis.wall_clock(days, zone, left, _RIGHT)
        axis = axes[zone]
        if (zone, row.tz) not in dark:
            dark[zone, row.tz] = nights(axis.start, axis.end, row.tz)
        sheet.name(row.name, left - MARGIN - 12)
        track(sheet, axis, dark[zone, row.tz])
        bars(sheet, row, axis, dark[zone, row.tz], zone)
        seconds = sum(_seconds(row, days, zone))
        sheet.row_text(WIDTH - MARGIN, active_words(round(seconds / 60), seconds), "end")
        sheet.y += ROW
    for number in range(len(days) + 1):
        sheet.rect("line", left + number * step - 0.5, top, 1, sheet.y - top)


def _labels(days: Sequence[date], space: float) -> list[str]:
    """Return the longest labels of *days* that all fit into so many pixels."""
    for weekday, form in ((3, " %Y-%m-%d"), (3, " %m-%d"), (3, " %d"), (2, " %d"), (0, "%d")):
        labels = [f"{day:%a}"[:weekday] + f"{day:{form}}" for day in days]
        if all(width_of(label, 11) <= space for label in labels):
            break
    return labels


def _seconds(row: Row, days: Sequence[date], tz: Zone | None) -> list[float]:
    """Return how long a member was active on each of *days*."""
    found = []
    for day in days:
        start, end = (edge.timestamp() for edge in day_edges(day, tz or row.tz))
        found.append(sum(b - a for a, b in within(row.spans, start, end)))
    return found
