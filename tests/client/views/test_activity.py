"""The tables of periods."""

import json
from datetime import UTC, datetime

import pytest

from ftlclient.api.models import Member
from ftlclient.views import activity
from tests.client.conftest import member, period, show
from tests.common.conftest import STEERS
from tests.conftest import DATA

NOW = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)


EGON = Member.from_json(
    {
        "id": "W012A3CDE",
        "real_name": "Egon Spengler",
        "tz": "America/Los_Angeles",
        "activity_periods": [
            period("2020-02-01T13:33:00-08:00", "2020-02-01T13:54:00-08:00"),
            period("2020-03-16T22:33:00-07:00", "2020-03-17T00:02:10-07:00"),
        ],
    }
)


def test_a_member_has_a_titled_table() -> None:
    assert [line.rstrip() for line in show(activity.view([EGON], NOW), 60).splitlines()] == [
        "Egon Spengler  W012A3CDE",
        "America/Los_Angeles, Mon 14:30 there now",
        "",
        " Date             Start   End        Length",
        " ──────────────────────────────────────────",
        " 2020-02-01 Sat   13:33   13:54        0:21",
        " 2020-03-16 Mon   22:33   00:02 +1     1:29",
        "",
        " Total                                 1:50",
        "",
    ]


def test_a_member_without_activity_is_shown_too() -> None:
    shown = show(activity.view([Member.from_json(member()), EGON], NOW))
    assert shown.startswith("A  a\nUTC, Mon 22:30 there now\nno activity\n\nEgon Spengler")


def test_an_unknown_zone_shows_no_clock() -> None:
    shown = show(activity.view([Member.from_json({**member(), "tz": "Mars/Olympus"})], NOW))
    assert shown.startswith("A  a\nMars/Olympus\n")


@pytest.mark.parametrize("width", [42, 60, 200])
def test_an_ascii_terminal_of_any_width_is_served(width: int) -> None:
    shown = show(activity.view([EGON], NOW), width, "ascii")
    assert shown.isascii()
    assert "?" not in shown
    assert "W012A3CDE" in shown
    assert max(map(len, shown.splitlines())) <= width


def test_short_durations_are_not_rounded_to_zero() -> None:
    short = Member.from_json(member(period("2026-01-01T00:00:00Z", "2026-01-01T00:00:05Z")))
    assert "<0:01" in show(activity.view([short], NOW))


def test_rows_are_one_a_period_with_exact_times() -> None:
    assert list(activity.rows([EGON, Member.from_json(member())])) == [
        (
            "W012A3CDE",
            "Egon Spengler",
            "America/Los_Angeles",
            "2020-02-01T13:33:00-08:00",
            "2020-02-01T13:54:00-08:00",
            "1260",
        ),
        (
            "W012A3CDE",
            "Egon Spengler",
            "America/Los_Angeles",
            "2020-03-16T22:33:00-07:00",
            "2020-03-17T00:02:10-07:00",
            "5350",
        ),
    ]


def test_naughty_names_neither_crash_nor_steer_nor_style() -> None:
    names = [
        *json.loads((DATA / "naughty-strings.json").read_text()),
        "[/bold]",
        "[link=http://x]Bob[/link]",
        "\ud800",
    ]
    members = [Member.from_json({**member(), "real_name": name}) for name in names]
    shown = show(activity.view(members, NOW), 10_000)
    assert not set(shown) & (STEERS - {"\n"})
    assert "[link=http://x]Bob[/link]" in shown
