"""What a table says of its window and its clock."""

from typing import Any

import pytest

from ftlclient import time_ranges
from ftlclient.views._heading import window_words

BERLIN = time_ranges.zone("Europe/Berlin")
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
    beirut = time_ranges.zone("Asia/Beirut")  # its clocks go from 00:00 to 01:00
    window = {"from": "2026-03-28T22:00:00Z", "to": "2026-03-29T21:00:00Z"}
    assert window_words(window, [], beirut)[0] == "Sun 2026-03-29"
