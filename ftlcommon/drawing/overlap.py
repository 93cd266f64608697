"""When members were active together: the longest intervals, and how much time each pair shares."""

from collections.abc import Mapping, Sequence
from heapq import nlargest
from itertools import combinations
from typing import Any

from ftlcommon.drawing.longest import longest
from ftlcommon.drawing.rows import Answer, names_of
from ftlcommon.drawing.sheet import BAR, MARGIN, ROW, WIDTH, Heading, Picture, Sheet, name_width
from ftlcommon.drawing.texts import cut, short, width_of
from ftlcommon.drawing.units import level_legend
from ftlcommon.levels import Levels
from ftlcommon.sentences import length_words, most_together, overlap_words, present_words
from ftlcommon.wording import counted

MOST_IN_MATRIX = 15  # members; of more, the pairs that share most are drawn
MOST_PAIRS = 15
_BAR = 110.0
_LENGTH = 44.0
_CELL = 44.0
_LONGEST_PRESENT = 300  # characters of a title


def overlap(answer: Answer, heading: Heading) -> Picture:
    """Draw an answer to ``overlap``: the longest intervals, and the pairs, all or those that share most."""
    sheet = Sheet(heading, ())
    names = dict(zip((member["id"] for member in answer["members"]), names_of(answer["members"]), strict=True))
    intervals = answer["stretches"]
    if not names:
        sheet.lines("no activity")
        return sheet.picture()
    total, others = overlap_words(answer)
    sheet.lines(f"{total}, {counted(len(intervals), 'interval')}", "bold")
    if others:
        sheet.lines(others)
    most = most_together(answer)
    if not intervals and 1 < most < int(answer["min_members"]):
        sheet.lines(f"At most {most} were active at the same time", "warn")
    if intervals:
        sheet.y += 8
        _intervals(sheet, intervals, names)
    if len(names) > 1:
        sheet.y += 8
        _pairs(sheet, answer["matrix"], list(names.values()))
    return sheet.picture()


def _intervals(sheet: Sheet, intervals: Sequence[Any], names: Mapping[str, str]) -> None:
    """Draw a bar for each of the longest intervals, and who was there."""

    def present(interval: Answer, space: float) -> str:
        return present_words(interval["members"], names, space, width_of, cut)

    def everyone(interval: Answer) -> str:
        return present_words(interval["members"], names, _LONGEST_PRESENT, len, lambda text, _: short(text))

    longest(sheet, "Intervals", intervals, "active", present, everyone)


def _pairs(sheet: Sheet, matrix: Sequence[Sequence[float]], names: Sequence[str]) -> None:
    if len(names) <= MOST_IN_MATRIX:
        sheet.lines("Time together per pair; on the diagonal, each member's total", "bold")
        _matrix(sheet, matrix, names)
        return
    sharing = [(matrix[a][b], -a, -b) for a, b in combinations(range(len(matrix)), 2) if matrix[a][b]]
    shown = nlargest(MOST_PAIRS, sharing)
    more = f": {len(shown)} of {len(sharing):,}" if len(shown) < len(sharing) else ""
    sheet.lines(f"Pairs with the most time together{more}", "bold")
    who = MARGIN + _LENGTH + 20 + _BAR + 14
    for seconds, a, b in shown:
        space = (WIDTH - MARGIN - who - 30) / 2
        pair = " and ".join(cut(names[-number], space) for number in (a, b))
        sheet.row_text(MARGIN + _LENGTH + 12, length_words(seconds), "end")
        width = max(seconds / shown[0][0] * _BAR, 1)
        title = f"{short(names[-a])} and {short(names[-b])}: {length_words(seconds)}"
        sheet.rect("active", MARGIN + _LENGTH + 20, sheet.y + 4, width, BAR, title)
        sheet.row_text(who, pair)
        sheet.y += ROW


def _matrix(sheet: Sheet, matrix: Sequence[Sequence[float]], names: Sequence[str]) -> None:
    """Draw a cell for each pair, shaded by how much time it shares."""
    number_width = 22.0
    left = MARGIN + number_width + name_width(names, 130) + 12
    step = min(_CELL + 12, (WIDTH - MARGIN - left) / len(names))
    levels = Levels.of_seconds(matrix[a][b] for a, b in combinations(range(len(names)), 2))
    for column in range(len(names)):
        sheet.text(left + (column + 0.5) * step - 1, sheet.y + 10, f"{column + 1}", "dim small mid")
    sheet.y += 15
    for index, name in enumerate(names):
        sheet.row_text(MARGIN + number_width - 8, f"{index + 1}", "dim end")
        sheet.row_text(MARGIN + number_width, cut(name, left - MARGIN - number_width - 10))
        for column, other in enumerate(names):
            seconds = matrix[index][column]
            level = levels.level(seconds) if column != index else 0
            words = length_words(seconds) if seconds else "-"
            title = f"{short(name)} and {short(other)}: {words}" if column != index else f"{short(name)}: {words}"
            x = left + column * step
            sheet.rect(f"l{level}" if level else "track", x, sheet.y + 1, step - 2, ROW - 2, title)
            kind = "bold" if column == index else f"on{level}" if level else "dim"
            sheet.row_text(x + step / 2 - 1, words, f"{kind} small mid")
        sheet.y += ROW
    level_legend(sheet, levels, "pair")
