"""When too few members were active: the longest gaps, the hours of the week, and the hand-overs."""

from collections.abc import Mapping

from ftlcommon.drawing.longest import longest
from ftlcommon.drawing.rows import Answer, names_of
from ftlcommon.drawing.sheet import BAR, MARGIN, ROW, WIDTH, Heading, Picture, Sheet
from ftlcommon.drawing.texts import cut, short
from ftlcommon.drawing.week_map import DAY, HEIGHT, Cell, week_map
from ftlcommon.sentences import (
    COVERED_HOURS,
    coverage_words,
    covered_words,
    gap_words,
    hour_words,
    length_words,
    quiet_words,
)
from ftlcommon.wording import counted

_MOST_PAIRS = 15
_SHADES = ("unlikely", "l1", "l2", "l3", "l4")
_HOUR = (WIDTH - 2 * MARGIN - DAY) / 24
_TIMES, _MEAN, _BAR = 70.0, 50.0, 110.0


def coverage(answer: Answer, heading: Heading) -> Picture:
    """Draw an answer to ``coverage``."""
    sheet = Sheet(heading, ())
    names = dict(zip((member["id"] for member in answer["members"]), names_of(answer["members"]), strict=True))
    if not names:
        sheet.lines("no activity")
        return sheet.picture()
    share, more = coverage_words(answer)
    sheet.lines(f"{share}, {more}", "bold")
    sheet.lines(quiet_words(answer))
    if answer["gaps"]:
        sheet.y += 8
        longest(
            *(sheet, "Gaps", answer["gaps"], "idle"),
            lambda gap, space: cut(gap_words(gap, names), space),
            lambda gap: gap_words(gap, {id_: short(name) for id_, name in names.items()}),
        )
    if any(hour is not None for hour in answer["hours"]):
        sheet.y += 8
        sheet.lines("Covered share of each hour of the week", "bold")
        week_map(sheet, MARGIN, _HOUR, [_cell(number, hour) for number, hour in enumerate(answer["hours"])])
        sheet.y += HEIGHT
        sheet.legend([*zip(_SHADES, COVERED_HOURS, strict=True), ("track", "not counted")])
    if answer["hand_overs"]:
        sheet.y += 8
        _hand_overs(sheet, answer, names)
    return sheet.picture()


def _cell(number: int, share: float | None) -> Cell:
    if share is None:
        return None
    return _SHADES[-int(-share * 4 // 1)], f"{hour_words(number)}: {covered_words(share)} covered"


def _hand_overs(sheet: Sheet, answer: Answer, names: Mapping[str, str]) -> None:
    """Draw a bar for each of the pairs with the most hand-overs, and how long those overlap."""
    pairs = answer["hand_overs"]
    shown = pairs[:_MOST_PAIRS]
    more = f": {len(shown)} of {counted(len(pairs), 'pair')}" if len(shown) < len(pairs) else ""
    sheet.lines(f"Hand-overs: one leaves while another, who came later, stays{more}", "bold")
    most = max(pair["count"] for pair in shown)
    mean = MARGIN + _TIMES + _BAR + 14 + _MEAN
    space = (WIDTH - MARGIN - mean - 120) / 2
    for pair in shown:
        times, took = counted(pair["count"], "time"), length_words(pair["seconds"] / pair["count"])
        sheet.row_text(MARGIN + _TIMES - 8, times, "end")
        left, came = names[pair["from"]], names[pair["to"]]
        title = f"{short(left)} to {short(came)}: {times}, {took} on average"
        sheet.rect("active", MARGIN + _TIMES, sheet.y + 4, max(pair["count"] / most * _BAR, 1), BAR, title)
        sheet.row_text(mean, took, "end")
        sheet.row_text(mean + 6, "on average", "dim")
        sheet.row_text(mean + 88, f"{cut(left, space)} to {cut(came, space)}")
        sheet.y += ROW
