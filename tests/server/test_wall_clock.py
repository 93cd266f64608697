"""Time on the wall clock, against an oracle that goes minute by minute."""

from hypothesis import given
from hypothesis import strategies as st

from ftlserver import clock, wall_clock

minutes = st.integers(60 * 24, 60 * 24 * 40)
offsets = st.sampled_from([0, 3_600, -12_600, 20_700, -86_340])
pieces = st.lists(
    st.tuples(minutes, st.integers(1, 90) | st.integers(1, 60 * 24 * 24), offsets).map(
        lambda piece: (piece[0] * clock.MINUTE, (piece[0] + piece[1]) * clock.MINUTE, piece[2])
    ),
    max_size=4,
)


@given(pieces)
def test_each_minute_belongs_to_the_hour_of_the_week_that_the_clock_showed(pieces: list[wall_clock.Piece]) -> None:
    expected = [0] * wall_clock.HOURS_OF_WEEK
    for start, end, offset in pieces:
        for at in range(start, end, clock.MINUTE):
            shown = clock.wall_clock(at, offset)
            expected[shown.weekday() * 24 + shown.hour] += clock.MINUTE
    assert wall_clock.hours_of_week(pieces) == expected


@given(pieces)
def test_each_minute_belongs_to_the_day_that_the_clock_showed(pieces: list[wall_clock.Piece]) -> None:
    expected: dict[int, int] = {}
    for start, end, offset in pieces:
        for at in range(start, end, clock.MINUTE):
            shown = clock.wall_clock(at, offset)
            day = wall_clock.number_of(shown.date())
            expected[day] = expected.get(day, 0) + clock.MINUTE
    found: dict[int, int] = {}
    for day, (start, end, _) in wall_clock.by_day(pieces):
        assert start < end
        found[day] = found.get(day, 0) + end - start
    assert found == expected
