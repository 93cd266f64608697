"""Pictures of answers about hours, overlap, meetings, presence and summaries."""

from datetime import timedelta

import pytest

from ftlcommon import drawing, wording
from tests.common.drawing.conftest import (
    BERLIN,
    NAMES,
    NOW,
    blocks,
    coverage,
    heading,
    hours,
    in_turn,
    meeting,
    overlap,
    presence,
    ranking,
    rest,
    summary,
    texts,
)


def test_hours_have_a_map_for_each_member_and_one_for_all() -> None:
    picture = drawing.hours(hours(), heading(hours()))
    cells = [block for block in blocks(picture, "l1", "l2", "l3", "l4") if block.title]
    assert len(cells) == 4 * 40  # 8 hours of 5 days
    assert any(block.title == "Jonas Weber, Mon 09:00: 50 % of the hour active" for block in cells)
    assert any(text.startswith("All 3 at once, most likely Mon 09:00 (") for text in texts(picture))
    tuesday = [block for block in cells if block.title.startswith("Maya Iyer, Tue 10:00")]
    monday = [block for block in cells if block.title.startswith("Maya Iyer, Mon 09:00")]
    assert tuesday[0].x - monday[0].x == pytest.approx(monday[0].width + 1, abs=0.2)
    assert tuesday[0].y > monday[0].y


def test_hours_on_different_clocks_are_not_multiplied() -> None:
    answer = hours(tz=None)
    picture = drawing.hours(answer, heading(answer, None))
    assert "All 3 at once: each is shown on another clock; with a zone, this shows when all are there" in texts(
        picture
    )
    assert "Asia/Kolkata" in texts(picture)


def test_hours_of_many_members_are_a_line_each() -> None:
    answer = hours([f"Member {number}" for number in range(12)])
    answer["members"][3]["hours"] = [0.0] * 168
    picture = drawing.hours(answer, heading(answer))
    assert len([block for block in blocks(picture) if "Member 5, 09:00: " in block.title]) == 1
    assert "No activity: Member 3" in texts(picture)


def test_an_overlap_has_the_longest_intervals_and_the_pairs() -> None:
    picture = drawing.overlap(overlap(), heading(overlap()))
    bars = blocks(picture, "active")
    assert len(bars) == 15
    assert [bar.width for bar in bars] == sorted((bar.width for bar in bars), reverse=True)
    assert bars[0].title == "2026-12-05 Sat  09:00-14:45 (5:45): all but Ali"
    assert "Intervals, longest first: 15 of 20" in texts(picture)
    assert "20:00 with at least 2 of 3 active, 20 intervals" in texts(picture)
    pairs = [block.title for block in blocks(picture) if " and " in block.title and ":" in block.title]
    assert "Jonas Weber and Maya Iyer: 2:00" in pairs


def test_pairs_of_many_members_are_those_that_share_most() -> None:
    answer = overlap([f"Member {number}" for number in range(20)])
    assert "Pairs with the most time together: 15 of 190" in texts(drawing.overlap(answer, heading(answer)))


def test_nobody_together_says_how_many_were() -> None:
    answer = overlap() | {"stretches": [], "min_members": 3, "at_least": [9000, 60, 0], "overlap_seconds": 0}
    assert "At most 2 were active at the same time" in texts(drawing.overlap(answer, heading(answer)))


def test_a_coverage_has_the_longest_gaps_the_week_and_the_hand_overs() -> None:
    picture = drawing.coverage(coverage(), heading(coverage()))
    shown = texts(picture)
    assert "33.3 % of the time with anyone active, 40:00 of 120:00, 20 gaps" in shown
    assert "Gaps in Sat-Sun are meant and not counted; of all 24 hours, 23.8 % of the time" in shown
    assert "Gaps, longest first: 15 of 20" in shown
    bars = blocks(picture, "idle")
    assert len(bars) == 15
    assert [bar.width for bar in bars] == sorted((bar.width for bar in bars), reverse=True)
    names = "Jonas Weber and Maya Iyer and 1 more"
    assert bars[0].title == f"2026-12-05 Sat  18:00-23:45 (5:45): after {names}, until Ali"
    week = [block for block in blocks(picture, "unlikely", "l1", "l2", "l3", "l4") if " covered" in block.title]
    assert [block.kind for block in week[7:14]] == ["unlikely", "l1", "l2", "l2", "l3", "l4", "unlikely"]
    assert (len(week), week[9].title) == (5 * 24, "Mon 09:00: 26 % covered")
    assert "Maya Iyer to Jonas Weber: 19 times, 0:05 on average" in [
        block.title for block in blocks(picture, "active")
    ]
    empty = drawing.coverage(coverage([]), heading(coverage([])))
    assert texts(empty)[-1] == "no activity"
    whole = {**coverage(), "gaps": [], "hand_overs": [], "hours": [None] * 168, "quiet": None, "max_members": 1}
    assert len(texts(drawing.coverage(whole, heading(whole)))) == 3


def test_rest_has_a_bar_for_each_figure_of_each_member() -> None:
    picture = drawing.rest(rest(), heading(rest(), None))
    titles = [block.title for block in blocks(picture) if block.title]
    assert titles == [
        "Maya Iyer: 12 % of it at night",
        "Maya Iyer: longest unbroken activity 4:30, 2026-11-17 09:00 to 13:30",
        "Maya Iyer: active on 1 day in a row, 2026-11-16 to 2026-11-19",
        "Ali: 25 % of it at night",
        "Ali: longest unbroken activity 4:30, 2026-11-18 09:00 to 13:30",
        "Ali: shortest rest 8:30, 2026-11-18 23:00 to 2026-11-19 07:30",
        "Ali: active on 2 days in a row, 2026-11-16 to 2026-11-19",
    ]
    night = blocks(picture, "late")
    assert night[1].width == pytest.approx(2 * night[0].width, abs=0.2)
    assert texts(picture).count("-") == 1 + 5 + 1
    assert texts(drawing.rest(rest(NAMES[:1]), heading(rest(), None)))[-1] == "no activity"


def test_a_meeting_has_a_row_a_member_and_a_column_a_slot() -> None:
    answer = meeting([*NAMES, "New One"])
    picture = drawing.meeting(answer, heading(answer))
    shown = texts(picture)
    assert shown[:2] == ["Active time", "Mon 2026-11-16 to Sun 2026-11-22 · Europe/Berlin"]
    assert "Mon 14:00 Berlin: 1 of 3 likely, 1 possible, 1 outside their usual hours" in shown
    assert "Not counted, with too few days of activity: New One (17 days)" in shown
    cells = [block for block in blocks(picture, "likely", "possible", "unlikely", "unknown") if block.title]
    assert len(cells) == 4 * 5
    assert cells[5].title == "Maya Iyer, 02:00+1: possible"
    assert any("clocks go forward 1 h in Berlin" in text for text in shown)


def test_slots_in_turn_are_drawn_with_who_is_outside_their_hours() -> None:
    answer = in_turn(meeting())
    picture = drawing.meeting(answer, heading(answer))
    shown = " ".join(texts(picture))
    assert "In turn, 3 times: no member is outside their usual hours for more than 20 % of it" in shown
    assert "Outside their usual hours: Maya Iyer 10 %, " in shown
    cells = [block for block in blocks(picture, "likely", "possible", "unlikely", "unknown") if block.title]
    assert len(cells) == len(NAMES) * (5 + 3)


def test_many_slots_are_drawn_in_blocks() -> None:
    answer = meeting(slots=25)
    picture = drawing.meeting(answer, heading(answer))
    cells = [block for block in blocks(picture, "likely") if block.title]
    assert len(cells) == 25
    assert len({block.y for block in cells}) == 4


def test_a_board_has_who_is_active_first_and_where_each_is_in_their_day() -> None:
    picture = drawing.board(presence(), heading(presence()), back={"m1": NOW + timedelta(hours=3)})
    shown = texts(picture)
    assert "2 of 3 members active" in shown
    assert [text for text in shown if text in NAMES] == ["Jonas Weber", "Ali", "Maya Iyer"]
    assert "since 09:00 (1:00)" in shown
    assert "until Sun 04:00" in shown
    assert "13:00" in shown
    marks = [block for block in blocks(picture, "now") if block.title]
    tracks = [block for block in blocks(picture, "track") if block.title]
    for mark, track in zip(marks, tracks, strict=True):
        assert mark.x + mark.width / 2 == pytest.approx(track.x + track.width * 11 / 24, abs=0.2)
        assert mark.title == "11:00, day"


def test_a_summary_in_total_ranks_members() -> None:
    picture = drawing.summary(ranking(), heading(ranking()))
    assert [bar.title for bar in blocks(picture, "active")] == ["Ali: 2:00", "Maya Iyer: 1:00"]
    wide, narrow = blocks(picture, "active")
    assert wide.width == pytest.approx(2 * narrow.width, abs=0.2)
    assert {"66.7%", "33.3%", "-", "Total 3:00 of 2 active members"} <= set(texts(picture))
    cut = texts(drawing.summary(ranking() | {"omitted": {"beyond_limit": 4}}, heading(ranking())))
    assert cut[-2:] == ["Total 3:00 of the 2 listed", "Not shown: 4 beyond the limit"]


@pytest.mark.parametrize("names", [NAMES, NAMES[:1]])
def test_bars_of_a_summary_are_as_tall_as_their_time(names: tuple[str, ...]) -> None:
    answer = summary(names)
    picture = drawing.summary(answer, heading(answer, BERLIN))
    bars = [block for block in blocks(picture, "active") if block.title.startswith("Jonas Weber, ")]
    assert len(bars) == 6
    assert bars[-1].title == "Jonas Weber, Sun 2026-11-22: 6:00"
    for bar, length in zip(bars, range(1, 7), strict=True):
        assert bar.height == pytest.approx(bars[-1].height * length / 6, abs=0.2)
        assert bar.y + bar.height == pytest.approx(bars[-1].y + bars[-1].height, abs=0.2)


def test_a_year_has_a_cell_for_each_day_in_the_row_of_its_weekday() -> None:
    answer = summary(["Ann"], count=300)
    picture = drawing.year(answer, heading(answer), now=NOW + timedelta(days=1000))
    cells = [block for block in blocks(picture) if block.title]
    assert len(cells) == 300
    by_title = {cell.title.split(":")[0]: cell for cell in cells}
    monday, sunday, next_monday = (by_title[day] for day in ("Mon 2026-11-16", "Sun 2026-11-22", "Mon 2026-11-23"))
    assert sunday.x == monday.x
    assert sunday.y - monday.y == pytest.approx(6 * 13.5, abs=0.2)
    assert next_monday.x - monday.x == pytest.approx(13.5, abs=0.2)
    assert next_monday.y == monday.y


def test_a_board_has_space_for_long_names_and_times() -> None:
    answer = presence(["Bartholomew Featherstonehaugh"] * 4)
    for member in answer["members"]:
        member["tz"] = "America/Argentina/ComodRivadavia"
    wording.use_clock("12h")
    try:
        picture = drawing.board(answer, heading(answer), back={"m1": NOW + timedelta(days=3)})
    finally:
        wording.use_clock("24h")
    shown = texts(picture)
    assert "Thu 10:00am" in shown
    assert any(text.startswith("Bartholomew") for text in shown)
    assert any(text.startswith("America/Ar") for text in shown)
