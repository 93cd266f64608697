"""Weeks, months, quarters and years around a day, and days that are so many of them later."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftlcommon.calendar_days import later, unit_around

DAY = timedelta(days=1)
days = st.dates(date(1971, 1, 1), date(2100, 1, 1))


@given(days, st.sampled_from(["monday", "sunday"]))
def test_a_week_is_the_seven_days_around(day: date, week_start: str) -> None:
    first, after = unit_around(day, "week", week_start)
    assert f"{first:%A}".lower() == week_start
    assert first <= day < after == first + 7 * DAY


@given(days)
def test_months_quarters_and_years_are_those_of_the_calendar(day: date) -> None:
    for unit, key in (
        ("month", lambda day: (day.year, day.month)),
        ("quarter", lambda day: (day.year, (day.month + 2) // 3)),
        ("year", lambda day: day.year),
    ):
        first, after = unit_around(day, unit)
        assert key(first) == key(day) == key(after - DAY)
        assert key(first - DAY) != key(day) != key(after)


@given(days, st.integers(-300, 300))
def test_months_later_are_on_the_same_day_or_the_last_of_a_shorter_month(day: date, count: int) -> None:
    found = later(day, count, "month")
    assert (found.year * 12 + found.month) - (day.year * 12 + day.month) == count
    assert found.day == day.day or (found.day < day.day and (found + DAY).day == 1)


@pytest.mark.parametrize("unit", ["day", "week", "month", "year"])
@pytest.mark.parametrize("count", [-99_999_999, 99_999_999])
def test_the_calendar_ends(unit: str, count: int) -> None:
    with pytest.raises(OverflowError):
        later(date(2026, 1, 1), count, unit)
