"""The cells of a team's month and year at fixed widths."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from ftlclient.errors import ConfigError
from ftlclient.views import cells
from ftlcommon import zones
from ftlcommon.summary_units import next_unit, unit_start
from tests.client.conftest import lines
from tests.client.views.test_summary import answer, member

UTC_ZONE = zones.UTC_ZONE
NOW = datetime(2026, 11, 25, tzinfo=UTC)
FORMS = {"day": "%Y-%m-%d", "week": "%G-W%V", "month": "%Y-%m"}


def team(names: list[str], per: str, first: date, after: date) -> dict[str, Any]:
    """Return a summary whose members were active longer from unit to unit, and not in each fourth."""
    found = []
    unit = unit_start(per, first)
    while unit < after:
        found.append((f"{unit:{FORMS[per]}}", 1000 * len(found) if len(found) % 4 else 0))
        unit = next_unit(per, unit)
    return answer(*(member(name, per, found) for name in names), first=str(first), after=str(after))


def test_a_month_has_a_cell_for_each_day() -> None:
    found = team(["Ann", "Bob"], "day", date(2026, 11, 2), date(2026, 12, 1))
    assert lines(cells.Cells(found, "day", UTC_ZONE, NOW), 90) == [
        "Active time per day, Mon 2026-11-02 to Mon 2026-11-30, UTC",
        "    02            09            16            23              Active",
        "Ann · ░░░░░░· ░░░░░░· ▒▒▒▒▒▒· ▒▒▒▒▓▓· ▓▓▓▓▓▓· ▓▓████  ██████   81:40",
        "Bob · ░░░░░░· ░░░░░░· ▒▒▒▒▒▒· ▒▒▒▒▓▓· ▓▓▓▓▓▓· ▓▓████  ██████   81:40",
        "░ up to 2:00  ▒ 4:00  ▓ 6:00  █ 7:30 a day  · none",
    ]
    wide = lines(cells.Cells(found, "day", UTC_ZONE, NOW), 120)[1]
    assert wide.split() == [*(f"{number:02}" for number in range(2, 30)), "Active"]


@pytest.mark.parametrize("width", [60, 80, 120, 200])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
@pytest.mark.parametrize(
    ("per", "first", "after"),
    [
        ("day", date(2026, 5, 1), date(2026, 6, 1)),
        ("day", date(2026, 5, 1), date(2026, 7, 1)),
        ("week", date(2025, 1, 1), date(2026, 1, 1)),
        ("month", date(2018, 1, 1), date(2026, 1, 1)),
    ],
)
def test_a_team_of_30_fits_a_screen(per: str, first: date, after: date, width: int, encoding: str) -> None:
    found = team([f"Bartholomew Featherstonehaugh {n}" for n in range(30)], per, first, after)
    shown = lines(cells.Cells(found, per, UTC_ZONE, NOW), width, encoding)
    assert len(shown) <= 36
    assert max(map(len, shown)) <= width
    assert "\n".join(shown).isascii() == (encoding == "ascii")
    assert ("..." if encoding == "ascii" else "…") in shown[4]


def test_where_weeks_do_not_fit_the_cells_are_months() -> None:
    found = team(["Ann"], "week", date(2024, 1, 1), date(2026, 1, 5))
    assert "Active time per month" in lines(cells.Cells(found, "week", UTC_ZONE, NOW), 60)[0]
    assert "Active time per week" in lines(cells.Cells(found, "week", UTC_ZONE, NOW), 200)[0]


def test_what_is_still_to_come_is_left_out() -> None:
    found = team(["Ann"], "day", date(2026, 11, 1), date(2026, 12, 1))
    for day in found["members"][0]["days"][25:]:
        day["active_seconds"] = 0
    shown = lines(cells.Cells(found, "day", UTC_ZONE, NOW), 120)
    assert shown[1].split()[-2:] == ["25", "Active"]
    early = datetime(2026, 10, 1, tzinfo=UTC)
    for day in found["members"][0]["days"]:
        day["active_seconds"] = 0
    assert set(lines(cells.Cells(found, "day", UTC_ZONE, early), 120)[2]) <= set("Ann 0:-1234567890")


def test_without_activity_it_says_so() -> None:
    assert lines(
        cells.Cells(answer(member("Ann", "day", []), first="2026-11-01", after="2026-12-01"), "day", UTC_ZONE, NOW)
    )[1:] == ["no activity"]


def test_more_years_than_columns_are_refused() -> None:
    found = answer(
        member("Ann", "month", [("1970-01", 60), ("2026-01", 60)]), first="1970-01-01", after="2026-12-01"
    )
    with pytest.raises(ConfigError, match="too narrow for so many years"):
        lines(cells.Cells(found, "month", UTC_ZONE, NOW), 40)
