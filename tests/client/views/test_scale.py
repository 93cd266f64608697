"""The shades of lengths of activity."""

from hypothesis import given
from hypothesis import strategies as st

from ftlclient.views._scale import Scale

HOUR = 3600


def shades(values: list[float]) -> str:
    scale = Scale(values)
    return "".join(scale.cell(value, ascii_only=False)[0] for value in values)


def test_each_shade_has_a_quarter_of_the_values() -> None:
    assert shades([n * HOUR for n in range(9)]) == "·░░▒▒▓▓██"
    assert shades([0, 60, 120, 600, 40 * HOUR]) == "·▓▓▓█"  # the bounds are quarters of an hour
    assert shades([60, 120, 180, 7200]) == "░▒▓█"


def test_the_largest_value_is_always_darkest() -> None:
    assert shades([HOUR]) == "█"
    assert shades([HOUR, HOUR, HOUR]) == "███"
    assert shades([]) == ""


def test_the_legend_names_each_shade_that_occurs() -> None:
    legend = Scale([0, 60, 120, 180, 7200]).legend("day", ascii_only=False).plain
    assert legend == "░ up to 0:01  ▒ 0:02  ▓ 0:03  █ 2:00 a day  · none"
    assert Scale([HOUR]).legend("week", ascii_only=True).plain == "# up to 1:00 a week  . none"
    assert Scale([]).legend("day", ascii_only=True).plain == ". none"


@given(st.lists(st.floats(0, 86_400), max_size=60), st.booleans())
def test_longer_is_never_lighter(values: list[float], ascii_only: bool) -> None:
    scale = Scale(values)
    order = ".-+*#" if ascii_only else "·░▒▓█"
    found = [order.index(scale.cell(value, ascii_only=ascii_only)[0]) for value in sorted(values)]
    assert found == sorted(found)
    assert all((level > 0) == (value > 0) for level, value in zip(found, sorted(values), strict=True))
