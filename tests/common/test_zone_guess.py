"""Which zone explains the clocks that were seen."""

import itertools
import zoneinfo
from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftlcommon.zone_guess import PREFERRED, candidates
from ftlcommon.zone_guess import ZoneGuess as ZoneGuess

Clock = tuple[int, int]

FIRST, LAST = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (2014, 2021))


@pytest.fixture(scope="module")
def zones() -> ZoneGuess:
    return ZoneGuess(FIRST, LAST)


zone = cache(ZoneInfo)  # which forgets most zones at once


def offset(name: str, at: int) -> int:
    shown = datetime.fromtimestamp(at, zone(name)).utcoffset()
    assert shown is not None
    return int(shown.total_seconds())


def shown_in(name: str, *days: str) -> list[Clock]:
    instants = [int(datetime.fromisoformat(day + "T12:00Z").timestamp()) for day in days]
    return [(at, offset(name, at)) for at in instants]


def oracle(clocks: list[Clock]) -> str:
    """Look at every clock in every zone."""
    right = {name: sum(offset(name, at) == shown for at, shown in clocks) for name in candidates()}
    best = max(right.values())
    return next(name for name in candidates() if right[name] == best) if best else "UTC"


# On some of these days, and within seconds of a change of clocks, zones differ.
CHANGES = [int(datetime.fromisoformat(text).timestamp()) for text in ("2017-03-26T01:00Z", "2018-11-04T06:00Z")]
instants = st.integers(FIRST, LAST) | st.builds(int.__add__, st.sampled_from(CHANGES), st.integers(-2, 2))


@pytest.mark.slow
@given(
    st.sampled_from(candidates()),
    st.lists(instants, max_size=12),
    st.lists(st.tuples(instants, st.sampled_from([0, 3600, -18000, 19800, 20700, 1020])), max_size=4),
)
def test_the_best_zone_is_the_one_that_looking_everywhere_finds(
    zones: ZoneGuess, name: str, home: list[int], away: list[Clock]
) -> None:
    clocks = [(at, offset(name, at)) for at in home] + away
    assert zones.best(clocks) == oracle(clocks)


def test_every_change_of_clocks_is_seen_to_the_second(zones: ZoneGuess) -> None:
    for name in (
        "Africa/Casablanca",
        "America/Sao_Paulo",
        "Antarctica/Troll",
        "Asia/Pyongyang",
        "Europe/Istanbul",
    ):
        found = zones._offsets[name]
        for (since, before), (change, after) in itertools.pairwise(found):
            assert since < change
            assert (offset(name, change - 1), offset(name, change)) == (before, after)


@pytest.mark.parametrize(
    ("name", "days", "expected"),
    [
        ("Europe/London", ["2020-01-05"], "Europe/London"),
        ("UTC", ["2020-01-05", "2020-07-05"], "UTC"),
        ("Europe/Paris", ["2020-01-05"], "Europe/Berlin"),
        ("Europe/Vilnius", ["2020-01-05", "2020-07-05"], "Europe/Kyiv"),
        ("America/New_York", ["2020-01-05", "2020-07-05"], "America/New_York"),
        ("Asia/Kathmandu", ["2020-01-05"], "Asia/Kathmandu"),
        ("Asia/Calcutta", ["2020-01-05"], "Asia/Kolkata"),
        ("America/Phoenix", ["2020-01-05", "2020-07-05"], "America/Phoenix"),
    ],
)
def test_of_zones_that_explain_as_much_the_likelier_is_taken(
    zones: ZoneGuess, name: str, days: list[str], expected: str
) -> None:
    assert zones.best(shown_in(name, *days)) == expected


def test_home_is_where_most_clocks_were(zones: ZoneGuess) -> None:
    home = shown_in("Asia/Kolkata", "2020-01-05", "2020-03-05", "2020-07-05")
    assert zones.best(home + shown_in("Europe/Berlin", "2020-04-01", "2020-04-02")) == "Asia/Kolkata"


def test_clocks_that_no_zone_explains_are_in_utc(zones: ZoneGuess) -> None:
    assert zones.best([(FIRST, 1020)]) == "UTC"
    assert zones.best([]) == "UTC"
    assert zones.best([(252 * 10**9, 3600)]) == "UTC"


def test_candidates_are_names_that_there_are() -> None:
    assert len(set(candidates())) == len(candidates())
    assert set(candidates()) <= zoneinfo.available_timezones()
    assert candidates()[: len(PREFERRED)] == PREFERRED
