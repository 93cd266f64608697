"""Who is active and since when, and where each member is in their day."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from ftlcommon.drawing.rows import MOST_MEMBERS, Answer, names_of, not_shown
from ftlcommon.drawing.sheet import MARGIN, ROW, WIDTH, Heading, Picture, Sheet, name_width
from ftlcommon.drawing.texts import cut, short
from ftlcommon.wording import coming_words, counted, presence_rank, presence_words, time_of_day
from ftlcommon.zones import NIGHT_BEGINS, NIGHT_ENDS, is_night, zone_of

_HEIGHT = 24
_MARK = 10
_STATE = 165.0
_BACK = 120.0
_DAY = 120.0  # the width of a day of 24 hours
_BAR = 8
_CLOCK = 74.0


def board(answer: Answer, heading: Heading, *, back: Mapping[str, datetime] | None = None) -> Picture:
    """Draw the members of an answer to ``presence``: active ones first, then those who were active last.

    *back* has, by the member's id, when a member who is not active usually is so again, with an offset.
    """
    at = datetime.fromisoformat(answer["at"])
    members = sorted(answer["members"], key=presence_rank)[:MOST_MEMBERS]
    names = names_of(members)
    sheet = Sheet(heading, (member["tz"] for member in members))
    active = sum(member["active"] for member in answer["members"])
    sheet.row_text(MARGIN, f"{active:,} of {counted(len(answer['members']), 'member')} active", "bold")
    sheet.y += ROW + 4
    left = MARGIN + _MARK + 8
    state = left + name_width(names) + 14
    day = state + _STATE + (_BACK if back else 0)
    clock = day + _DAY + 12
    for x, head in ((state, "Active"), (state + _STATE, "Usually back" if back else ""), (clock, "Local time")):
        sheet.text(x, sheet.y + 10, head, "dim small")
    sheet.y += 16
    for member, name in zip(members, names, strict=True):
        is_active = member["active"]
        words = presence_words(member, at)
        sheet.rect("active" if is_active else "idle", MARGIN, sheet.y + 5, _MARK, _MARK, f"{short(name)}, {words}")
        sheet.text(left, sheet.y + 14, cut(name, state - left - 14), "bold" if is_active else "")
        sheet.row_text(state, cut(words, _STATE - 8), "" if is_active else "dim")
        if back and not is_active and member["id"] in back:
            sheet.row_text(state + _STATE, coming_words(back[member["id"]], at), "dim")
        _local_day(sheet, member, at, day)
        local = datetime.fromisoformat(member["local_time"])
        sheet.row_text(clock, f"{local:%a} {time_of_day(local)}")
        sheet.row_text(clock + _CLOCK, cut(member["tz"], WIDTH - MARGIN - clock - _CLOCK), "dim")
        sheet.y += _HEIGHT
    legend = [("active", "active"), ("idle", "not active"), ("night", "night there"), ("now", "now, in their day")]
    sheet.legend(legend, not_shown(answer, len(members), "who were active less recently"))
    return sheet.picture()


def _local_day(sheet: Sheet, member: Answer, at: datetime, left: float) -> None:
    """Draw the hours of a member's day, its night, and what time it is there."""
    local = datetime.fromisoformat(member["local_time"])
    hour = _DAY / 24
    y = sheet.y + 6
    dark = "night" if is_night(at, zone_of(member["tz"])) else "day"
    sheet.rect("track", left, y, _DAY, _BAR, f"{time_of_day(local)}, {dark}")
    sheet.rect("night", left, y, NIGHT_ENDS * hour, _BAR)
    sheet.rect("night", left + NIGHT_BEGINS * hour, y, (24 - NIGHT_BEGINS) * hour, _BAR)
    passed = timedelta(hours=local.hour, minutes=local.minute) / timedelta(hours=1)
    sheet.rect("now", left + passed * hour - 1, y - 2, 2, _BAR + 4, f"{time_of_day(local)}, {dark}")
