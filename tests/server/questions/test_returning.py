"""When a member is usually back, against an oracle that looks at every minute."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftlserver.domain import instants, timezones
from ftlserver.domain.instants import DAY, MINUTE
from ftlserver.domain.user import User
from ftlserver.questions.habits import Habit
from ftlserver.questions.returning import usually_back
from tests.helpers import at, instants_to_2100, zones


def habit(tz: str, hours: set[int], share: float = 1.0, days: int = 5) -> Habit:
    return Habit(User("a", "A", tz), [share if hour in hours else 0.0 for hour in range(168)], days)


def oracle(one: Habit, start: int) -> int | None:
    for instant in [start, *range(start // MINUTE * MINUTE + MINUTE, start + 14 * DAY, MINUTE)]:
        wall = instants.wall_clock(instant, timezones.offset_at(instant, one.user.zone))
        if one.shares[wall.weekday() * 24 + wall.hour]:
            return instant
    return None


@settings(max_examples=25)
@given(zones, st.sets(st.integers(0, 167), max_size=5), instants_to_2100)
def test_it_is_the_first_minute_in_a_usual_hour(zone: timezones.Zone, hours: set[int], start: int) -> None:
    start = start // MINUTE * MINUTE
    one = habit(zone.key, hours)
    expected = oracle(one, start)
    found = usually_back(one, start)
    if timezones.offset_at(start, one.user.zone) % 60 == 0:
        assert found == expected


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("2026-11-25T08:59:59Z", "2026-11-25T09:00:00Z"),
        ("2026-11-25T09:00:00Z", "2026-11-25T09:00:00Z"),
        ("2026-11-25T09:59:59Z", "2026-11-25T09:59:59Z"),
        ("2026-11-25T10:00:00Z", "2026-11-26T09:00:00Z"),
        ("2026-11-28T12:00:00Z", "2026-11-30T09:00:00Z"),  # a Saturday
    ],
)
def test_a_member_of_workdays_at_nine(start: str, expected: str) -> None:
    one = habit("UTC", {day * 24 + 9 for day in range(5)})
    assert usually_back(one, at(start)) == at(expected)


def test_who_is_seldom_active_is_compared_with_their_own_busiest_hours() -> None:
    shares = [0.05 if 9 <= hour % 24 < 12 else 0.01 for hour in range(168)]
    one = Habit(User("a", "A", "UTC"), shares, 5)
    assert usually_back(one, at("2026-11-25T12:00:00Z")) == at("2026-11-26T09:00:00Z")


def test_nothing_is_said_without_history() -> None:
    assert usually_back(habit("UTC", {9}, days=4), at("2026-11-25T12:00:00Z")) is None
    assert usually_back(habit("UTC", set()), at("2026-11-25T12:00:00Z")) is None
