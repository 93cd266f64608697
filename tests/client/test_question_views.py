"""The views of the questions, as text at fixed widths."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftlclient import time_ranges
from ftlclient.api.models import Member
from ftlclient.views import hours, meeting, members, overlap, summary, timeline, who
from ftlclient.views.formatting import level, spark_line
from tests.client.api.test_models import period
from tests.client.views.test_activity import show

BERLIN = time_ranges.zone("Europe/Berlin")
NOW = datetime(2026, 11, 16, 12, 0, tzinfo=UTC)


def person(name: str, tz: str, *times: tuple[str, str]) -> Member:
    return Member.from_json(
        {"id": name, "real_name": name, "tz": tz, "activity_periods": [period(*pair) for pair in times]}
    )


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


def lines(view: Any, width: int = 60, encoding: str = "utf-8") -> list[str]:
    return [line.rstrip() for line in show(view, width, encoding).splitlines()]


def test_the_timeline_draws_everybody_on_one_axis() -> None:
    view = timeline.Timeline(TEAM, [date(2026, 11, 16), date(2026, 11, 17)], BERLIN, NOW)
    assert lines(view, 68) == [
        "Mon 2026-11-16  Europe/Berlin",
        "             00    03    06    09    12▼   15    18    21",
        "Jonas        ············      ██████  ▃                 ····   3:10",
        "Maya                 ················                              -",
        "Sita Gurung  ··                                ··············      -",
        "",
        "Tue 2026-11-17  Europe/Berlin",
        "             00    03    06    09    12    15    18    21",
        "Jonas        ············                                ····      -",
        "Maya                 ████████········                           4:00",
        "Sita Gurung  ··                                ··············      -",
    ]


@pytest.mark.parametrize("width", [60, 80, 200])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_ten_minutes_show_at_any_width(width: int, encoding: str) -> None:
    short = person("Jonas", "Europe/Berlin", ("2026-11-16T12:00:00+01:00", "2026-11-16T12:10:00+01:00"))
    row = lines(timeline.Timeline([short], [date(2026, 11, 16)], BERLIN, NOW), width, encoding)[2]
    assert set(row) & set("▁▂▃▄▅▆▇█-=#")
    assert len(row) <= width
    assert row.isascii() == (encoding == "ascii")


def test_the_now_mark_stands_at_the_time_it_is() -> None:
    axis = lines(timeline.Timeline(TEAM, [date(2026, 11, 16)], BERLIN, NOW), 69)[1]
    assert axis.index("▼") == 13 + int(13 / 24 * 48)  # noon in UTC is 13 o'clock in Berlin
    axis = lines(timeline.Timeline(TEAM, [date(2026, 11, 17)], BERLIN, NOW), 69)[1]
    assert "▼" not in axis


@pytest.mark.parametrize(("day", "hours_"), [(date(2026, 10, 25), "25"), (date(2026, 3, 29), "23")])
def test_a_day_of_another_length_is_drawn_true(day: date, hours_: str) -> None:
    all_day = person("Jonas", "UTC", (f"{day}T00:00:00Z", f"{day}T01:00:00Z"))
    shown = lines(timeline.Timeline([all_day], [day], BERLIN, NOW), 13 + 100 + 2)
    assert shown[0] == f"{day:%a %Y-%m-%d}  Europe/Berlin, a day of {hours_} hours"
    width = 115 - 5 - 6 - 3
    full = shown[2].count("█")
    assert abs(full - width / int(hours_)) <= 2  # one hour of so many


def test_on_their_own_clocks_everybody_begins_at_midnight() -> None:
    team = [
        person(name, tz, (f"2026-11-16T09:00:00{offset}", f"2026-11-16T17:00:00{offset}"))
        for name, tz, offset in (("J", "Europe/Berlin", "+01:00"), ("M", "America/New_York", "-05:00"))
    ]
    shown = lines(timeline.Timeline(team, [date(2026, 11, 16)], None, NOW), 80)
    assert shown[0] == "Mon 2026-11-16  each member's own clock"
    assert shown[2][1:] == shown[3][1:]


@given(st.lists(st.tuples(st.integers(0, 1439), st.integers(1, 600)), max_size=8), st.integers(40, 200))
def test_the_blocks_of_a_row_add_up_to_the_time_of_the_day(pairs: list[tuple[int, int]], width: int) -> None:
    start, end = time_ranges.day_edges(date(2026, 1, 5), BERLIN)  # type: ignore[arg-type]
    minute = (end - start) / 1440
    periods = sorted((start + minute * at, min(start + minute * (at + length), end)) for at, length in pairs)
    shares = timeline._shares(iter([timeline.ActivityPeriod(*pair) for pair in periods]), start, end, width)
    covered = {at + n for at, length in pairs for n in range(length) if at + n < 1440}
    assert sum(shares) / width == pytest.approx(len(covered) / 1440)
    assert all(-1e-9 <= share <= 1 + 1e-9 for share in shares)


def test_the_days_of_a_timeline_are_those_of_its_window() -> None:
    window = {"from": "2026-11-15T23:00:00Z", "to": "2026-11-17T23:00:00Z"}
    assert timeline.days(TEAM, window, BERLIN) == [date(2026, 11, 16), date(2026, 11, 17)]
    assert timeline.days(TEAM, {"from": None, "to": "2026-11-17T23:00:00Z"}, BERLIN)[0] == date(2026, 11, 16)
    own = {"by_member": {"Maya": {"from": "2026-11-16T05:00:00Z", "to": "2026-11-17T05:00:00Z"}}, **window}
    assert timeline.days(TEAM[1:2], own, None) == [date(2026, 11, 16)]


def day(name: str, seconds: int) -> dict[str, Any]:
    return {"date": name, "active_seconds": seconds, "length_seconds": 86400}


SUMMARY = {
    "members": [
        {
            "id": "j",
            "real_name": "Jonas [x]",
            "tz": "Europe/Berlin",
            "active_seconds": 30600,
            "days": [day("2026-11-16", 28800), day("2026-11-17", 0), day("2026-11-18", 1800)],
        },
        {"id": "m", "real_name": "Maya", "tz": "UTC", "active_seconds": 0, "days": []},
    ]
}


def test_the_summary_has_days_by_members_and_totals() -> None:
    assert lines(summary.Summary(SUMMARY), 60) == [
        "2026, week 47",
        "          Mo 16 Tu 17 We 18 Th 19 Fr 20 Sa 21 Su 22  Total",
        "Jonas [x]  8:00     -  0:30                           8:30",
        "Maya                                                  0:00",
        "",
        "2026-11-16 to 2026-11-18",
        "             Total   a day  day by day",
        "Jonas [x]     8:30    2:50  █ ▁",
        "Maya          0:00    0:00",
    ]
    assert lines(summary.Summary({"members": []})) == ["no activity"]
    assert next(summary.rows(SUMMARY)) == (
        "j",
        "Jonas [x]",
        "Europe/Berlin",
        "2026-11-16",
        28800,
        86400,
        "",
        "",
    )


def test_a_long_summary_folds_days_into_blocks() -> None:
    many = [
        day((date(2026, 1, 1) + n * (date(2026, 1, 2) - date(2026, 1, 1))).isoformat(), 3600) for n in range(200)
    ]
    shown = lines(
        summary.Summary(
            {"members": [{"id": "a", "real_name": "A", "tz": "UTC", "active_seconds": 720000, "days": many}]}
        )
    )
    assert "day by day, 7 days a block" in shown[-2]
    assert max(map(len, shown)) <= 60


HOURS = {
    "members": [
        {
            "id": name,
            "real_name": name,
            "tz": "UTC",
            "weeks": 4.0,
            "hours": [0.0] * 9 + [1.0, 0.6, 0.3, 0.01] + [0.0] * 155,
        }
        for name in ("A", "B")
    ]
}


@pytest.mark.parametrize(("encoding", "row"), [("utf-8", "██▓▓▒▒░░"), ("ascii", "##==--..")])
def test_hours_are_a_heat_map(encoding: str, row: str) -> None:
    shown = lines(hours.Hours(HOURS), 60, encoding)
    assert shown[0] == "All 2 together"
    assert shown[1] == "    00    03    06    09    12    15    18    21"
    assert shown[2] == f"Mon {' ' * 18}{row}"
    assert [line for line in shown if line.startswith("Sun")] == ["Sun"] * 3
    assert max(map(len, lines(hours.Hours(HOURS), 40, encoding))) <= 40
    assert len(list(hours.rows(HOURS))) == 336
    assert list(hours.rows(HOURS))[9] == ("A", "A", "UTC", "Mon", 9, 1.0)


OVERLAP = {
    "min_members": 2,
    "overlap_seconds": 5400,
    "members": [{"id": name, "real_name": f"Member {name}", "tz": "UTC"} for name in "abc"],
    "matrix": [[7200, 5400, 0], [5400, 9000, 0], [0, 0, 60]],
    "stretches": [
        {
            "start_time": "2026-11-16T23:30:00+01:00",
            "end_time": "2026-11-17T00:30:00+01:00",
            "seconds": 3600,
            "members": ["a", "b"],
        },
        {
            "start_time": "2026-11-17T09:00:00+01:00",
            "end_time": "2026-11-17T09:30:00+01:00",
            "seconds": 1800,
            "members": ["a", "b", "c"],
        },
    ],
}


def test_overlap_shows_stretches_and_pairs() -> None:
    assert lines(overlap.Overlap(OVERLAP)) == [
        "1:30 with at least 2 of 3 active, 2 intervals",
        "  2026-11-16 Mon  23:30-00:30 +1   1:00  Member a, Member b",
        "  2026-11-17 Tue  09:00-09:30      0:30  all",
        "",
        "Time together of each pair; on the diagonal, of each member",
        "                  1      2      3",
        "  1 Member a   2:00   1:30      -",
        "  2 Member b   1:30   2:30      -",
        "  3 Member c      -      -   0:01",
    ]
    assert list(overlap.rows(OVERLAP))[1][3] == "a b c"


def test_a_wide_matrix_folds() -> None:
    names = [f"m{n}" for n in range(20)]
    answer = {
        **OVERLAP,
        "stretches": [],
        "members": [{"id": n, "real_name": n, "tz": "UTC"} for n in names],
        "matrix": [[60] * 20] * 20,
    }
    assert max(map(len, lines(overlap.Overlap(answer)))) <= 60


PRESENCE = {
    "at": "2026-11-16T12:00:00Z",
    "members": [
        {"id": "n", "real_name": "Never", "tz": "UTC", "active": False, "local_time": "2026-11-16T12:00:00+00:00"},
        {
            "id": "l",
            "real_name": "Last",
            "tz": "Asia/Tokyo",
            "active": False,
            "last_active": "2026-11-13T18:00:00+01:00",
            "local_time": "2026-11-16T21:00:00+09:00",
        },
        {
            "id": "e",
            "real_name": "Earlier",
            "tz": "UTC",
            "active": False,
            "last_active": "2026-01-13T18:00:00+01:00",
            "local_time": "2026-11-16T12:00:00+00:00",
        },
        {
            "id": "a",
            "real_name": "Active",
            "tz": "Pacific/Auckland",
            "active": True,
            "since": "2026-11-16T11:15:00+00:00",
            "local_time": "2026-11-17T01:00:00+13:00",
        },
    ],
}


def test_who_shows_the_active_first() -> None:
    shown = [line for line in lines(who.view(PRESENCE), 80) if line]
    assert [line.split()[0] for line in shown[2:]] == ["Active", "Last", "Earlier", "Never"]
    assert "since 11:15 (0:45)" in shown[2]
    assert "night" in shown[2]
    assert "until Fri 18:00" in shown[3]
    assert "until 2026-01-13" in shown[4]
    assert list(who.rows(PRESENCE))[3][3:6] == ("yes", "2026-11-16T11:15:00+00:00", "")


def test_members_are_listed_by_name() -> None:
    shown = [line for line in lines(members.view(PRESENCE), 80) if line]
    assert [line.split()[1] for line in shown[2:]] == ["Active", "Earlier", "Last", "Never"]
    assert next(members.rows(PRESENCE)) == ("n", "Never", "UTC", "2026-11-16T12:00:00+00:00")


MEETING = {
    "members": [
        {"id": "a", "real_name": "Ann", "tz": "Europe/Berlin"},
        {"id": "b", "real_name": "Bob", "tz": "Pacific/Auckland"},
    ],
    "slots": [
        {
            "start_time": "2026-11-23T20:00:00+01:00",
            "end_time": "2026-11-23T21:00:00+01:00",
            "expected_attendance": 1.25,
            "outside_usual_hours": 1,
            "members": [
                {"id": "a", "local_time": "2026-11-23T20:00:00+01:00", "expected": 0.25, "usual": False},
                {"id": "b", "local_time": "2026-11-24T08:00:00+13:00", "expected": 1.0, "usual": True},
            ],
        }
    ],
    "changes": [
        {
            "tz": "Europe/Berlin",
            "at": "2027-03-28T01:00:00+00:00",
            "offset_before": 3600,
            "offset_after": 7200,
            "members": ["a"],
            "overlap_before": 36000,
            "overlap_after": 32400,
        }
    ],
}


def test_a_meeting_shows_everybodys_own_time_and_the_clocks_that_change() -> None:
    shown = [line.replace("\N{NO-BREAK SPACE}", " ") for line in lines(meeting.Meeting(MEETING), 100)]
    assert shown == [
        " 1. Mon 2026-11-23  20:00-21:00 UTC+0100  1.25 of 2 expected, 1 outside usual hours",
        "    Ann 20:00 (25%), Bob 08:00 +1 (100%)",
        "",
        "2027-03-28: clocks go forward 1 h in Berlin (Ann); weekly overlap falls from 10:00 to 9:00",
    ]
    assert lines(meeting.Meeting({**MEETING, "slots": [], "changes": []})) == [
        "no activity in this window"
    ]
    assert list(meeting.rows(MEETING))[1] == (
        1,
        "2026-11-23T20:00:00+01:00",
        "2026-11-23T21:00:00+01:00",
        1.25,
        1,
        "b",
        "2026-11-24T08:00:00+13:00",
        1.0,
        "yes",
    )


def test_levels_and_spark_lines_show_what_is_there() -> None:
    assert level(0.001, ascii_only=False) == "▁"
    assert level(1, ascii_only=False) == "█"
    assert level(1, ascii_only=True) == "#"
    assert spark_line([0, 1, 8], ascii_only=False) == " ▂█"
    assert spark_line([], ascii_only=False) == ""
    assert spark_line([0, 0], ascii_only=True) == "  "
