"""Named ranges, days, nights."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftlclient import time_ranges

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("name", "today", "first", "after"),
    [
        ("today", date(2026, 11, 23), date(2026, 11, 23), date(2026, 11, 24)),
        ("yesterday", date(2026, 3, 1), date(2026, 2, 28), date(2026, 3, 1)),
        ("week", date(2026, 11, 29), date(2026, 11, 23), date(2026, 11, 30)),
        ("week", date(2026, 11, 23), date(2026, 11, 23), date(2026, 11, 30)),
        ("last-week", date(2026, 1, 1), date(2025, 12, 22), date(2025, 12, 29)),
        ("month", date(2026, 12, 31), date(2026, 12, 1), date(2027, 1, 1)),
        ("month", date(2026, 2, 1), date(2026, 2, 1), date(2026, 3, 1)),
        ("last-month", date(2026, 1, 15), date(2025, 12, 1), date(2026, 1, 1)),
        ("last-30-days", date(2026, 11, 23), date(2026, 10, 25), date(2026, 11, 24)),
    ],
)
def test_a_named_range_is_whole_days(name: str, today: date, first: date, after: date) -> None:
    assert time_ranges.range_of(name, today) == (first, after)


@given(st.sampled_from(time_ranges.RANGES), st.dates(date(1971, 1, 1), date(2100, 1, 1)))
def test_every_range_has_days(name: str, today: date) -> None:
    first, after = time_ranges.range_of(name, today)
    assert timedelta(days=1) <= after - first <= timedelta(days=31)


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
