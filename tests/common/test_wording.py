"""Durations, times, windows and members in words."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftlcommon import zones
from ftlcommon.wording import counted, distinct_names, in_minutes, time_of_day, use_clock, window_words

NOW = datetime(2026, 11, 16, 12, 0, tzinfo=UTC)
BERLIN = zones.zone("Europe/Berlin")
JONAS, MAYA, KAI = ("j", "Europe/Berlin"), ("m", "America/New_York"), ("k", "Mars/Olympus")
WEEK = {"from": "2026-11-15T23:00:00Z", "to": "2026-11-22T23:00:00Z"}
OWN = WEEK | {
    "from": "2026-11-15T23:00:00Z",
    "to": "2026-11-23T05:00:00Z",
    "by_member": {"j": WEEK, "m": {"from": "2026-11-16T05:00:00Z", "to": "2026-11-23T05:00:00Z"}},
}


@pytest.mark.parametrize(
    ("window", "members", "tz", "words"),
    [
        (WEEK, [JONAS, MAYA], BERLIN, ("Mon 2026-11-16 to Sun 2026-11-22", "Europe/Berlin")),
        (WEEK | {"to": "2026-11-16T23:00:00Z"}, [JONAS], BERLIN, ("Mon 2026-11-16", "Europe/Berlin")),
        (
            WEEK | {"to": "2026-11-18T12:30:00Z"},
            [JONAS],
            BERLIN,
            ("Mon 2026-11-16 00:00 to Wed 2026-11-18 13:30", "Europe/Berlin"),
        ),
        (WEEK | {"from": None}, [JONAS], BERLIN, ("everything until Mon 2026-11-23 00:00", "Europe/Berlin")),
        (OWN, [JONAS, MAYA], None, ("Mon 2026-11-16 to Sun 2026-11-22", "each member's own clock")),
        (OWN, [JONAS], None, ("Mon 2026-11-16 to Sun 2026-11-22", "Europe/Berlin")),
        # Times with an offset are the same for all, and other times on each clock.
        (WEEK, [JONAS, MAYA], None, ("Sun 2026-11-15 23:00 to Sun 2026-11-22 23:00", "UTC")),
        (WEEK, [KAI], None, ("Sun 2026-11-15 23:00 to Sun 2026-11-22 23:00", "UTC")),  # its zone is not known here
    ],
)
def test_the_window_is_named_as_on_its_clock(window: Any, members: Any, tz: Any, words: tuple[str, str]) -> None:
    assert window_words(window, members, tz) == words


def test_a_day_without_midnight_is_a_whole_day() -> None:
    beirut = zones.zone("Asia/Beirut")  # its clocks go from 00:00 to 01:00
    window = {"from": "2026-03-28T22:00:00Z", "to": "2026-03-29T21:00:00Z"}
    assert window_words(window, [], beirut)[0] == "Sun 2026-03-29"


def test_members_of_the_same_name_are_told_apart() -> None:
    assert distinct_names([("a", "Ann"), ("b", "Bob"), ("c", "Ann")]) == ["Ann a", "Bob", "Ann c"]


def test_as_few_minutes_as_possible_differ_from_their_length_rounded() -> None:
    assert in_minutes([60, 89, 3600]) == [1, 1, 60]
    assert in_minutes([85, 85, 85]) == [2, 1, 1]  # 4:15 in all
    assert in_minutes([95, 95, 95]) == [2, 2, 1]  # 4:45 in all


@given(st.lists(st.floats(0, 10**6), max_size=60))
def test_minutes_add_up_to_their_total(seconds: list[float]) -> None:
    minutes = in_minutes(seconds)
    assert sum(minutes) == round(sum(length / 60 for length in seconds))
    assert all(abs(shown - exact / 60) <= 1 + 1e-6 for shown, exact in zip(minutes, seconds, strict=True))


def test_counted_nouns_are_in_the_plural_unless_there_is_one() -> None:
    assert [counted(number, "interval") for number in (0, 1, 3, 1000)] == [
        "0 intervals",
        "1 interval",
        "3 intervals",
        "1,000 intervals",
    ]


def test_the_time_of_day_has_24_or_12_hours() -> None:
    moments = [NOW.replace(hour=hour, minute=5) for hour in (0, 9, 12, 22)]
    assert [time_of_day(moment) for moment in moments] == ["00:05", "09:05", "12:05", "22:05"]
    use_clock("12h")
    try:
        assert [time_of_day(moment) for moment in moments] == ["12:05am", "9:05am", "12:05pm", "10:05pm"]
    finally:
        use_clock("24h")
