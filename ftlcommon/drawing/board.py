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
_DAY = 120.0  # the width of a day of 24 hours
_BAR = 8
_GAP = 18.0
_NARROWEST, _WIDEST = 60.0, 170.0  # of a name
_ZONE = 90.0  # at least, for the name of a zone


def board(answer: Answer, heading: Heading, *, back: Mapping[str, datetime] | None = None) -> Picture:
    """Draw the members of an answer to ``presence``: active ones first, then those who were active last.

    *back* has, by the member's id, when a member who is not active usually is so again, with an offset; without
    it, that is ``usually_back`` of the answer.
    """
    if back is None:
        found = {member["id"]: member["usually_back"] for member in answer["members"] if "usually_back" in member}
        back = {id_: datetime.fromisoformat(text) for id_, text in found.items()}
    at = datetime.fromisoformat(answer["at"])
    members = sorted(answer["members"], key=presence_rank)[:MOST_MEMBERS]
    names = names_of(members)
    states = [presence_words(member, at) for member in members]
    coming = [_coming(member, at, back) for member in members]
    clocks = [_clock(datetime.fromisoformat(member["local_time"])) for member in members]
    sheet = Sheet(heading, (member["tz"] for member in members))
    active = sum(member["active"] for member in answer["members"])
    sheet.row_text(MARGIN, f"{active:,} of {counted(len(answer['members']), 'member')} active", "bold")
    sheet.y += ROW + 4
    places = [MARGIN + _MARK + 8.0]
    others = (name_width(states, 200), name_width(coming), _DAY, name_width(clocks))
    space = WIDTH - MARGIN - places[0] - _ZONE - sum(width + _GAP for width in others if width) - _GAP
    widths = (name_width(names, max(_NARROWEST, min(_WIDEST, space)), bold=True), *others)
    for width in widths:
        places.append(places[-1] + width + (_GAP if width else 0))
    name, state, usually, day, clock, zone = places
    for x, head in ((state, "Active"), (usually, "Usually back" if any(coming) else ""), (clock, "Local time")):
        sheet.text(x, sheet.y + 10, head, "dim small")
    sheet.y += 16
    for number, member in enumerate(members):
        is_active = member["active"]
        title = f"{short(names[number])}, {states[number]}"
        sheet.rect("active" if is_active else "idle", MARGIN, sheet.y + 5, _MARK, _MARK, title)
        sheet.row_text(name, cut(names[number], widths[0], bold=True), "bold" if is_active else "")
        sheet.row_text(state, cut(states[number], widths[1]), "" if is_active else "dim")
        sheet.row_text(usually, coming[number], "dim")
        _local_day(sheet, member, at, day)
        sheet.row_text(clock, clocks[number])
        sheet.row_text(zone, cut(member["tz"], WIDTH - MARGIN - zone), "dim")
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


def _clock(local: datetime) -> str:
    return f"{local:%a} {time_of_day(local)}"


def _coming(member: Answer, at: datetime, back: Mapping[str, datetime]) -> str:
    """Return when a member who is not active is back, with the date if it is not within a week of *at*."""
    moment = back.get(member["id"])
    if member["active"] or moment is None:
        return ""
    return coming_words(moment, at)
