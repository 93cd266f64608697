"""Named ranges, days, nights."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftlclient import time_ranges

DAY = timedelta(days=1)


days = st.dates(date(1971, 1, 1), date(2100, 1, 1))


@given(days, st.sampled_from(["monday", "sunday"]))
def test_a_week_is_the_seven_days_around(day: date, week_start: str) -> None:
    first, after = time_ranges.unit_around(day, "week", week_start)
    assert f"{first:%A}".lower() == week_start
    assert first <= day < after == first + 7 * DAY


@given(days)
def test_months_quarters_and_years_are_those_of_the_calendar(day: date) -> None:
    for unit, key in (
        ("month", lambda day: (day.year, day.month)),
        ("quarter", lambda day: (day.year, (day.month + 2) // 3)),
        ("year", lambda day: day.year),
    ):
        first, after = time_ranges.unit_around(day, unit)
        assert key(first) == key(day) == key(after - DAY)
        assert key(first - DAY) != key(day) != key(after)


@given(days, st.integers(-300, 300))
def test_months_later_are_on_the_same_day_or_the_last_of_a_shorter_month(day: date, count: int) -> None:
    found = time_ranges.later(day, count, "month")
    assert (found.year * 12 + found.month) - (day.year * 12 + day.month) == count
    assert found.day == day.day or (found.day < day.day and (found + DAY).day == 1)


@pytest.mark.parametrize("unit", ["day", "week", "month", "year"])
@pytest.mark.parametrize("count", [-99_999_999, 99_999_999])
def test_the_calendar_ends(unit: str, count: int) -> None:
    with pytest.raises(OverflowError):
        time_ranges.later(date(2026, 1, 1), count, unit)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("America/Sao_Paulo", date(2018, 11, 4), 23),
        ("Australia/Lord_Howe", date(2026, 10, 4), 23.5),
        ("Pacific/Apia", date(2011, 12, 30), 0),
    ],
)
def test_a_day_has_its_true_length(zone: str, day: date, hours: float) -> None:
    tz = time_ranges.zone(zone)
    assert tz is not None
    start, end = time_ranges.day_edges(day, tz)
    assert end - start == timedelta(hours=hours)


def test_night_is_by_the_clock_of_the_place() -> None:
    kathmandu = time_ranges.zone("Asia/Kathmandu")
    assert kathmandu is not None
    assert time_ranges.is_night(datetime(2026, 1, 1, 16, 15, tzinfo=UTC), kathmandu)  # 22:00
    assert not time_ranges.is_night(datetime(2026, 1, 1, 0, 15, tzinfo=UTC), kathmandu)  # 06:00


def test_the_local_zone_is_an_iana_name() -> None:
    assert time_ranges.local_zone() == "Europe/Berlin"  # as the environment of the tests says


def test_a_zone_nobody_knows_is_none() -> None:
    for name in ("Mars/Olympus", "", "../etc/passwd", "\0"):
        assert time_ranges.zone(name) is None
