"""Sample data: valid, plausible, repeatable."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftlserver.commands import sample_data
from ftlserver.domain import instants, timezones
from ftlserver.domain.period import ActivityPeriod
from ftlserver.domain.user import User
from ftlserver.errors import InvalidPeriodError, InvalidValueError
from tests.helpers import EGON, at

NOW = at("2026-11-23T22:00:00Z")
users = st.sampled_from(sorted(timezones.zone_names())).map(lambda tz: User("u", "U", tz))


def overlap(periods: list[ActivityPeriod]) -> bool:
    ordered = sorted(periods)
    return any(before.ended_at > after.started_at for before, after in pairwise(ordered))


def test_users_have_ids_of_twelve_letters_and_digits_and_are_the_same_for_a_seed() -> None:
    users = sample_data.make_users(50, seed=7)
    assert users == sample_data.make_users(50, seed=7)
    assert users != sample_data.make_users(50, seed=8)
    assert all(len(user.id) == 12 and user.id.isalnum() and user.id.isascii() for user in users)
    assert len({user.real_name for user in users}) > 40


def test_without_a_seed_users_differ() -> None:
    assert sample_data.make_users(1) != sample_data.make_users(1)


@settings(max_examples=50)
@given(users, st.integers(at("1972-01-01T00:00:00Z"), NOW), st.integers(1, 400))
def test_hourly_periods_lie_a_day_apart_and_never_overlap(user: User, now: int, total: int) -> None:
    periods = sample_data.hourly(user, total, now)
    assert len(periods) == total
    assert periods[0].started_at == now
    assert all(period.ended_at - period.started_at == instants.HOUR for period in periods)
    assert all(period.started_at <= now for period in periods)
    assert not overlap(periods)
    assert len({instants.wall_clock(period.started_at, period.start_offset).date() for period in periods}) == total


def test_hourly_periods_keep_the_wall_clock_over_a_dst_change() -> None:
    now = at("2026-11-03T20:00:00Z")
    shown = [period.to_json("iso")["start_time"] for period in sample_data.hourly(EGON, 4, now)]
    assert shown == [
        "2026-11-03T12:00:00-08:00",
        "2026-11-02T12:00:00-08:00",
        "2026-11-01T12:00:00-08:00",
        "2026-10-31T12:00:00-07:00",
    ]


def test_hourly_periods_omit_a_day_that_the_zone_skipped() -> None:
    apia = User("u", "U", "Pacific/Apia")
    shown = [
        period.to_json("iso")["start_time"] for period in sample_data.hourly(apia, 3, at("2011-12-31T20:00:00Z"))
    ]
    assert shown == ["2012-01-01T10:00:00+14:00", "2011-12-31T10:00:00+14:00", "2011-12-29T10:00:00-10:00"]


def test_hourly_periods_before_1970_are_refused() -> None:
    with pytest.raises(InvalidPeriodError):
        sample_data.hourly(EGON, 30_000, NOW)


@settings(max_examples=50)
@given(
    users,
    st.integers(1, 60),
    st.integers(1, 60),
    st.integers(),
    st.integers(NOW - 400 * 24 * instants.HOUR, NOW),
)
def test_working_days_hold_exactly_the_total_before_now_without_overlap(
    user: User, total: int, days: int, seed: int, now: int
) -> None:
    try:
        periods = sample_data.working_days(user, total, days, now, seed)
    except InvalidValueError:
        assert days < 3  # just after midnight nothing fits
        return
    assert len(periods) == total
    assert not overlap(periods)
    assert max(period.ended_at for period in periods) <= now
    first_day = timezones.date_at(now, timezones.zone(user.tz)).toordinal() - days + 1
    assert all(timezones.date_at(p.started_at, timezones.zone(user.tz)).toordinal() >= first_day for p in periods)
    assert periods == sample_data.working_days(user, total, days, now, seed)


def test_working_days_are_mostly_weekdays_and_daytime() -> None:
    periods = sample_data.working_days(EGON, 200, 60, NOW, seed=1)
    starts = [instants.wall_clock(period.started_at, period.start_offset) for period in periods]
    assert sum(5 <= start.hour <= 20 for start in starts) / len(starts) > 0.95
    assert sum(start.weekday() < 5 for start in starts) / len(starts) > 0.85


def test_more_periods_than_fit_are_refused() -> None:
    with pytest.raises(InvalidValueError, match="do not fit"):
        sample_data.working_days(EGON, 10_000, 1, NOW, seed=1)


def test_the_demo_team_is_the_assignments_two_and_eight_colleagues() -> None:
    team = sample_data.demo_team(NOW)
    assert [user.id for user, _ in team[:2]] == ["W012A3CDE", "W07QCRPA4"]
    assert len(team) == 10
    zones = {user.tz for user, _ in team}
    assert {"Pacific/Honolulu", "Pacific/Auckland", "Asia/Kathmandu", "Australia/Adelaide"} <= zones
    for _, periods in team[2:]:
        assert not overlap(periods)
        assert max(p.ended_at for p in periods) - min(p.started_at for p in periods) > 50 * 24 * instants.HOUR
