"""How long members were active: bars for each day, week or month, or one for each member in total."""

from collections.abc import Sequence
from datetime import datetime

from ftlcommon.drawing.cells import unit_axis, units_that_fit
from ftlcommon.drawing.rows import Answer, most_active, names_of, not_shown
from ftlcommon.drawing.sheet import BAR, MARGIN, ROW, WIDTH, Heading, Picture, Sheet, name_width
from ftlcommon.drawing.texts import short
from ftlcommon.drawing.units import Units, per_of, unit_words, units_of
from ftlcommon.sentences import length_words
from ftlcommon.wording import counted

_TOTAL = 60
_SHARE = 56
_ROW = 30
_TALL = 200  # of the bars of the only member
_AXIS = 44.0
_NARROWEST = 6.0
_WIDEST = 100.0
_ABOVE = 6  # the longest bar


def summary(answer: Answer, heading: Heading, *, now: datetime | None = None) -> Picture:
    """Draw an answer to ``summary``: a row of bars for each member, or in total a bar for each, longest first."""
    sheet = Sheet(heading, (member["tz"] for member in answer["members"]))
    per = per_of(answer)
    if per == "total":
        drawn = _ranking(sheet, answer)
    else:
        rows = units_of(answer)
        drawn = len(rows)
        if rows:
            _bars(sheet, rows, per, heading, now)
    if not drawn:
        sheet.lines("no activity")
    if words := not_shown(answer, drawn) if drawn else "":
        sheet.lines(words)
    return sheet.picture()


def _ranking(sheet: Sheet, answer: Answer) -> int:
    """Draw a bar for each member, with their share of the time of all."""
    members = most_active(answer["members"], lambda member: float(member["active_seconds"]))
    members.sort(key=lambda member: (-member["active_seconds"], member["real_name"], member["id"]))
    names = names_of(members)
    total = sum(member["active_seconds"] for member in answer["members"])
    longest = max((member["active_seconds"] for member in members), default=0)
    left = MARGIN + name_width(names, 200) + 12
    bars = left + _TOTAL + _SHARE
    for x, head in ((left + _TOTAL - 10, "Active"), (bars - 10, "Share")):
        sheet.text(x, sheet.y + 10, head, "dim small end")
    sheet.y += 16
    for member, name in zip(members, names, strict=True):
        seconds = member["active_seconds"]
        sheet.name(name, left - MARGIN - 12)
        sheet.row_text(left + _TOTAL - 10, length_words(seconds) if seconds else "-", "bold end")
        sheet.row_text(bars - 10, f"{seconds / total:.1%}" if seconds else "-", "end dim")
        if seconds:
            width = max(seconds / longest * (WIDTH - MARGIN - bars), 1)
            sheet.rect("active", bars, sheet.y + 4, width, BAR, f"{short(name)}: {length_words(seconds)}")
        sheet.y += ROW
    if total:
        sheet.y += 6
        active = sum(member["active_seconds"] > 0 for member in answer["members"])
        is_cut = answer.get("omitted", {}).get("beyond_limit", 0) > 0
        who = f"the {active:,} listed" if is_cut else counted(active, "active member")
        sheet.lines(f"Total {length_words(total)} of {who}", "bold")
    return len(members)


def _bars(sheet: Sheet, rows: Sequence[Units], per: str, heading: Heading, now: datetime | None) -> None:
    """Draw a row of bars for each member, all to the same scale."""
    is_one = len(rows) == 1
    left = MARGIN + (_AXIS if is_one else name_width(row.name for row in rows) + 12)
    right = WIDTH - MARGIN - (0 if is_one else _TOTAL)
    per, units = units_that_fit(rows, per, now, heading.tz, int((right - left) / _NARROWEST))
    step = min((right - left) / len(units), _WIDEST)
    folded = [row.folded(per) for row in rows]
    longest = max((seconds for found in folded for seconds in found.values()), default=0)
    height = _TALL if is_one else _ROW
    if is_one and rows[0].member["real_name"] not in heading.title:
        sheet.lines(rows[0].name, "bold")
    unit_axis(sheet, per, units, left, step, total="" if is_one else "Active")
    for row, found in zip(rows, folded, strict=True):
        base = sheet.y + height - 2
        if is_one:
            _scale(sheet, longest, base, left, step * len(units), height - _ABOVE)
        else:
            sheet.y += height - ROW
            sheet.name(row.name, left - MARGIN - 12)
            sheet.row_text(WIDTH - MARGIN, length_words(row.seconds) if row.seconds else "-", "bold end")
            sheet.y -= height - ROW
        sheet.rect("line", left, base, step * len(units), 1)
        for number, unit in enumerate(units):
            if seconds := found.get(unit, 0.0):
                tall = max(seconds / longest * (height - _ABOVE), 1)
                title = f"{short(row.name)}, {unit_words(per, unit)}: {length_words(seconds)}"
                sheet.rect("active", left + number * step, base - tall, max(step - _gap(step), 1), tall, title)
        sheet.y += height + 2
    sheet.y += 4
    total = f"{length_words(rows[0].seconds)} in all. " if is_one else ""
    sheet.lines(f"{total}Bars are {per}s; the longest is {length_words(longest)}")


def _scale(sheet: Sheet, longest: float, base: float, left: float, width: float, height: float) -> None:
    """Draw lines at whole hours below the longest bar."""
    step = next((hours for hours in (1, 2, 4, 6, 12, 24, 48, 96) if longest / 3600 / hours <= 5), 168)
    hours = step
    while hours * 3600 <= longest:
        y = base - hours * 3600 / longest * height
        sheet.rect("line", left, y, width, 1)
        sheet.text(left - 8, y + 4, f"{hours} h", "dim small end")
        hours += step


def _gap(step: float) -> float:
    return 4.0 if step >= 24 else 2.0 if step >= 8 else 1.0
