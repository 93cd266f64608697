"""Which zone explains the clocks that were seen."""

import itertools
import zoneinfo
from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftlcommon.zone_guess import CLEARLY, POPULOUS, Guess, candidates
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


def oracle(clocks: list[Clock]) -> Guess:
    """Look at every clock in every zone."""
    right = {name: sum(offset(name, at) == shown for at, shown in clocks) for name in candidates()}
    most = max(right[name] for name in POPULOUS)
    best = max(right.values())
    if best > most + (max(1, CLEARLY * len(clocks)) if most else 0):
        name = next(name for name in candidates() if right[name] == best)
    else:
        name = next(name for name in POPULOUS if right[name] == most) if most else "UTC"
    return Guess(name, right[name] if best else 0, len(clocks))


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
        "Africa/Cairo",
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
        ("Africa/Nairobi", ["2020-01-05", "2020-07-05"], "Europe/Istanbul"),
        ("America/Lima", ["2020-01-05", "2020-07-05"], "America/Bogota"),
        ("Asia/Calcutta", ["2020-01-05"], "Asia/Kolkata"),
        ("America/Phoenix", ["2020-01-05", "2020-07-05"], "America/Phoenix"),
    ],
)
def test_of_zones_that_explain_as_much_the_likelier_is_taken(
    zones: ZoneGuess, name: str, days: list[str], expected: str
) -> None:
    assert zones.best(shown_in(name, *days)).zone == expected


SEASONS = [f"2017-{month:02}-{day:02}" for month in range(1, 13) for day in (2, 9, 16, 23)]
WINTER, SUMMER = SEASONS[:12], SEASONS[16:36]


def test_an_odd_zone_has_to_explain_clearly_more_than_one_where_many_live(zones: ZoneGuess) -> None:
    """A Viennese whose server shows UTC in winter, and a Brazilian who is seen in the north's summer."""
    vienna = shown_in("Europe/Vienna", *SUMMER, *WINTER[:4]) + shown_in("UTC", *WINTER[4:])
    assert zones.best(vienna).zone == "Europe/Berlin"
    assert zones.best(shown_in("America/Bahia", *SUMMER)).zone == "America/Sao_Paulo"
    assert zones.best(shown_in("America/Sao_Paulo", *SEASONS)).zone == "America/Sao_Paulo"
    away = shown_in("America/Sao_Paulo", *SEASONS[:-4]) + shown_in("America/Halifax", *SEASONS[-4:])
    assert zones.best(away).zone == "America/Sao_Paulo"
    assert zones.best(shown_in("America/Halifax", *SEASONS)).zone == "America/Halifax"
    assert zones.best(shown_in("America/St_Johns", "2020-01-05")).zone == "America/St_Johns"
    ramadan = shown_in("Africa/Casablanca", "2017-05-30", "2017-09-30")
    assert zones.best(ramadan).zone == "Europe/London"


def test_nobody_is_guessed_to_live_in_antarctica(zones: ZoneGuess) -> None:
    assert not any(name.startswith("Antarctica/") for name in candidates())
    assert zones.best(shown_in("Antarctica/Troll", *SEASONS)).zone in POPULOUS


def test_a_guess_says_how_much_it_explains(zones: ZoneGuess) -> None:
    found = zones.best(shown_in("Asia/Kolkata", *WINTER) + shown_in("Asia/Tokyo", *WINTER[:4]))
    assert found == Guess("Asia/Kolkata", 12, 16)
    assert found.share == 0.75
    assert zones.best([]).share == 1
    assert zones.best([(FIRST, 1020)]).share == 0


def test_home_is_where_most_clocks_were(zones: ZoneGuess) -> None:
    home = shown_in("Asia/Kolkata", "2020-01-05", "2020-03-05", "2020-07-05")
    assert zones.best(home + shown_in("Europe/Berlin", "2020-04-01", "2020-04-02")).zone == "Asia/Kolkata"


def test_clocks_that_no_zone_explains_are_in_utc(zones: ZoneGuess) -> None:
    for clocks in ([(FIRST, 1020)], [], [(252 * 10**9, 3600)]):
        assert zones.best(clocks).zone == "UTC"


def test_candidates_are_names_that_there_are() -> None:
    assert len(set(candidates())) == len(candidates())
    assert set(candidates()) <= zoneinfo.available_timezones()
    assert candidates()[: len(POPULOUS)] == POPULOUS
