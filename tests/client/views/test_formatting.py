"""What the views share."""

from datetime import UTC, datetime

import pytest

from ftlclient.api.models import Member
from ftlclient.errors import ConfigError
from ftlclient.views import activity, hours, meeting, members, overlap, ranking, summary, who
from ftlclient.views.formatting import MOST_ROWS, axis, bar, check_rows, column, fit, level, omitted_words, widths
from tests.client.conftest import period
from tests.client.views.conftest import PRESENCE

WINDOW = {"from": "2000-01-01T00:00:00Z", "to": "2040-01-01T00:00:00Z"}
NOW = datetime(2026, 11, 16, 12, 0, tzinfo=UTC)


def test_levels_and_bars_show_any_activity() -> None:
    assert level(0.001, ascii_only=False) == "▁"
    assert level(1, ascii_only=False) == "█"
    assert level(1, ascii_only=True) == "#"
    assert bar(1, 4, ascii_only=False) == "████"
    assert bar(0.3, 4, ascii_only=False) == "█▎"
    assert bar(0.0001, 4, ascii_only=False) == "▏"
    assert bar(0.0001, 4, ascii_only=True) == "#"
    assert bar(0, 4, ascii_only=True) == ""


@pytest.mark.parametrize(
    ("text", "width", "shown", "ascii_shown"),
    [
        ("Maya", 6, "Maya  ", "Maya  "),
        ("Bartholomew", 6, "Barth…", "Bar..."),
        ("Łukasz", 6, "Łukasz", "?ukasz"),
        ("中文名字", 6, "中文 …", "????  "),
        ("a\x1b\n", 4, "a\ufffd\ufffd ", "a?? "),
    ],
)
def test_texts_are_cut_to_their_width(text: str, width: int, shown: str, ascii_shown: str) -> None:
    assert fit(text, width, ascii_only=False) == shown
    assert fit(text, width, ascii_only=True) == ascii_shown


def test_a_column_is_as_wide_as_its_longest_text() -> None:
    assert column(["Ann", "Maya"], 6, ascii_only=False) == (4, ["Ann ", "Maya"])
    assert column(["Ann", "Bartholomew"], 6, ascii_only=False) == (6, ["Ann   ", "Barth…"])
    assert column([], 6, ascii_only=False, least=2) == (2, [])


def test_columns_shrink_in_order_until_they_fit() -> None:
    assert widths([10, 20, 30], 60, (2, 1)) == [10, 20, 30]
    assert widths([10, 20, 30], 50, (2, 1)) == [10, 20, 20]
    assert widths([10, 20, 30], 30, (2, 1)) == [10, 14, 6]
    assert widths([10, 20, 5], 10, (2, 1)) == [10, 6, 5]


def test_labels_of_an_axis_do_not_touch() -> None:
    assert axis([(0, "Jan"), (4, "Feb"), (6, "Mar"), (8, "Apr")], 12) == "Jan Feb Apr "
    assert axis([(0, "2019"), (4, "F")], 4) == "2019"


def test_who_was_left_out_is_counted_with_the_option_that_shows_them() -> None:
    assert omitted_words({}).plain == omitted_words({"omitted": {"inactive": 0}}).plain == ""
    assert omitted_words({"omitted": {"inactive": 841, "beyond_limit": 12}}).plain == (
        "841 members without activity (--empty shows them)\n12 more (--top N shows them)"
    )
    assert omitted_words({"omitted": {"inactive": 1}}).plain == "1 member without activity (--empty shows it)"


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
        lambda: activity.Activity(
            [Member.from_json(member | {"activity_periods": []}) for member in many], NOW, None, None
        ),
        lambda: activity.Activity([Member.from_json(many[0] | {"activity_periods": periods})], NOW, None, None),
        lambda: summary.Summary(
            {"members": [m | {"active_seconds": 0, "days": days} for m in many[:80]], "window": WINDOW},
            "day",
            None,
            NOW,
        ),
        lambda: ranking.Ranking({"members": many, "window": WINDOW}, None),
        lambda: hours.Hours({"members": many}),
        lambda: overlap.Overlap({"members": many[:1], "stretches": many}, all_intervals=True),
        lambda: who.view(PRESENCE | {"members": many}, None),
        lambda: members.view(PRESENCE | {"members": many}),
        lambda: meeting.Meeting({"members": many, "slots": [{}], "changes": []}),
    ):
        with pytest.raises(ConfigError, match="rows, and at most 20,000 are drawn"):
            draw()
