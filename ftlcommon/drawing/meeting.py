"""The best times to meet: a row for each member, a column for each slot, with the member's clock in the cells."""

from collections.abc import Sequence
from datetime import datetime

from ftlcommon.drawing.rows import MOST_MEMBERS, Answer, names_of
from ftlcommon.drawing.sheet import MARGIN, ROW, WIDTH, Heading, Picture, Sheet, name_width
from ftlcommon.drawing.texts import short
from ftlcommon.levels import percent
from ftlcommon.sentences import (
    ATTENDANCES,
    attendances,
    change_words,
    meeting_words,
    member_clock,
    not_counted_words,
    rotation_words,
    slot_days,
)
from ftlcommon.wording import counted, time_of_day, window_words
from ftlcommon.zones import zone_of

_WIDEST = 96.0  # of a column
_NARROWEST = 76.0


def meeting(answer: Answer, heading: Heading) -> Picture:
    """Draw an answer to ``meeting``, whose week is the window of *heading*."""
    sheet = Sheet(heading, ())
    tz = zone_of(answer["tz"])
    sheet.lines(f"from the activity of {window_words(answer['window'], (), tz)[0]}")
    names = dict(zip((member["id"] for member in answer["members"]), names_of(answer["members"]), strict=True))
    if not answer["slots"]:
        sheet.lines("no activity in this window")
    else:
        sheet.lines(meeting_words(answer), "bold")
        sheet.y += 6
        slot_table(sheet, answer, names, answer["slots"], "best times first, by those expected")
    if answer.get("rotation", {}).get("slots"):
        _rotation(sheet, answer, names)
    if words := not_counted_words(answer, {id_: short(name) for id_, name in names.items()}):
        sheet.lines(words)
    for change in answer["changes"]:
        sheet.lines(change_words(change, {id_: short(name) for id_, name in names.items()}), "warn")
    return sheet.picture()


def _rotation(sheet: Sheet, answer: Answer, names: dict[str, str]) -> None:
    rotation = answer["rotation"]
    sheet.y += 12
    sheet.lines(f"In turn, {counted(len(rotation['slots']), 'time')}: {rotation_words(rotation)}", "bold")
    sheet.y += 6
    shares = [
        f"{short(names[member['id']])} {percent(member['outside_share'])}"
        for member in rotation["members"]
        if member["outside_share"]
    ]
    slot_table(sheet, answer, names, rotation["slots"], "times to be used in turn, in their order")
    if shares:
        sheet.lines(f"Outside their usual hours: {', '.join(shares)}")


def slot_table(
    sheet: Sheet, answer: Answer, names: dict[str, str], all_slots: Sequence[Answer], words: str
) -> None:
    """Draw a row for each member and a column for each of *all_slots*, with a legend that ends with *words*."""
    judged = [member for member in answer["members"] if member["enough_history"]]
    rows = [*judged, *(member for member in answer["members"] if not member["enough_history"])][:MOST_MEMBERS]
    left = MARGIN + name_width([*(names[member["id"]] for member in rows), "expected"]) + 12
    in_block = max(1, int((WIDTH - MARGIN - left) / _NARROWEST))
    days = slot_days([datetime.fromisoformat(slot["start_time"]) for slot in all_slots])
    for first in range(0, len(all_slots), in_block):
        slots = all_slots[first : first + in_block]
        step = min(_WIDEST, (WIDTH - MARGIN - left) / min(len(all_slots), in_block))
        starts = [datetime.fromisoformat(slot["start_time"]) for slot in slots]
        places = [left + number * step for number in range(len(slots))]
        for x, start, day in zip(places, starts, days[first:], strict=False):
            sheet.text(x + step / 2 - 1, sheet.y + 10, day, "bold mid")
            sheet.text(x + step / 2 - 1, sheet.y + 26, time_of_day(start), "bold mid")
        sheet.y += 34
        for member in rows:
            sheet.name(names[member["id"]], left - MARGIN - 12, "" if member["enough_history"] else "dim")
            for x, start, slot in zip(places, starts, slots, strict=True):
                there = next((found for found in slot["members"] if found["id"] == member["id"]), None)
                if there is not None:
                    attendance = there["attendance"] if there["attendance"] in ATTENDANCES else "unknown"
                    clock = member_clock(there, start)
                    mark, meaning = ATTENDANCES[attendance]
                    title = f"{short(names[member['id']])}, {clock}: {meaning}"
                    sheet.rect(attendance, x, sheet.y + 1, step - 2, ROW - 2, title)
                    sheet.row_text(x + 6, mark)
                    sheet.row_text(x + step / 2 + 3, clock, "mid")
            sheet.y += ROW
        sheet.row_text(MARGIN, "likely", "dim")
        sheet.text(MARGIN, sheet.y + ROW + 12, "expected", "dim")
        for x, slot in zip(places, slots, strict=True):
            likely = f"{attendances(answer, slot)['likely']} of {len(judged)}"
            sheet.row_text(x + step / 2 - 1, likely, "dim mid")
            sheet.text(x + step / 2 - 1, sheet.y + ROW + 12, f"{slot['expected_attendance']:g}", "dim mid")
        sheet.y += 2 * ROW + 6
    found = {member["attendance"] for slot in all_slots for member in slot["members"]}
    words = f"Cells are the member's clock, with +1 or -1 on another day; {words}"
    parts = [(name, f"{mark} {meaning}") for name, (mark, meaning) in ATTENDANCES.items() if name in found]
    sheet.legend(parts, words)
    if hidden := len(answer["members"]) - len(rows):
        sheet.lines(f"Not shown: {counted(hidden, 'more member')}")
