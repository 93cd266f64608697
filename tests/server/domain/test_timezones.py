"""IANA zones, their offsets and their days."""

import os
import re
import struct
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftlserver.domain import instants, time_formats, timezones
from ftlserver.errors import UnknownZoneError
from tests.helpers import at, instants_to_2100, zones


def test_every_zone_of_the_wheel_is_known() -> None:
    assert len(timezones.zone_names()) >= 597
    for name in timezones.zone_names():
        assert timezones.zone(name).key == name


@pytest.mark.parametrize(
    "name",
    ["Factory", "localtime", "posixrules", "right/UTC", "posix/UTC", "", ".", "..", "/etc/passwd", "zone.tab"]
    + ["GMT+5", "America", "../UTC", "europe/berlin", "a" * 10_000, "UTC\0", "\ud800"],
)
def test_what_is_not_an_iana_name_is_refused(name: str) -> None:
    with pytest.raises(UnknownZoneError):
        timezones.zone(name)


@pytest.mark.parametrize("name", ["US/Pacific", "Asia/Calcutta", "Europe/Kiev", "GB-Eire", "EST5EDT", "EST"])
def test_an_alias_is_kept_as_given(name: str) -> None:
    assert timezones.zone(name).key == name


# The nastiest zones: each line is an instant and what a clock there showed.
@pytest.mark.parametrize(
    ("zone", "instant", "shown"),
    [
        ("Australia/Lord_Howe", "2026-04-04T14:45:00Z", "2026-04-05T01:45:00+11:00"),
        ("Australia/Lord_Howe", "2026-04-04T15:15:00Z", "2026-04-05T01:45:00+10:30"),
        ("Pacific/Apia", "2011-12-30T09:59:00Z", "2011-12-29T23:59:00-10:00"),
        ("Pacific/Apia", "2011-12-30T10:01:00Z", "2011-12-31T00:01:00+14:00"),
        ("Africa/Casablanca", "2026-10-15T12:00:00Z", "2026-10-15T12:00:00+00:00"),
        ("Africa/Casablanca", "2026-11-23T12:00:00Z", "2026-11-23T12:00:00+00:00"),
        ("America/Vancouver", "2026-11-23T12:00:00Z", "2026-11-23T05:00:00-07:00"),
        ("America/Edmonton", "2026-11-23T12:00:00Z", "2026-11-23T06:00:00-06:00"),
        ("Europe/Dublin", "2026-01-15T12:00:00Z", "2026-01-15T12:00:00+00:00"),
        ("America/Sao_Paulo", "2018-11-04T02:59:00Z", "2018-11-03T23:59:00-03:00"),
        ("America/Sao_Paulo", "2018-11-04T03:00:00Z", "2018-11-04T01:00:00-02:00"),
        ("Africa/Cairo", "2026-04-23T21:59:00Z", "2026-04-23T23:59:00+02:00"),
        ("Africa/Cairo", "2026-04-23T22:00:00Z", "2026-04-24T01:00:00+03:00"),
        ("Asia/Kathmandu", "1985-12-31T12:00:00Z", "1985-12-31T17:30:00+05:30"),
        ("Asia/Kathmandu", "2026-01-01T00:00:00Z", "2026-01-01T05:45:00+05:45"),
        ("Pacific/Chatham", "2026-01-01T00:00:00Z", "2026-01-01T13:45:00+13:45"),
        ("Pacific/Kiritimati", "2026-01-01T00:00:00Z", "2026-01-01T14:00:00+14:00"),
        ("Antarctica/Troll", "2026-07-15T12:00:00Z", "2026-07-15T14:00:00+02:00"),
        ("America/Nuuk", "2024-03-31T00:59:00Z", "2024-03-30T22:59:00-02:00"),
        ("America/Nuuk", "2024-03-31T01:01:00Z", "2024-03-31T00:01:00-01:00"),
        ("Antarctica/Casey", "2023-03-09T12:00:00Z", "2023-03-09T20:00:00+08:00"),
        ("America/Caracas", "2016-01-01T12:00:00Z", "2016-01-01T07:30:00-04:30"),
    ],
)
def test_a_nasty_zone_shows_the_right_wall_clock(zone: str, instant: str, shown: str) -> None:
    tz = timezones.zone(zone)
    assert time_formats.iso(at(instant), timezones.offset_at(at(instant), tz)) == shown
    assert time_formats.parse(shown, tz) == (at(instant), timezones.offset_at(at(instant), tz))


@given(instants_to_2100, zones)
def test_offset_equals_the_one_that_datetime_finds(instant: int, tz: ZoneInfo) -> None:
    moment = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=instant)).astimezone(tz)
    assert timedelta(seconds=timezones.offset_at(instant, tz)) == moment.utcoffset()
    assert instants.wall_clock(instant, timezones.offset_at(instant, tz)) == moment.replace(tzinfo=None)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("Australia/Lord_Howe", date(2026, 10, 4), 23.5),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("America/Sao_Paulo", date(2018, 11, 4), 23),
        ("Pacific/Apia", date(2011, 12, 30), 0),
        ("Pacific/Apia", date(2011, 12, 31), 24),
        ("Asia/Kathmandu", date(2026, 1, 1), 24),
    ],
)
def test_a_day_runs_from_its_first_instant_to_the_next_days(zone: str, day: date, hours: float) -> None:
    tz = timezones.zone(zone)
    length = timezones.day_start(day + timedelta(days=1), tz) - timezones.day_start(day, tz)
    assert length == hours * instants.HOUR


def test_zone_data_come_from_the_wheel_and_are_recent() -> None:
    assert timezones.TZDATA_VERSION >= "2026c"


def test_the_zone_data_of_the_system_are_not_used(tmp_path: Path) -> None:
    for name, old in (("Africa/Casablanca", "Etc/GMT-1"), ("America/Vancouver", "Etc/GMT+8")):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(resources.files("tzdata.zoneinfo").joinpath(old).read_bytes())
    program = (
        "from zoneinfo import ZoneInfo; from datetime import datetime; before = ZoneInfo('America/Vancouver')\n"
        "from ftlserver.domain import timezones\n"
        "shown = [timezones.zone('Africa/Casablanca'), before]\n"
        "print(*(datetime(2026, 11, 23, tzinfo=tz).utcoffset() for tz in shown))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONTZPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "0:00:00 -1 day, 16:00:00\n"  # the second was read before, from the old file


@pytest.mark.parametrize("name", ["America/Recife", "America/Boa_Vista", "Asia/Gaza", "Africa/Casablanca", "UTC"])
def test_offset_intervals_end_where_the_offset_changes(name: str) -> None:
    tz = timezones.zone(name)
    start, end = at("1999-01-01T00:00:00Z"), at("2041-01-01T00:00:00Z")
    offsets = [(hour, timezones.offset_at(hour, tz)) for hour in range(start, end, 12 * instants.HOUR)]
    changed = [pair for before, pair in pairwise(offsets) if before[1] != pair[1]]
    found = timezones.offset_intervals(start, end, tz)
    assert [offset for _, _, offset in found] == [
        timezones.offset_at(start, tz),
        *(offset for _, offset in changed),
    ]
    for (_, before_end, before), (after_start, _, after) in pairwise(found):
        assert before_end == after_start
        assert timezones.offset_at(after_start - 1, tz) == before
        assert timezones.offset_at(after_start, tz) == after
    assert (found[0][0], found[-1][1]) == (start, end)


@given(zones, instants_to_2100, st.integers(1, 400 * 24))
def test_offset_intervals_agree_with_the_offset_at_every_instant(tz: ZoneInfo, start: int, hours: int) -> None:
    end = start + hours * instants.HOUR
    found = timezones.offset_intervals(start, end, tz)
    assert (found[0][0], found[-1][1]) == (start, end)
    for since, until, offset in found:
        for instant in (since, (since + until) // 2, until - 1):
            assert timezones.offset_at(instant, tz) == offset


def changes(name: str) -> tuple[list[tuple[int, int]], str]:
    """Return the offsets of a zone with the second each begins at, and its rule for later times, from its file."""
    data = resources.files("tzdata.zoneinfo").joinpath(name).read_bytes()
    utc, standard, leap, times, types, letters = struct.unpack(">6l", data[20:44])
    second = 44 + times * 5 + types * 6 + letters + leap * 8 + standard + utc  # the block with 64-bit times
    utc, standard, leap, times, types, letters = struct.unpack(">6l", data[second + 20 : second + 44])
    at = second + 44
    begins = struct.unpack(f">{times}q", data[at : at + times * 8])
    which = data[at + times * 8 : at + times * 9]
    at += times * 9
    offsets = [struct.unpack(">l", data[at + n * 6 : at + n * 6 + 4])[0] for n in range(types)]
    found = [(-(2**62), offsets[0]), *zip(begins, (offsets[number] for number in which), strict=True)]
    return found, data[at + types * 6 + letters + leap * 12 + standard + utc :].decode().strip()


def test_every_offset_is_a_whole_minute_since_the_last_one_that_was_not() -> None:
    since = time_formats.WHOLE_MINUTES_SINCE // instants.SECOND
    last = {}
    for name in timezones.zone_names():
        found, rule = changes(name)
        shown = timezones.offset_at(since * instants.SECOND, timezones.zone(name))
        assert shown == [offset for at, offset in found if at <= since][-1]
        ends = [at for at, _ in found[1:]] + [2**62]
        odd = [end for (_, offset), end in zip(found, ends, strict=True) if offset % 60]
        assert not [end for end in odd if end > since], name
        last[name] = max(odd, default=0)
        assert not re.search(r":\d\d:", rule), name
    assert max(last.values()) == last["Africa/Monrovia"] == since
    monrovia = timezones.zone("Africa/Monrovia")
    assert timezones.offset_at((since - 1) * instants.SECOND, monrovia) == -2670
    assert timezones.offset_at(since * instants.SECOND, monrovia) == 0
