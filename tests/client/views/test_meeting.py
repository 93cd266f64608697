"""The proposed times of a meeting."""

from typing import Any

import pytest

from ftlclient.views import meeting
from tests.client.conftest import lines

MEETING = {
    "members": [
        {"id": "a", "real_name": "Ann", "tz": "Europe/Berlin"},
        {"id": "b", "real_name": "Bob", "tz": "Pacific/Auckland"},
    ],
    "slots": [
        {
            "start_time": "2026-11-23T20:00:00+01:00",
            "end_time": "2026-11-23T21:00:00+01:00",
            "expected_attendance": 1.25,
            "outside_usual_hours": 1,
            "members": [
                {"id": "a", "local_time": "2026-11-23T20:00:00+01:00", "expected": 0.25, "usual": False},
                {"id": "b", "local_time": "2026-11-24T08:00:00+13:00", "expected": 1.0, "usual": True},
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


def test_a_meeting_shows_local_times_and_clock_changes() -> None:
    shown = [line.replace("\N{NO-BREAK SPACE}", " ") for line in lines(meeting.Meeting(MEETING), 100)]
    assert shown == [
        " 1. Mon 2026-11-23  20:00-21:00 UTC+0100  1.25 of 2 expected, 1 outside usual hours",
        "    Ann 20:00 (25%), Bob 08:00 +1 (100%)",
        "",
        "2027-03-28: clocks go forward 1 h in Berlin (Ann); weekly overlap falls from 10:00 to 9:00",
    ]
    assert lines(meeting.Meeting({**MEETING, "slots": [], "changes": []})) == ["no activity in this window"]
    assert list(meeting.rows(MEETING))[1] == (
        1,
        "2026-11-23T20:00:00+01:00",
        "2026-11-23T21:00:00+01:00",
        1.25,
        1,
        "b",
        "2026-11-24T08:00:00+13:00",
        1.0,
        "yes",
    )


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            {"tz": "America/New_York", "overlap_before": 29_880, "overlap_after": 45_000},
            "clocks go forward 1 h in New York (Ann); weekly overlap rises from 8:18 to 12:30",
        ),
        (
            {"offset_before": 39_600, "offset_after": 37_800, "overlap_before": 3600, "overlap_after": 3600},
            "clocks go back 0.5 h in Berlin (Ann); weekly overlap stays at 1:00",
        ),
    ],
)
def test_a_clock_change_says_what_it_does_to_the_overlap(change: dict[str, Any], expected: str) -> None:
    answer = {**MEETING, "slots": [], "changes": [{**MEETING["changes"][0], **change}]}
    assert lines(meeting.Meeting(answer), 120)[-1] == f"2027-03-28: {expected}"
