"""The timeline at fixed widths."""

from datetime import UTC, date, datetime, timedelta

import pytest

from ftlclient.errors import ConfigError
from ftlclient.views import timeline
from ftlcommon import zones
from tests.client.conftest import lines, person

BERLIN = zones.zone("Europe/Berlin")


NOW = datetime(2026, 11, 16, 12, 0, tzinfo=UTC)


TEAM = [
    person(
        "Jonas",
        "Europe/Berlin",
        ("2026-11-16T09:00:00+01:00", "2026-11-16T12:00:00+01:00"),
        ("2026-11-16T13:00:00+01:00", "2026-11-16T13:10:00+01:00"),
    ),
    person("Maya", "America/New_York", ("2026-11-16T22:00:00-05:00", "2026-11-17T02:00:00-05:00")),
    person("Sita Gurung", "Asia/Kathmandu"),
]


def test_the_timeline_draws_all_members_on_one_axis() -> None:
    view = timeline.Timeline(TEAM, [date(2026, 11, 16), date(2026, 11, 17)], BERLIN, NOW)
    assert lines(view, 68) == [
        "Mon 2026-11-16  Europe/Berlin",
        "                                       ▼ now 13:00",
        "             00    03    06    09    12    15    18    21     Active",
        "Jonas        ············      ██████  ▃                 ····   3:10",
        "Maya                 ················                              -",
        "Sita Gurung  ··                                ··············      -",
        "",
        "Tue 2026-11-17  Europe/Berlin",
        "             00    03    06    09    12    15    18    21     Active",
        "Jonas        ············                                ····      -",
        "Maya                 ████████········                           4:00",
        "Sita Gurung  ··                                ··············      -",
        "",
        "▁▅█ active some, half, all of 30 min  · night there (22-06)",
    ]


@pytest.mark.parametrize("width", [60, 80, 200])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_ten_minutes_show_at_any_width(width: int, encoding: str) -> None:
    short = person("Jonas", "Europe/Berlin", ("2026-11-16T12:00:00+01:00", "2026-11-16T12:10:00+01:00"))
    row = lines(timeline.Timeline([short], [date(2026, 11, 16)], BERLIN, NOW), width, encoding)[3]
    assert set(row) & set("▁▂▃▄▅▆▇█-=#")
    assert len(row) <= width
    assert row.isascii() == (encoding == "ascii")


def test_the_now_mark_is_at_the_current_time() -> None:
    shown = lines(timeline.Timeline(TEAM, [date(2026, 11, 16)], BERLIN, NOW), 69)
    assert shown[1].index("▼") == 13 + int(13 / 24 * 48)  # noon in UTC is 13 o'clock in Berlin
    shown = lines(timeline.Timeline(TEAM, [date(2026, 11, 17)], BERLIN, NOW), 69)
    assert "▼" not in "".join(shown)


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_the_now_mark_covers_no_hour(encoding: str) -> None:
    hours = None
    for minute in range(0, 1440, 7):
        now = datetime(2026, 11, 15, 23, 0, tzinfo=UTC) + timedelta(minutes=minute)
        shown = lines(timeline.Timeline(TEAM, [date(2026, 11, 16)], BERLIN, now), 68, encoding)
        mark = "v" if encoding == "ascii" else "▼"
        assert shown[1].index(mark) == 13 + int(minute / 1440 * 48)
        assert f"now {minute // 60:02}:{minute % 60:02}" in shown[1]
        assert len(shown[1]) <= 68
        hours = hours or shown[2]
        assert shown[2] == hours


def test_the_window_of_several_days_is_named_once() -> None:
    window = {"from": "2026-11-15T23:00:00Z", "to": "2026-11-17T23:00:00Z"}
    days = [date(2026, 11, 16), date(2026, 11, 17)]
    shown = lines(timeline.Timeline(TEAM, days, BERLIN, NOW, window), 80)
    assert shown[:3] == [
        "Active time, Mon 2026-11-16 to Tue 2026-11-17, Europe/Berlin",
        "",
        "Mon 2026-11-16  Europe/Berlin",
    ]
    short = {"from": "2026-11-16T08:00:00Z", "to": "2026-11-16T11:00:00Z"}
    shown = lines(timeline.Timeline(TEAM, days[:1], BERLIN, NOW, short), 80)
    assert shown[0] == "Active time, Mon 2026-11-16 09:00 to Mon 2026-11-16 12:00, Europe/Berlin"
    assert "now 13:00" in shown[1]


def test_the_days_of_a_row_add_up() -> None:
    seconds = person(
        "Ann",
        "UTC",
        *((f"2026-01-0{day}T09:00:00Z", f"2026-01-0{day}T09:10:20Z") for day in (1, 2, 3)),
        ("2026-01-04T09:00:00Z", "2026-01-04T09:00:20Z"),
    )
    shown = lines(timeline.Timeline([seconds], [date(2026, 1, day) for day in (1, 2, 3, 4)], BERLIN, NOW), 80)
    assert [row.split()[-1] for row in shown if row.startswith("Ann")] == ["0:11", "0:10", "0:10", "<0:01"]


def test_a_long_name_is_cut_with_an_ellipsis() -> None:
    long = person("Bartholomew Featherstonehaugh", "UTC")
    assert lines(timeline.Timeline([long], [date(2026, 1, 1)], BERLIN, NOW), 80)[2].startswith(
        "Bartholomew Feather…  "
    )
    shown = lines(timeline.Timeline([long], [date(2026, 1, 1)], BERLIN, NOW), 80, "ascii")
    assert shown[2].startswith("Bartholomew Feath...  ")


@pytest.mark.parametrize(("day", "hours_"), [(date(2026, 10, 25), "25"), (date(2026, 3, 29), "23")])
def test_a_day_of_23_or_25_hours_is_drawn_to_scale(day: date, hours_: str) -> None:
    all_day = person("Jonas", "UTC", (f"{day}T00:00:00Z", f"{day}T01:00:00Z"))
    shown = lines(timeline.Timeline([all_day], [day], BERLIN, NOW), 13 + 100 + 2)
    assert shown[0] == f"{day:%a %Y-%m-%d}  Europe/Berlin, a day of {hours_} hours"
    width = 115 - 5 - 6 - 3
    full = shown[2].count("█")
    assert abs(full - width / int(hours_)) <= 2  # one hour of so many


def test_on_their_own_clocks_all_members_begin_at_midnight() -> None:
    team = [
        person(name, tz, (f"2026-11-16T09:00:00{offset}", f"2026-11-16T17:00:00{offset}"))
        for name, tz, offset in (("J", "Europe/Berlin", "+01:00"), ("M", "America/New_York", "-05:00"))
    ]
    shown = lines(timeline.Timeline(team, [date(2026, 11, 16)], None, NOW), 80)
    assert shown[0] == "Mon 2026-11-16  each member's own clock"
    assert shown[2][1:] == shown[3][1:]


def test_a_day_that_a_zone_skipped_is_drawn_without_activity() -> None:
    apia = person("Tui", "Pacific/Apia", ("2011-12-30T08:00:00Z", "2011-12-30T12:00:00Z"))
    days = [date(2011, 12, day) for day in (29, 30, 31)]
    shown = lines(timeline.Timeline([apia], days, zones.zone("Pacific/Apia"), NOW), 80)
    assert [row.split()[-1] for row in shown if row.startswith("Tui")] == ["2:00", "-", "2:00"]


def test_activity_in_any_order_is_drawn_once() -> None:
    times = [("2026-11-16T10:00:00Z", "2026-11-16T12:00:00Z"), ("2026-11-16T09:00:00Z", "2026-11-16T11:00:00Z")]
    shown = lines(timeline.Timeline([person("Ann", "UTC", *times)], [date(2026, 11, 16)], BERLIN, NOW), 80)
    assert shown[3].endswith("3:00")


@pytest.mark.parametrize("from_", ["1970-01-01T00:00:00Z", "1969-12-31T00:00:00+14:00"])
def test_a_timeline_of_too_many_days_is_refused(from_: str) -> None:
    window = {"from": from_, "to": "9999-11-30T00:00:00Z"}
    with pytest.raises(ConfigError, match=r"2,93\d,\d{3} rows, .*; ask for a shorter window or fewer members"):
        timeline.days(TEAM[:1], window, BERLIN)


def test_the_days_of_a_timeline_are_those_of_its_window() -> None:
    window = {"from": "2026-11-15T23:00:00Z", "to": "2026-11-17T23:00:00Z"}
    assert timeline.days(TEAM, window, BERLIN) == [date(2026, 11, 16), date(2026, 11, 17)]
    assert timeline.days(TEAM, {"from": None, "to": "2026-11-17T23:00:00Z"}, BERLIN)[0] == date(2026, 11, 16)
    own = {"by_member": {"Maya": {"from": "2026-11-16T05:00:00Z", "to": "2026-11-17T05:00:00Z"}}, **window}
    assert timeline.days(TEAM[1:2], own, None) == [date(2026, 11, 16)]
