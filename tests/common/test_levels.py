"""The four levels of activity."""

from hypothesis import given
from hypothesis import strategies as st

from ftlcommon.levels import Levels, percent

HOUR = 3600


def test_each_level_has_a_quarter_of_the_values() -> None:
    levels = Levels.of_seconds(number * HOUR for number in range(9))
    assert [levels.level(number * HOUR) for number in range(9)] == [0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert Levels.of_seconds([0, 60, 120, 600, 40 * HOUR]).bounds == [900, 40 * HOUR]
    assert Levels.of_seconds([]).bounds == []


def test_the_bounds_of_shares_have_two_digits() -> None:
    assert Levels.of_shares([0.00001, 0.1234, 0.5, 1.0]).bounds == [0.0001, 0.13, 0.5, 1.0]
    assert [percent(share) for share in (0.00001, 0.1234, 0.5, 0.999)] == ["under 0.01 %", "12 %", "50 %", "100 %"]


@given(st.lists(st.floats(0, 86_400), max_size=60))
def test_more_is_never_a_lower_level(values: list[float]) -> None:
    levels = Levels.of_seconds(values)
    found = [levels.level(value) for value in sorted(values)]
    assert found == sorted(found)
    assert all((level > 0) == (value > 0) for level, value in zip(found, sorted(values), strict=True))
    assert not found or not max(values) or found[-1] == 4
