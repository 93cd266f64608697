"""The clock changes ahead, and a standing meeting."""

import copy
from typing import Any

import pytest

from ftlclient.views import clock_changes
from ftlcommon import csv_rows, drawing
from ftlcommon.drawing import Heading
from tests.client.conftest import lines
from tests.client.views.test_meeting import MEETING

SLOT = MEETING["slots"][0]
PAIRS = [{"members": ["a", "b"], "overlap_before": 36_000, "overlap_after": 32_400}]
CLOCK_CHANGES: dict[str, Any] = {
    **{key: MEETING[key] for key in ("window", "tz", "members")},
    "ahead": {"from": "2026-11-21T23:00:00Z", "to": "2027-05-22T22:00:00Z"},
    "changes": [{**MEETING["changes"][0], "pairs": PAIRS}],
}
STANDING = {
    "weekday": "Monday",
    "time": "20:00",
    "tz": "Europe/Berlin",
    "minutes": 60,
    "times": 53,
    "first": SLOT,
    "moves": [
        {**SLOT, "start_time": "2027-03-29T20:00:00+02:00", "moved": {"b": "2027-03-23T08:00:00+13:00"}},
        {**SLOT, "start_time": "2027-04-05T20:00:00+02:00", "moved": {"b": "2027-03-30T07:00:00+13:00"}},
    ],
}


def test_each_change_says_which_pairs_gain_or_lose() -> None:
    assert lines(clock_changes.ClockChanges(CLOCK_CHANGES), 120) == [
        "Clock changes, Sun 2026-11-22 to Sat 2027-05-22, Europe/Berlin",
        "from the activity of Mon 2026-09-28 to Sat 2026-11-21",
        "",
        "2027-03-28: clocks go forward 1 h in Berlin (Ann); the overlap expected in a week falls from 10:00 to 9:00",
        "  Ann and Bob: 10:00 to 9:00 a week",
        "",
        "Not counted, with too few days of activity: Zoe (1 day)",
    ]


def test_of_many_pairs_those_with_the_largest_difference_are_named() -> None:
    answer = copy.deepcopy(CLOCK_CHANGES)
    answer["changes"][0]["pairs"] = PAIRS * 5
    shown = lines(clock_changes.ClockChanges(answer), 120)
    assert sum("Ann and Bob" in line for line in shown) == 3
    assert "  and 2 pairs with a smaller difference" in shown


def test_a_standing_meeting_is_a_column_for_each_time_at_which_it_moves() -> None:
    shown = lines(clock_changes.ClockChanges({**CLOCK_CHANGES, "meeting": STANDING}), 120)
    assert "Monday 20:00 Europe/Berlin, 60 minutes: moves 2 times for 1 member in 53 weeks" in shown
    assert [line.split() for line in shown if "23 Nov" in line] == [["23", "Nov", "29", "Mar", "05", "Apr"]]


def test_nothing_ahead_is_said() -> None:
    never = {**STANDING, "moves": []}
    shown = lines(clock_changes.ClockChanges({**CLOCK_CHANGES, "changes": [], "meeting": never}), 120)
    assert "no clock changes in this time" in shown
    assert "Monday 20:00 Europe/Berlin, 60 minutes: never moves in 53 weeks" in shown
    without = {key: value for key, value in never.items() if key != "first"}
    assert lines(clock_changes.ClockChanges({**CLOCK_CHANGES, "meeting": without}), 120)


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_it_fits_the_width(width: int, encoding: str) -> None:
    answer = copy.deepcopy({**CLOCK_CHANGES, "meeting": STANDING})
    for member in answer["members"]:
        member["real_name"] = "Wörld Wide 山田太郎 Web " * 3
    assert max(map(len, lines(clock_changes.ClockChanges(answer), width, encoding))) <= width


def test_rows_are_pairs_or_times_of_the_meeting() -> None:
    assert list(csv_rows.clock_changes(CLOCK_CHANGES)) == [
        ("2027-03-28T01:00:00+00:00", "Europe/Berlin", 3600, 7200, "a", "b", 36_000, 32_400)
    ]
    alone = {**CLOCK_CHANGES, "changes": [{**CLOCK_CHANGES["changes"][0], "pairs": []}]}
    assert [row[4:] for row in csv_rows.clock_changes(alone)] == [("a", "", "", "")]
    rows = list(csv_rows.standing_meeting({**CLOCK_CHANGES, "meeting": STANDING}))
    assert len(rows) == 9
    assert rows[5][2:5] == ("b", "2027-03-23T08:00:00+13:00", "2026-11-24T08:00:00+13:00")


def test_the_picture_has_the_changes_and_the_meeting() -> None:
    answer = {**CLOCK_CHANGES, "meeting": STANDING}
    picture = drawing.clock_changes(answer, Heading.of("Clock changes", answer))
    assert picture.title == "Clock changes, Sun 2026-11-22 to Sat 2027-05-22, Europe/Berlin"
    for text in (
        "clocks go forward 1 h in Berlin",
        "Ann and Bob: 10:00 to 9:00 a week",
        "moves 2 times for 1 member",
    ):
        assert text in picture.svg()
