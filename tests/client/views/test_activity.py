"""The tables of periods."""

import json
from datetime import UTC, datetime

import pytest

from ftlclient.api.models import Member
from ftlclient.views import activity
from ftlcommon import zones
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
    assert [line.rstrip() for line in show(activity.Activity([EGON], NOW, None, None), 60).splitlines()] == [
        "All activity periods, America/Los_Angeles",
        "",
        "Egon Spengler  W012A3CDE",
        "America/Los_Angeles, Mon 14:30 there now",
        "",
        " Date             Start      End            Length",
        " ─────────────────────────────────────────────────",
        " 2020-02-01 Sat   13:33:00   13:54:00      0:21:00",
        " 2020-03-16 Mon   22:33:00   00:02:10 +1   1:29:10",
        "",
        " Total                                     1:50:10",
        "",
    ]


def test_start_end_and_length_of_a_row_agree_and_the_rows_add_up() -> None:
    times = [
        ("2026-01-05T09:00:10.7Z", "2026-01-05T09:10:50.2Z"),
        ("2026-01-05T10:00:40Z", "2026-01-05T10:10:10.9Z"),
    ]
    exact = Member.from_json(member(*(period(*pair) for pair in times)))
    rows = [line.split() for line in show(activity.Activity([exact], NOW, None, None)).splitlines()]
    assert ["2026-01-05", "Mon", "09:00:10", "09:10:50", "0:10:40"] in rows
    assert ["2026-01-05", "Mon", "10:00:40", "10:10:10", "0:09:30"] in rows
    assert ["Total", "0:20:10"] in rows


def test_periods_that_overlap_are_said_to_count_once() -> None:
    times = [("2026-01-05T09:00:00Z", "2026-01-05T11:00:00Z"), ("2026-01-05T10:00:00Z", "2026-01-05T12:00:00Z")]
    both = Member.from_json(member(*(period(*pair) for pair in times)))
    shown = show(activity.Activity([both], NOW, None, None))
    assert "3:00" in shown
    assert "periods overlap; time that overlaps counts once" in shown


def test_the_window_and_the_clock_are_named() -> None:
    window = {"from": "2026-11-15T23:00:00Z", "to": "2026-11-22T23:00:00Z"}
    berlin = zones.zone("Europe/Berlin")
    shown = show(activity.Activity([EGON], NOW, window, berlin), 100)
    assert shown.startswith(
        "Activity periods, reaching into Mon 2026-11-16 to Sun 2026-11-22, Europe/Berlin\n\nEgon"
    )


def test_a_long_name_is_cut_before_the_id() -> None:
    long = Member.from_json(
        {**member(), "real_name": "Bartholomew Featherstonehaugh-Cholmondeley", "id": "x" * 30}
    )
    for encoding, cut in (
        ("utf-8", "Bartholomew Featherstonehau…  xxx"),
        ("ascii", "Bartholomew Featherstoneh...  xxx"),
    ):
        shown = show(activity.Activity([long], NOW, None, None), 60, encoding)
        assert cut in shown
        assert max(map(len, shown.splitlines())) <= 60


def test_a_member_without_activity_is_shown_too() -> None:
    shown = show(activity.Activity([Member.from_json(member()), EGON], NOW, None, None))
    assert "\nA  a\nUTC, Mon 22:30 there now\nno activity\n\nEgon Spengler" in shown


def test_an_unknown_zone_shows_no_clock() -> None:
    shown = show(activity.Activity([Member.from_json({**member(), "tz": "Mars/Olympus"})], NOW, None, None))
    assert "\nA  a\nMars/Olympus\n" in shown


@pytest.mark.parametrize("width", [42, 60, 200])
def test_an_ascii_terminal_of_any_width_is_served(width: int) -> None:
    shown = show(activity.Activity([EGON], NOW, None, None), width, "ascii")
    assert shown.isascii()
    assert "?" not in shown
    assert "W012A3CDE" in shown
    assert max(map(len, shown.splitlines())) <= width


def test_short_durations_are_not_rounded_to_zero() -> None:
    short = Member.from_json(member(period("2026-01-01T00:00:00Z", "2026-01-01T00:00:05Z")))
    assert "0:00:05" in show(activity.Activity([short], NOW, None, None))


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
    shown = show(activity.Activity(members, NOW, None, None), 10_000)
    assert not set(shown) & (STEERS - {"\n"})
    assert "[link=http://x]Bob[/link]" in shown
