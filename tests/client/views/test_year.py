"""The year of one member at fixed widths."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from ftlclient.views import year
from ftlcommon import zones
from tests.client.conftest import lines
from tests.client.views.test_summary import answer, member

UTC_ZONE = zones.UTC_ZONE
NOW = datetime(2026, 11, 25, tzinfo=UTC)


def days(first: date, after: date, name: str = "Ann") -> dict[str, Any]:
    found = [first + timedelta(days=n) for n in range((after - first).days)]
    active = [(str(day), 600 * (day.day % 5) * (day.weekday() < 5)) for day in found]
    return answer(member(name, "day", active), first=str(first), after=str(after))


def test_a_year_has_7_rows_and_53_columns() -> None:
    shown = lines(year.Year(days(date(2019, 1, 1), date(2020, 1, 1)), UTC_ZONE, NOW), 80)
    assert len(shown) == 11
    assert shown[1].split()[:4] == ["2019", "Jan", "Feb", "Mar"]
    assert [line[:3] for line in shown[2:9]] == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    assert shown[2][5] == " "  # the year began on a Tuesday
    assert set(shown[3][5:]) == set("·░▒▓█")
    assert {len(line) for line in shown[2:9]} <= {57, 58}
    assert shown[9] == "░ up to 0:10  ▒ 0:20  ▓ 0:30  █ 0:40 a day  · none"
    assert shown[10].endswith(" in all, on 209 of 365 days")


@pytest.mark.parametrize("width", [60, 80, 120, 200])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
@pytest.mark.parametrize("after", [date(2013, 1, 1), date(2014, 3, 1)])
def test_it_fits_terminals(width: int, encoding: str, after: date) -> None:
    found = days(
        date(2012, 1, 1), after, "Bartholomew Featherstonehaugh-Cholmondeley"
    )  # 54 weeks, from a Sunday on
    shown = lines(year.Year(found, UTC_ZONE, NOW), width, encoding)
    assert max(map(len, shown)) <= width
    assert "\n".join(shown).isascii() == (encoding == "ascii")
    assert sum(line.startswith("Sun ") for line in shown) == (1 if after.year == 2013 else 3)


def test_days_to_come_are_blank_and_not_counted() -> None:
    found = days(date(2026, 11, 1), date(2026, 11, 30))
    for day in found["members"][0]["days"][25:]:
        day["active_seconds"] = 0
    assert lines(year.Year(found, UTC_ZONE, NOW))[-1].endswith(" of 25 days")


def test_without_days_there_is_nothing_to_draw() -> None:
    empty = answer(member("Ann", "day", []), first="2026-11-01", after="2026-12-01")
    assert lines(year.Year(empty, UTC_ZONE, NOW))[-1] == "0:00 in all, on 0 of 0 days"
