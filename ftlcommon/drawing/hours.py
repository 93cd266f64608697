"""The hours of the week in which members are active, as heat maps of days by hours."""

from collections.abc import Sequence

from ftlcommon.drawing.rows import Answer, most_active, names_of, not_shown
from ftlcommon.drawing.sheet import BAR, MARGIN, ROW, WIDTH, Heading, Picture, Sheet, name_width
from ftlcommon.drawing.texts import cut, short, width_of
from ftlcommon.drawing.week_map import DAY, HEIGHT, Cell, week_map
from ftlcommon.levels import Levels, percent
from ftlcommon.sentences import hour_words, most_likely
from ftlcommon.wording import counted

MOST_MAPS = 8  # of more members a line each is drawn
_MOST_NAMES = 10  # of members without activity
_GAP = 20.0  # between two maps
_WIDE = (WIDTH - 2 * MARGIN - DAY) / 24
_NARROW = ((WIDTH - 2 * MARGIN - _GAP) / 2 - DAY) / 24
_STEP = 3  # hours between two labels

Member = tuple[Answer, str, Sequence[float]]


def hours(answer: Answer, heading: Heading) -> Picture:
    """Draw an answer to ``hours``: when all members are likely to be active, and a heat map of each."""
    sheet = Sheet(heading, (member["tz"] for member in answer["members"]))
    active = [member for member in answer["members"] if any(member["hours"])]
    drawn = most_active(active, lambda member: float(sum(member["hours"])))
    shown = [(member, name, member["hours"]) for member, name in zip(drawn, names_of(drawn), strict=True)]
    if not shown:
        sheet.lines("no activity")
    if len(shown) > 1:
        _together(sheet, active, is_on_own_clocks=answer["tz"] is None)
    if len(shown) > MOST_MAPS:
        _lines(sheet, shown)
    elif shown:
        _maps(sheet, shown, is_on_own_clocks=answer["tz"] is None)
    idle = names_of([member for member in answer["members"] if not any(member["hours"])])
    if idle:
        more = f" and {len(idle) - _MOST_NAMES:,} more" if len(idle) > _MOST_NAMES else ""
        sheet.lines(f"No activity: {', '.join(map(short, idle[:_MOST_NAMES]))}{more}")
    if words := not_shown({**answer, "members": active}, len(drawn)):
        sheet.lines(words)
    return sheet.picture()


def _together(sheet: Sheet, active: Sequence[Answer], *, is_on_own_clocks: bool) -> None:
    title = f"All {len(active)} at once"
    if is_on_own_clocks and len({member["tz"] for member in active}) > 1:
        sheet.lines(f"{title}: each is shown on another clock; with a zone, this shows when all are there")
        sheet.y += 8
        return
    words, together = most_likely([member["hours"] for member in active])
    sheet.lines(f"{title}{words}", "bold")
    if together:
        levels = Levels.of_shares(together)
        week_map(sheet, MARGIN, _WIDE, _cells(together, levels, "All", "likely"))
        sheet.y += HEIGHT
        _legend(sheet, levels, "likely, the product of their shares")
    sheet.y += 10


def _maps(sheet: Sheet, shown: Sequence[Member], *, is_on_own_clocks: bool) -> None:
    """Draw the heat maps of members, two side by side."""
    levels = Levels.of_shares(share for _, _, shares in shown for share in shares)
    width = _WIDE if len(shown) == 1 else _NARROW
    in_row = 1 if len(shown) == 1 else 2
    days = {round(member["weeks"] * 7) for member, _, _ in shown}
    for first in range(0, len(shown), in_row):
        for number, (member, name, shares) in enumerate(shown[first : first + in_row]):
            left = MARGIN + number * (DAY + 24 * _NARROW + _GAP)
            details = [member["tz"]] if is_on_own_clocks else []
            details += [f"over {counted(max(1, round(member['weeks'] * 7)), 'day')}"] if len(days) > 1 else []
            space = DAY + 24 * width
            detail = cut(", ".join(details), space * 0.55, 11) if details else ""
            title = cut(name, space - width_of(detail, 11) - 10, bold=True)
            sheet.row_text(left, title, "bold")
            sheet.row_text(left + width_of(title, bold=True) + 8, detail, "dim small")
            week_map(sheet, left, width, _cells(shares, levels, short(name), "of the hour active"), top=ROW)
        sheet.y += ROW + HEIGHT + 10
    _legend(sheet, levels, "of the hour active")


def _cells(shares: Sequence[float], levels: Levels, name: str, what: str) -> list[Cell]:
    return [
        (f"l{levels.level(share)}", f"{name}, {hour_words(number)}: {percent(share)} {what}") if share else None
        for number, share in enumerate(shares)
    ]


def _lines(sheet: Sheet, shown: Sequence[Member]) -> None:
    """Draw a line for each member: the hours of the day, on average of the seven days."""
    sheet.lines("The hours of the day, on average of the seven days", "bold")
    left = MARGIN + name_width(name for _, name, _ in shown) + 12
    width = (WIDTH - MARGIN - left) / 24
    averages = [[sum(shares[hour::24]) / 7 for hour in range(24)] for _, _, shares in shown]
    levels = Levels.of_shares(share for average in averages for share in average)
    for hour in range(0, 24, _STEP):
        sheet.text(left + hour * width, sheet.y + 10, f"{hour:02}", "dim small")
    sheet.y += 14
    for (_, name, _), average in zip(shown, averages, strict=True):
        sheet.name(name, left - MARGIN - 12)
        sheet.rect("track", left, sheet.y + 2, 24 * width - 1, BAR + 4)
        for hour, share in enumerate(average):
            if share:
                title = f"{short(name)}, {hour:02}:00: {percent(share)} of the hour active"
                sheet.rect(f"l{levels.level(share)}", left + hour * width, sheet.y + 2, width - 1, BAR + 4, title)
        sheet.y += ROW
    _legend(sheet, levels, "of the hour active")


def _legend(sheet: Sheet, levels: Levels, what: str) -> None:
    parts = [(f"l{levels.level(bound)}", percent(bound)) for bound in levels.bounds]
    if parts:
        (kind, first), rest = parts[0], parts[1:]
        sheet.legend([(kind, f"up to {first}"), *rest, ("track", "none"), ("", what)])
