"""When too few members were active, and how they handed over."""

from array import array
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from webtest import TestApp

from ftlcommon import weekly_pattern
from ftlserver.domain import instants, intervals, timezones
from ftlserver.domain.user import User
from ftlserver.questions import coverage
from ftlserver.questions.coverage import Coverage
from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests.helpers import ABOUT_BOTH, EGON, ask, at, put, refused

MINUTES = 3 * 24 * 60
MINUTE = instants.MINUTE
ZONES = ["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/Los_Angeles"]
# Some days before and after the clocks go back in Berlin and in Los Angeles, and forward in Berlin.
STARTS = [at(f"{day}T22:00:00Z") for day in ("2026-10-23", "2026-10-30", "2026-03-27")]
PATTERNS = [None, "Sat-Sun", "Mon-Sun 22:00-06:00", "Fri 18:30-Mon 08:00, Tue 12:00-12:45", "Mon-Sun"]
groups = st.lists(
    st.lists(st.tuples(st.integers(0, MINUTES - 1), st.integers(1, 1500)), max_size=6), min_size=1, max_size=4
)


def is_quiet(instant: int, tz: str, pattern: str | None) -> bool:
    """Tell whether a clock showed one of the hours of a pattern, the plain way."""
    wall = instants.wall_clock(instant, timezones.offset_at(instant, timezones.zone(tz)))
    minute = (wall.weekday() * 24 + wall.hour) * 60 + wall.minute
    return pattern is not None and any(a <= minute < b for a, b in weekly_pattern.parse(pattern))


def gap_around(minute: int, active: list[set[int]], most: int) -> tuple[list[str], list[str]]:
    """Return who left before the gap that contains a minute, and who came after it, minute by minute."""

    def is_gap(minute: int) -> bool:
        return 0 <= minute < MINUTES and sum(minute in found for found in active) <= most

    first = last = minute
    while is_gap(first - 1):
        first -= 1
    while is_gap(last + 1):
        last += 1
    left = [f"u{n}" for n, found in enumerate(active) if first and first - 1 in found and first not in found]
    came = [f"u{n}" for n, found in enumerate(active) if last + 1 in found and last not in found]
    return left, came


@pytest.mark.slow
@settings(max_examples=60)
@given(
    team=groups,
    begin=st.sampled_from(STARTS),
    tz=st.sampled_from(ZONES),
    pattern=st.sampled_from(PATTERNS),
    most=st.integers(0, 3),
)
def test_a_coverage_agrees_with_an_oracle_that_looks_at_every_minute(
    team: list[list[tuple[int, int]]], begin: int, tz: str, pattern: str | None, most: int
) -> None:
    most = min(most, len(team) - 1)
    merged = [intervals.merge((a, min(a + length, MINUTES)) for a, length in pairs) for pairs in team]
    active = [{minute for a, b in pairs for minute in range(a, b)} for pairs in merged]
    users = [User(f"u{number}", "U", "UTC") for number in range(len(team))]
    packed = [array("q", (begin + edge * MINUTE for pair in pairs for edge in pair)) for pairs in merged]
    window = begin, begin + MINUTES * MINUTE
    quiet = weekly_pattern.parse(pattern) if pattern else []
    found = Coverage(users, packed, window, most=most, quiet=quiet, tz=timezones.zone(tz))

    counted = [minute for minute in range(MINUTES) if not is_quiet(begin + minute * MINUTE, tz, pattern)]
    gaps = {minute for minute in counted if sum(minute in minutes for minutes in active) <= most}
    shown = {}
    for gap in found.gaps("iso"):
        start, end = ((at(gap[key]) - begin) // MINUTE for key in ("start_time", "end_time"))
        assert gap["seconds"] == 60 * (end - start)
        for minute in range(start, end):
            assert minute not in shown
            shown[minute] = gap["left_last"], gap["came_first"]
    assert shown.keys() == gaps
    for minute in list(gaps)[:: max(1, len(gaps) // 20)]:
        assert shown[minute] == gap_around(minute, active, most)

    totals = found.totals()
    assert totals["counted_seconds"] == 60 * len(counted)
    assert totals["covered_seconds"] == 60 * (len(counted) - len(gaps))
    assert totals["share"] == (round((len(counted) - len(gaps)) / len(counted), 4) if counted else None)
    assert totals["share_24h"] == round((len(counted) - len(gaps)) / MINUTES, 4)
    hours: dict[int, list[int]] = {}
    for minute in counted:
        instant = begin + minute * MINUTE
        wall = instants.wall_clock(instant, timezones.offset_at(instant, timezones.zone(tz)))
        hours.setdefault(wall.weekday() * 24 + wall.hour, []).append(minute not in gaps)
    expected = [sum(hours[hour]) / len(hours[hour]) if hour in hours else None for hour in range(168)]
    assert totals["hours"] == pytest.approx(expected, abs=6e-5)

    pairs = {}
    for (left, of_left), (stays, of_stays) in permutations(enumerate(merged), 2):
        lengths = [b - c for a, b in of_left for c, d in of_stays if a < c <= b < d]
        if lengths:
            pairs[f"u{left}", f"u{stays}"] = len(lengths), 60 * sum(lengths)
    assert {(p["from"], p["to"]): (p["count"], p["seconds"]) for p in found.hand_overs()} == pairs


@pytest.fixture
def three(storage: Storage) -> TestApp:
    """Return an application about a day on which b takes over from a, and c comes after a gap."""
    for name, start, end in (("a", "06:00", "12:00"), ("b", "11:00", "18:00"), ("c", "20:00", "22:00")):
        put(storage, User(name, name, "UTC"), (f"2026-01-05T{start}Z", f"2026-01-05T{end}Z"))
    return TestApp(create_app(storage))


DAY: dict[str, Any] = {"id_list": ["a", "b", "c"], "from": "2026-01-05", "to": "2026-01-06"}


def test_gaps_name_who_left_and_who_came(three: TestApp) -> None:
    answer = ask(three, "coverage", **DAY)
    gaps = [
        (gap["start_time"][11:16], gap["seconds"], gap["left_last"], gap["came_first"]) for gap in answer["gaps"]
    ]
    assert gaps == [
        ("00:00", 6 * 3600, [], ["a"]),
        ("18:00", 2 * 3600, ["b"], ["c"]),
        ("22:00", 2 * 3600, ["c"], []),
    ]
    assert (answer["tz"], answer["max_members"], answer["quiet"]) == ("UTC", 0, None)
    assert (answer["share"], answer["share_24h"], answer["counted_seconds"]) == (0.5833, 0.5833, 86_400)
    assert answer["hand_overs"] == [{"from": "a", "to": "b", "count": 1, "seconds": 3600}]
    assert answer["hours"][6:8] == [1, 1]
    assert answer["hours"][24:26] == [None, None]  # the window has no Tuesday


def test_gaps_in_quiet_hours_do_not_count(three: TestApp) -> None:
    answer = ask(three, "coverage", **DAY, quiet="Mon-Sun 21:00-07:00", tz="Europe/Berlin")
    assert [(gap["start_time"], gap["end_time"]) for gap in answer["gaps"]] == [
        ("2026-01-05T19:00:00+01:00", "2026-01-05T21:00:00+01:00")
    ]
    assert (answer["share"], answer["share_24h"]) == (round(12 / 14, 4), 0.5)
    answer = ask(three, "coverage", **DAY, quiet="Mon-Sun", tz="Asia/Tokyo")
    assert (answer["gaps"], answer["share"], answer["counted_seconds"]) == ([], None, 0)


def test_a_gap_may_have_some_members(three: TestApp) -> None:
    answer = ask(three, "coverage", **DAY, max_members=1)
    assert answer["covered_seconds"] == 3600
    assert [gap["left_last"] for gap in answer["gaps"]] == [[], ["a"]]
    assert refused(three, "coverage", **DAY, max_members=3) == (400, "invalid_argument", "/max_members")
    assert refused(three, "coverage", id_list=["absent"], max_members=1)[2] == "/max_members"


def test_a_coverage_begins_with_the_first_activity_and_ends_now(three: TestApp) -> None:
    answer = ask(three, "coverage", all=True)
    assert (answer["window"]["from"], answer["gaps"][0]["start_time"]) == (None, "2026-01-05T18:00:00+00:00")
    future = ask(three, "coverage", all=True, **{"from": "2026-01-05", "to": "2100-01-01"})
    assert future["gaps"][-1]["end_time"] < "2090"


def test_a_coverage_of_no_one_has_no_gaps(app: TestApp) -> None:
    answer = ask(app, "coverage", id_list=["absent"])
    assert (answer["members"], answer["gaps"], answer["share"]) == ([], [], None)
    answer = ask(app, "coverage", **ABOUT_BOTH, **{"from": "2026-01-01", "to": "2026-01-02"})
    assert (len(answer["gaps"]), answer["share"]) == (1, 0)


@pytest.mark.parametrize("quiet", ["", "noon", "Mon 25:00-26:00", "Mon-Fri 09:00", "x" * 501])
def test_hours_that_cannot_be_read_are_refused(app: TestApp, quiet: str) -> None:
    assert refused(app, "coverage", id_list=[EGON.id], quiet=quiet) == (400, "invalid_argument", "/quiet")


def test_only_the_pairs_with_most_hand_overs_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = [array("q", [number, 10 + number]) for number in range(5)]
    users = [User(f"u{number}", "U", "UTC") for number in range(5)]
    monkeypatch.setattr(coverage, "MOST_PAIRS", 3)
    found = Coverage(users, packed, (0, 20), most=0, quiet=[], tz=timezones.zone("UTC"))
    assert [(pair["from"], pair["to"]) for pair in found.hand_overs()] == [
        ("u0", "u1"),
        ("u0", "u2"),
        ("u0", "u3"),
    ]
