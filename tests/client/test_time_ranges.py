"""Zones, days, nights."""

from datetime import UTC, date, datetime, timedelta

import pytest

from ftlclient import time_ranges


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


@pytest.mark.parametrize(
    "given", ["Bogus/Zone", "CET-1CEST,M3.5.0,M10.5.0/3", "../UTC", "/nonexistent", "\x1b[2J"]
)
def test_a_zone_of_the_environment_may_be_unknown(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    for text in (given, f":{given}"):
        monkeypatch.setenv("TZ", text)
        assert time_ranges.unknown_zone() == given
        assert time_ranges.zone(time_ranges.local_zone()) is not None


@pytest.mark.parametrize("given", ["", "Asia/Kolkata", ":Asia/Kolkata", "UTC", "/etc/localtime"])
def test_a_zone_of_the_environment_may_be_known_or_a_file(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("TZ", given)
    assert time_ranges.unknown_zone() is None


def test_a_zone_nobody_knows_is_none() -> None:
    for name in ("Mars/Olympus", "", "../etc/passwd", "\0"):
        assert time_ranges.zone(name) is None
