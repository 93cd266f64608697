"""Levels and spark lines."""

from datetime import UTC, datetime

import pytest

from ftlclient.api.models import Member
from ftlclient.errors import ConfigError
from ftlclient.views import activity, hours, meeting, members, overlap, summary, who
from ftlclient.views.formatting import (
    MOST_ROWS,
    check_rows,
    counted,
    level,
    spark_line,
    time_of_day,
    use_clock,
)
from tests.client.conftest import period
from tests.client.views.conftest import PRESENCE

NOW = datetime(2026, 11, 16, 12, 0, tzinfo=UTC)


def test_levels_and_spark_lines_show_any_activity() -> None:
    assert level(0.001, ascii_only=False) == "▁"
    assert level(1, ascii_only=False) == "█"
    assert level(1, ascii_only=True) == "#"
    assert spark_line([0, 1, 8], ascii_only=False) == " ▂█"
    assert spark_line([], ascii_only=False) == ""
    assert spark_line([0, 0], ascii_only=True) == "  "


def test_counted_nouns_are_in_the_plural_unless_there_is_one() -> None:
    assert [counted(number, "interval") for number in (0, 1, 3, 1000)] == [
        "0 intervals",
        "1 interval",
        "3 intervals",
        "1,000 intervals",
    ]


def test_the_time_of_day_has_24_or_12_hours() -> None:
    moments = [NOW.replace(hour=hour, minute=5) for hour in (0, 9, 12, 22)]
    assert [time_of_day(moment) for moment in moments] == ["00:05", "09:05", "12:05", "22:05"]
    use_clock("12h")
    try:
        assert [time_of_day(moment) for moment in moments] == ["12:05am", "9:05am", "12:05pm", "10:05pm"]
    finally:
        use_clock("24h")


def test_a_view_of_too_many_rows_is_refused() -> None:
    check_rows(MOST_ROWS)
    with pytest.raises(ConfigError, match="20,001 rows, and at most 20,000 are drawn; .* or use --format csv"):
        check_rows(MOST_ROWS + 1)
    many = [{"id": str(number), "real_name": "A", "tz": "UTC"} for number in range(MOST_ROWS + 1)]
    periods = [period("2026-11-16T09:00:00Z", "2026-11-16T10:00:00Z")] * MOST_ROWS
    days = [
        {"date": f"{year}-{month:02}-{day:02}", "active_seconds": 0, "length_seconds": 86400}
        for year in range(2000, 2040)
        for month in range(1, 13)
        for day in (1, 8, 15, 22)
    ]
    for draw in (
        lambda: activity.view([Member.from_json(member | {"activity_periods": []}) for member in many], NOW),
        lambda: activity.view([Member.from_json(many[0] | {"activity_periods": periods})], NOW),
        lambda: summary.Summary({"members": [m | {"active_seconds": 0, "days": days} for m in many[:20]]}),
        lambda: hours.Hours({"members": [member | {"hours": [], "weeks": 1} for member in many[:2501]]}),
        lambda: overlap.Overlap({"members": many[:448], "stretches": []}),
        lambda: who.view(PRESENCE | {"members": many}),
        lambda: members.view(PRESENCE | {"members": many}),
        lambda: meeting.Meeting({"members": many, "slots": [{"members": many}], "changes": []}),
    ):
        with pytest.raises(ConfigError, match="rows, and at most 20,000 are drawn"):
            draw()
