"""Zones, days, nights."""

from datetime import UTC, date, datetime, timedelta

import pytest

from ftlcommon import zones


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
    tz = zones.zone(zone)
    assert tz is not None
    start, end = zones.day_edges(day, tz)
    assert end - start == timedelta(hours=hours)


def test_night_is_by_the_clock_of_the_place() -> None:
    kathmandu = zones.zone("Asia/Kathmandu")
    assert kathmandu is not None
    assert zones.is_night(datetime(2026, 1, 1, 16, 15, tzinfo=UTC), kathmandu)  # 22:00
    assert not zones.is_night(datetime(2026, 1, 1, 0, 15, tzinfo=UTC), kathmandu)  # 06:00


def test_a_zone_nobody_knows_is_none() -> None:
    for name in ("Mars/Olympus", "", "../etc/passwd", "\0"):
        assert zones.zone(name) is None
