"""Hours of the week as text."""

import pytest

from ftlcommon.weekly_pattern import MINUTES_OF_WEEK, parse

HOUR, DAY = 60, 24 * 60


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("Sun", [(6 * DAY, 7 * DAY)]),
        ("sat - SUNDAY", [(5 * DAY, 7 * DAY)]),
        ("Sat-Mon", [(0, DAY), (5 * DAY, 7 * DAY)]),
        ("Mon 9:30-12:00", [(9 * HOUR + 30, 12 * HOUR)]),
        ("Sun 22:00-06:00", [(0, 6 * HOUR), (6 * DAY + 22 * HOUR, 7 * DAY)]),
        ("Mon-Tue 22:00-24:00", [(22 * HOUR, DAY), (DAY + 22 * HOUR, 2 * DAY)]),
        ("Fri 18:00-Mon 08:00", [(0, 8 * HOUR), (4 * DAY + 18 * HOUR, 7 * DAY)]),
        ("Mon 08:00-Mon 08:00", [(0, MINUTES_OF_WEEK)]),
        ("Mon-Sun", [(0, MINUTES_OF_WEEK)]),
        ("Mon 00:00-00:00", [(0, DAY)]),
        ("Tue, Mon,Mon 12:00-13:00", [(0, 2 * DAY)]),
    ],
)
def test_hours_of_the_week_are_read(text: str, hours: list[tuple[int, int]]) -> None:
    assert parse(text) == hours


@pytest.mark.parametrize(
    "text",
    [
        "",
        ",",
        "Mon,",
        "Mo",
        "Mon 24:01-02:00",
        "Mon 09:60-10:00",
        "Mon 09:00",
        "09:00-10:00",
        "Mon;Tue",
        "\u017fun",
    ],
)
def test_what_is_no_part_of_a_week_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected|write"):
        parse(text)
