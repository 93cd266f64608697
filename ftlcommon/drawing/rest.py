"""What leaves members time to rest: a row for each, with bars to compare them by."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from ftlcommon.drawing.rows import Answer, most_active, names_of, not_shown
from ftlcommon.drawing.sheet import BAR, MARGIN, ROW, WIDTH, Heading, Picture, Sheet, name_width
from ftlcommon.drawing.texts import short
from ftlcommon.levels import percent
from ftlcommon.sentences import length_words
from ftlcommon.wording import counted, time_of_day
from ftlcommon.zones import NIGHT_BEGINS, NIGHT_ENDS

_ACTIVE = 60.0
_NUMBER = 46.0
_BETWEEN = 12.0
_RULE = (
    f"Each column has a scale of its own. Night is {NIGHT_BEGINS}:00 to {NIGHT_ENDS:02}:00 on each member's own "
    "clock; shares are those of the active time. The rest of a day is the longest break that begins within 24 "
    "hours from its first activity"
)


class _Column(NamedTuple):
    """What one column shows of a member: a value, None if there is none, in words, and in the words of a title."""

    head: str
    kind: str
    value: Callable[[Answer], float | None]
    words: Callable[[float], str]
    title: Callable[[Answer], str]


def rest(answer: Answer, heading: Heading) -> Picture:
    """Draw an answer to ``rest``."""
    sheet = Sheet(heading, (member["tz"] for member in answer["members"]))
    members = most_active(answer["members"], lambda member: float(member["active_seconds"]))
    if not any(member["active_seconds"] for member in members):
        sheet.lines("no activity")
        return sheet.picture()
    names = names_of(members)
    left = MARGIN + name_width(names) + 12
    sheet.text(left + _ACTIVE - 8, sheet.y + 10, "Active", "dim small end")
    step = (WIDTH - MARGIN - left - _ACTIVE) / len(_COLUMNS)
    places = [left + _ACTIVE + number * step for number in range(len(_COLUMNS))]
    for column, x in zip(_COLUMNS, places, strict=True):
        sheet.text(x + _BETWEEN, sheet.y + 10, column.head, "dim small")
    sheet.y += 16
    longest = [_most(column, members) for column in _COLUMNS]
    for member, name in zip(members, names, strict=True):
        seconds = member["active_seconds"]
        sheet.name(name, left - MARGIN - 12)
        sheet.row_text(left + _ACTIVE - 8, length_words(seconds) if seconds else "-", "bold end")
        for column, x, most in zip(_COLUMNS, places, longest, strict=True):
            value = column.value(member)
            sheet.row_text(x + _NUMBER, "-" if value is None else column.words(value), "end")
            if value:
                space = step - _NUMBER - 6
                title = f"{short(name)}: {column.title(member)}"
                sheet.rect(column.kind, x + _NUMBER + 6, sheet.y + 4, max(value / most * space, 1), BAR, title)
        sheet.y += ROW
    sheet.y += 4
    sheet.lines(_RULE)
    if words := not_shown(answer, len(members)):
        sheet.lines(words)
    return sheet.picture()


def _most(column: _Column, members: Sequence[Answer]) -> float:
    return max((column.value(member) or 0 for member in members), default=0)


def _share(name: str, head: str, kind: str, words: str) -> _Column:
    return _Column(
        head, kind, lambda member: member[name], _percent, lambda member: f"{percent(member[name])} {words}"
    )


def _interval(name: str, head: str, kind: str, words: str) -> _Column:
    def title(member: Answer) -> str:
        start, end = (datetime.fromisoformat(member[name][key]) for key in ("start_time", "end_time"))
        until = time_of_day(end) if start.date() == end.date() else _moment(end)
        return f"{words} {length_words(member[name]['seconds'])}, {_moment(start)} to {until}"

    return _Column(head, kind, lambda member: member[name] and float(member[name]["seconds"]), length_words, title)


def _days(member: Answer) -> str:
    row = member["days_in_a_row"]
    return f"active on {counted(row['days'], 'day')} in a row, {row['first_date']} to {row['last_date']}"


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d} {time_of_day(moment)}"


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")


_COLUMNS = (
    _share("night_share", "At night", "late", "of it at night"),
    _share("weekend_share", "On weekends", "active", "of it on weekends"),
    _interval("longest_active", "Longest active", "active", "longest unbroken activity"),
    _interval("shortest_rest", "Shortest rest", "idle", "shortest rest"),
    _Column(
        *("Days in a row", "active"),
        lambda member: member["days_in_a_row"] and float(member["days_in_a_row"]["days"]),
        lambda days: f"{days:.0f}",
        _days,
    ),
)
