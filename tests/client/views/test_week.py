"""A week of a team at fixed widths."""

from datetime import date, timedelta

import pytest

from ftlclient.views import week
from ftlcommon import zones
from tests.client.conftest import lines, person

BERLIN = zones.zone("Europe/Berlin")
WINDOW = {"from": "2026-11-15T23:00:00Z", "to": "2026-11-22T23:00:00Z"}
DAYS = [date(2026, 11, 16) + timedelta(days=n) for n in range(7)]
TEAM = [
    person(
        "Jonas",
        "Europe/Berlin",
        ("2026-11-16T08:00:00+01:00", "2026-11-16T12:00:00+01:00"),
        ("2026-11-18T22:00:00+01:00", "2026-11-19T04:00:00+01:00"),
    ),
    person("Maya", "America/New_York"),
]


def test_the_days_of_a_week_are_side_by_side() -> None:
    assert lines(week.Week(TEAM, DAYS, BERLIN, WINDOW), 80) == [
        "Active time, Mon 2026-11-16 to Sun 2026-11-22, Europe/Berlin",
        "       Mon 16   Tue 17   Wed 18   Thu 19   Fri 20   Sat 21   Sun 22    Active",
        "Jonas  ··▃█   ·│··     ·│··     ▆│█▃     ·│··     ·│··     ·│··     ·│  10:00",
        "Maya    ···    │ ···    │ ···    │ ···    │ ···    │ ···    │ ···    │      -",
        "▁▅█ active some, half, all of 3 h  · night there (22-06)",
    ]


def test_on_each_members_own_clock_nights_stand_below_each_other() -> None:
    shown = lines(week.Week(TEAM, DAYS, None, WINDOW), 120)
    assert "each member's own clock" not in shown[0]  # this window is the same time for all
    assert shown[2][-30:-8] == shown[3][-30:-8]


@pytest.mark.parametrize("count", [4, 7, 14])
@pytest.mark.parametrize("width", [60, 80, 120, 200])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_it_fits_terminals(width: int, encoding: str, count: int) -> None:
    days = [DAYS[0] + timedelta(days=n) for n in range(count)]
    team = [person("Bartholomew Featherstonehaugh", "Asia/Tokyo"), *TEAM]
    shown = lines(week.Week(team, days, BERLIN, WINDOW), width, encoding)
    assert max(map(len, shown)) <= width
    assert "\n".join(shown).isascii() == (encoding == "ascii")
    assert ("..." if encoding == "ascii" else "…") in shown[2]
