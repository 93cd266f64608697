"""Days and hours of the week on the wall clock, against an oracle that goes minute by minute."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftlserver.domain import days_and_hours, instants, timezones
from tests.helpers import at as instant

minutes = st.integers(60 * 24, 60 * 24 * 40)
offsets = st.sampled_from([0, 3_600, -12_600, 20_700, -86_340])

pieces = st.lists(
    st.tuples(minutes, st.integers(1, 90) | st.integers(1, 60 * 24 * 24), offsets).map(
        lambda piece: (piece[0] * instants.MINUTE, (piece[0] + piece[1]) * instants.MINUTE, piece[2])
    ),
    max_size=4,
)


@pytest.mark.slow
@given(pieces)
def test_each_minute_belongs_to_the_hour_of_the_week_that_the_clock_showed(
    pieces: list[days_and_hours.Piece],
) -> None:
    expected = [0] * days_and_hours.HOURS_OF_WEEK
    for start, end, offset in pieces:
        for at in range(start, end, instants.MINUTE):
            shown = instants.wall_clock(at, offset)
            expected[shown.weekday() * 24 + shown.hour] += instants.MINUTE
    assert days_and_hours.hours_of_week(pieces) == expected


@pytest.mark.slow
@given(pieces)
def test_each_minute_belongs_to_the_day_that_the_clock_showed(pieces: list[days_and_hours.Piece]) -> None:
    expected: dict[int, int] = {}
    for start, end, offset in pieces:
        for at in range(start, end, instants.MINUTE):
            shown = instants.wall_clock(at, offset)
            day = days_and_hours.day_number(shown.date())
            expected[day] = expected.get(day, 0) + instants.MINUTE
    found: dict[int, int] = {}
    for day, (start, end, _) in days_and_hours.by_day(pieces):
        assert start < end
        found[day] = found.get(day, 0) + end - start
    assert found == expected


def test_a_period_that_ends_when_the_clock_changes_is_not_cut_before() -> None:
    berlin = timezones.zone("Europe/Berlin")
    start, change = instant("2026-10-24T00:00:00Z"), instant("2026-10-25T01:00:00Z")
    span = (start, change, 7_200, 3_600)
    assert list(days_and_hours.recorded([span], (start, change), berlin)) == [(start, change, 7_200)]
    night = instant("2026-10-24T23:00:00Z")
    assert list(days_and_hours.recorded([span], (start, night), berlin)) == [(start, night, 7_200)]
