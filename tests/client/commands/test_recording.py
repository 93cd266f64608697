"""The member's clock, and the two times of a period."""

# ruff: noqa: DTZ001 - wall clocks

from datetime import datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftlclient.commands._recording import MemberClock, read_end
from ftlclient.errors import ConfigError
from ftlcommon import zones
from ftlserver.domain import instants, timezones

ZONES = ["Europe/Berlin", "America/Los_Angeles", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu", "UTC"]


def clock_in(zone: str) -> MemberClock:
    tz = zones.zone(zone)
    assert tz is not None
    return MemberClock("ann", tz)


@given(st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1)), st.times())
def test_a_bare_end_is_the_first_such_time_of_day_from_the_start_on(start: datetime, clock: time) -> None:
    clock = clock.replace(microsecond=0)
    now = clock_in("Europe/Berlin").now()
    end = read_end(f"{clock:%H:%M:%S}", start, now)
    assert end.time() == clock
    assert timedelta() <= end - start < timedelta(days=1)


@given(st.sampled_from(ZONES), st.sampled_from([3, 4, 9, 10, 11, 12]), st.integers(1, 31), st.integers(0, 95))
def test_a_time_on_the_clock_is_one_instant_or_refused_with_two(
    zone: str, month: int, day: int, quarter: int
) -> None:
    wall = datetime(2011, month, min(day, 30), quarter // 4, quarter % 4 * 15)
    found = timezones.instants_of(wall, timezones.zone(zone))
    try:
        instant = clock_in(zone).only_instant(wall)
    except ConfigError as error:
        assert len(found) != 1
        assert ("occurs twice" in str(error)) == (len(found) == 2)
    else:
        assert found == [round(instant.timestamp() * instants.SECOND)]


def test_a_clock_change_is_met_by_the_property_above() -> None:
    for wall in (datetime(2011, 3, 27, 2, 30), datetime(2011, 10, 30, 2, 30)):
        with pytest.raises(ConfigError, match="in Europe/Berlin; write 2011-.* or 2011-"):
            clock_in("Europe/Berlin").only_instant(wall)
