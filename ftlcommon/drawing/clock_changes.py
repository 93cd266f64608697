"""The clock changes ahead, and the times at which a standing meeting moves."""

from ftlcommon.drawing.meeting import slot_table
from ftlcommon.drawing.rows import Answer, names_of
from ftlcommon.drawing.sheet import Heading, Picture, Sheet
from ftlcommon.drawing.texts import short
from ftlcommon.sentences import change_words, not_counted_words, pair_words, standing_meeting_words
from ftlcommon.wording import window_words
from ftlcommon.zones import zone_of

_MOST_PAIRS = 3
_MOST_CHANGES = 50


def clock_changes(answer: Answer, heading: Heading) -> Picture:
    """Draw an answer to ``clock-changes``, whose time ahead is the window of *heading*."""
    sheet = Sheet(heading, ())
    sheet.lines(f"from the activity of {window_words(answer['window'], (), zone_of(answer['tz']))[0]}")
    names = dict(zip((member["id"] for member in answer["members"]), names_of(answer["members"]), strict=True))
    shown = {id_: short(name) for id_, name in names.items()}
    if not answer["changes"]:
        sheet.lines("no clock changes in this time")
    for change in answer["changes"][:_MOST_CHANGES]:
        sheet.y += 4
        sheet.lines(change_words(change, shown), "warn")
        for pair in change["pairs"][:_MOST_PAIRS]:
            sheet.lines(pair_words(pair, shown), "", indent=16)
    if (more := len(answer["changes"]) - _MOST_CHANGES) > 0:
        sheet.lines(f"and {more:,} more changes")
    meeting = answer.get("meeting", {})
    if "first" in meeting:
        sheet.y += 8
        sheet.lines(standing_meeting_words(meeting), "bold")
        sheet.y += 6
        words = "the first column is the next time, the others are those at which it moves for someone"
        slot_table(sheet, answer, names, [meeting["first"], *meeting["moves"]], words)
    if words := not_counted_words(answer, shown):
        sheet.lines(words)
    return sheet.picture()
