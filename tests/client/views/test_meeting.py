"""The proposed times of a meeting."""

import copy
from typing import Any

import pytest

from ftlclient.views import meeting
from ftlcommon import csv_rows, wording
from tests.client.conftest import lines

MEETING: dict[str, Any] = {
    "window": {"from": "2026-09-27T22:00:00Z", "to": "2026-11-21T23:00:00Z", "rule": ""},
    "tz": "Europe/Berlin",
    "week": {"from": "2026-11-22T23:00:00Z", "to": "2026-11-29T23:00:00Z"},
    "members": [
        {"id": "a", "real_name": "Ann", "tz": "Europe/Berlin", "active_days": 30, "enough_history": True},
        {"id": "z", "real_name": "Zoe", "tz": "Europe/Berlin", "active_days": 1, "enough_history": False},
        {"id": "b", "real_name": "Bob", "tz": "Pacific/Auckland", "active_days": 5, "enough_history": True},
    ],
    "slots": [
        {
            "start_time": "2026-11-23T20:00:00+01:00",
            "end_time": "2026-11-23T21:00:00+01:00",
            "expected_attendance": 1.25,
            "outside_usual_hours": 2,
            "members": [
                {
                    "id": "a",
                    "local_time": "2026-11-23T20:00:00+01:00",
                    "expected": 0.2,
                    "usual": False,
                    "attendance": "unlikely",
                },
                {
                    "id": "z",
                    "local_time": "2026-11-23T20:00:00+01:00",
                    "expected": 0.05,
                    "usual": False,
                    "attendance": "unknown",
                },
                {
                    "id": "b",
                    "local_time": "2026-11-24T08:00:00+13:00",
                    "expected": 1.0,
                    "usual": True,
                    "attendance": "likely",
                },
            ],
        }
    ],
    "changes": [
        {
            "tz": "Europe/Berlin",
            "at": "2027-03-28T01:00:00+00:00",
            "offset_before": 3600,
            "offset_after": 7200,
            "members": ["a"],
            "overlap_before": 36000,
            "overlap_after": 32400,
        }
    ],
}


@pytest.mark.parametrize(("encoding", "marks"), [("utf-8", ("·", "●", "?")), ("ascii", (".", "*", "?"))])
def test_a_meeting_is_a_table_of_local_times(encoding: str, marks: tuple[str, str, str]) -> None:
    outside, likely, unknown = marks
    assert lines(meeting.Meeting(MEETING), 120, encoding) == [
        "Best times to meet, Mon 2026-11-23 to Sun 2026-11-29, Europe/Berlin",
        "from the activity of Mon 2026-09-28 to Sat 2026-11-21",
        "",
        "Mon 20:00 Berlin: 1 of 2 likely, 1 outside their usual hours",
        "",
        "          Mon 23",
        "          20:00",
        f"Ann       {outside}20:00",
        f"Bob       {likely}08:00+1",
        f"Zoe       {unknown}20:00",
        "likely    1 of 2",
        "expected  1.25",
        "",
        f"{likely} likely  {outside} outside their usual hours  ? not enough history",
        "Cells are the member's clock, with +1 or -1 on another day; best times first, by those expected",
        "Not counted, with too few days of activity: Zoe (1 day)",
        "",
        "2027-03-28: clocks go forward 1 h in Berlin (Ann); the overlap expected in a week falls from 10:00 to 9:00",
    ]


def test_a_meeting_without_activity_says_so() -> None:
    shown = lines(meeting.Meeting({**MEETING, "slots": [], "changes": []}), 80)
    assert shown[2:] == [
        "no activity in this window",
        "Not counted, with too few days of activity: Zoe (1 day)",
    ]


def test_members_of_whom_nothing_is_known_are_not_counted_as_absent() -> None:
    answer = copy.deepcopy(MEETING)
    for member in answer["members"]:
        member["enough_history"] = False
    for member in answer["slots"][0]["members"]:
        member["attendance"] = "unknown"
    shown = lines(meeting.Meeting(answer), 120)
    assert shown[3] == "Mon 20:00 Berlin: there is too little activity to say who is likely to be there"


def test_the_possible_are_counted_apart() -> None:
    answer = copy.deepcopy(MEETING)
    answer["slots"][0]["members"][0]["attendance"] = "possible"
    assert "Mon 20:00 Berlin: 1 of 2 likely, 1 possible" in lines(meeting.Meeting(answer), 80)
    answer["slots"][0]["members"][0]["attendance"] = "new in a later version"
    assert "Mon 20:00 Berlin: 1 of 2 likely" in lines(meeting.Meeting(answer), 80)


@pytest.mark.parametrize("width", [60, 80, 120, 200])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
@pytest.mark.parametrize("count", [1, 5, 100])
def test_a_table_fits_the_width(width: int, encoding: str, count: int) -> None:
    answer = copy.deepcopy(MEETING)
    for member in answer["members"]:
        member["real_name"] = "Wörld Wide 山田太郎 Web " * 3
    answer["slots"] *= count
    shown = lines(meeting.Meeting(answer), width, encoding)
    assert max(map(len, shown)) <= width
    assert sum("Mon 23" in line for line in shown) == {1: 1, 5: 1}.get(count, -(-count // ((width - 8) // 10)))


def test_rows_are_a_row_for_each_member_of_each_slot() -> None:
    assert list(csv_rows.meeting(MEETING))[2] == (
        1,
        "2026-11-23T20:00:00+01:00",
        "2026-11-23T21:00:00+01:00",
        1.25,
        2,
        "b",
        "2026-11-24T08:00:00+13:00",
        1.0,
        "yes",
        "likely",
    )


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            {"tz": "America/New_York", "overlap_before": 29_880, "overlap_after": 45_000},
            "2027-03-27: clocks go forward 1 h in New York (Ann); "
            "the overlap expected in a week rises from 8:18 to 12:30",
        ),
        (
            {"offset_before": 39_600, "offset_after": 37_800, "overlap_before": 3600, "overlap_after": 3600},
            "2027-03-28: clocks go back 0.5 h in Berlin (Ann); the overlap expected in a week stays at 1:00",
        ),
        (
            {"overlap_before": 0, "overlap_after": 0},
            "2027-03-28: clocks go forward 1 h in Berlin (Ann)",
        ),
        (
            {"members": ["a", "b", "z", "y"]},
            "2027-03-28: clocks go forward 1 h in Berlin (Ann, Bob, Zoe and 1 more); "
            "the overlap expected in a week falls from 10:00 to 9:00",
        ),
    ],
)
def test_a_clock_change_says_what_it_does_to_the_overlap(change: dict[str, Any], expected: str) -> None:
    people = [*MEETING["members"], {**MEETING["members"][0], "id": "y", "real_name": "Yan"}]
    answer = {**MEETING, "members": people, "slots": [], "changes": [{**MEETING["changes"][0], **change}]}
    assert lines(meeting.Meeting(answer), 200)[-1] == expected


def test_times_are_on_the_clock_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wording, "_clock_format", "%I:%M%p")
    shown = lines(meeting.Meeting(MEETING), 60)
    assert "Mon 8:00pm Berlin: 1 of 2 likely, 1 outside their usual hours" in " ".join(shown)
    assert "Bob       ●8:00am+1" in shown


def test_times_in_turn_are_a_table_with_the_share_of_each_member() -> None:
    shares = [{"id": "a", "outside_share": 0.75}, {"id": "b", "outside_share": 0.0}]
    rotation = {"slots": MEETING["slots"] * 2, "worst_share": 0.75, "is_lowest": False, "members": shares}
    answer = {**MEETING, "rotation": rotation}
    shown = lines(meeting.Meeting(answer), 160)
    title = "In turn, 2 times, no member is outside their usual hours for more than 75 % of it"
    at = shown.index(f"{title}; a fairer choice may exist: the search was given up")
    assert shown[at + 1 : at + 6] == [
        "",
        "          Mon 23    Mon 23    outside",
        "          20:00     20:00",
        "Ann       ·20:00    ·20:00    75 %",
        "Bob       ●08:00+1  ●08:00+1  0 %",
    ]
    assert [row[-1] for row in csv_rows.rotation(answer)] == [0.75, "", 0.0] * 2
