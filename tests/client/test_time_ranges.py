"""The zone of this machine."""

import pytest

from ftlclient import time_ranges
from ftlcommon import zones


def test_the_local_zone_is_an_iana_name() -> None:
    assert time_ranges.local_zone() == "Europe/Berlin"  # as the environment of the tests says


@pytest.mark.parametrize(
    "given", ["Bogus/Zone", "CET-1CEST,M3.5.0,M10.5.0/3", "../UTC", "/nonexistent", "\x1b[2J"]
)
def test_a_zone_of_the_environment_may_be_unknown(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    for text in (given, f":{given}"):
        monkeypatch.setenv("TZ", text)
        assert time_ranges.unknown_zone() == given
        assert zones.zone(time_ranges.local_zone()) is not None


@pytest.mark.parametrize("given", ["", "Asia/Kolkata", ":Asia/Kolkata", "UTC", "/etc/localtime"])
def test_a_zone_of_the_environment_may_be_known_or_a_file(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("TZ", given)
    assert time_ranges.unknown_zone() is None
