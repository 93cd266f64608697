"""The intervals and the pairs of an overlap at fixed widths."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ftlclient.errors import ConfigError
from ftlclient.views import overlap
from ftlcommon import wording
from tests.client.conftest import lines

WINDOW = {"from": "2026-11-15T23:00:00Z", "to": "2026-11-22T23:00:00Z", "rule": ""}
OVERLAP: dict[str, Any] = {
    "window": WINDOW,
    "tz": "Europe/Berlin",
    "min_members": 2,
    "overlap_seconds": 5400,
    "at_least": [9000, 5400, 1800],
    "members": [{"id": name, "real_name": f"Member {name}", "tz": "UTC"} for name in "abc"],
    "matrix": [[7200, 5400, 0], [5400, 9000, 0], [0, 0, 60]],
    "stretches": [
        {
            "start_time": "2026-11-17T09:00:00+01:00",
            "end_time": "2026-11-17T09:30:00+01:00",
            "seconds": 1800,
            "members": ["a", "b", "c"],
        },
        {
            "start_time": "2026-11-17T23:30:00+01:00",
            "end_time": "2026-11-18T00:30:00+01:00",
            "seconds": 3600,
            "members": ["a", "b"],
        },
    ],
}
MONDAY = datetime(2026, 11, 16, tzinfo=UTC)


def interval(number: int, minutes: int, *members: str) -> dict[str, Any]:
    start = MONDAY + timedelta(hours=number)
    end = start + timedelta(minutes=minutes)
    return {
        "start_time": start.isoformat(),
        "end_time": end.isoformat(),
        "seconds": minutes * 60,
        "members": list(members),
    }


def of_many(count: int, name: str = "Member") -> dict[str, Any]:
    """Return an answer about so many members, of whom the first shares most with the second."""
    ids = [f"m{number}" for number in range(count)]
    return {
        **OVERLAP,
        "min_members": 2,
        "at_least": [36_000] * 2 + [0] * (count - 2),
        "stretches": [],
        "members": [{"id": id_, "real_name": f"{name} {id_}", "tz": "UTC"} for id_ in ids],
        "matrix": [
            [0 if a != b and a + b > 20 else 36_000 - 60 * (a + b) for b in range(count)] for a in range(count)
        ],
    }


def test_overlap_shows_the_longest_intervals_and_the_pairs() -> None:
    assert lines(overlap.Overlap(OVERLAP), 80) == [
        "Time active together, Mon 2026-11-16 to Sun 2026-11-22, Europe/Berlin",
        "1:30 with at least 2 of 3 active, 2 intervals",
        "0:30 with all 3",
        "",
        "Intervals, longest first",
        "  2026-11-17 Tue  23:30-00:30 +1   1:00  all but Member c",
        "  2026-11-17 Tue  09:00-09:30      0:30  all",
        "",
        "Time together per pair; on the diagonal, each member's total",
        "                  1      2      3",
        "  1 Member a   2:00   1:30      -",
        "  2 Member b   1:30   2:30      -",
        "  3 Member c      -      -   0:01",
    ]
    assert next(overlap.rows(OVERLAP))[3] == "a b c"


def test_one_interval_is_one_interval() -> None:
    one = {**OVERLAP, "stretches": OVERLAP["stretches"][:1]}
    assert lines(overlap.Overlap(one), 80)[1].endswith(", 1 interval")
    none = {**OVERLAP, "stretches": [], "overlap_seconds": 0, "min_members": 3, "at_least": [60, 60, 0]}
    shown = lines(overlap.Overlap(none), 80)
    assert shown[1:4] == [
        "0:00 with all 3 active, 0 intervals",
        "0:01 with at least 2",
        "At most 2 were active at the same time; --min 2 shows when",
    ]
    alone = {**one, "members": one["members"][:1], "matrix": [[60]], "at_least": [60], "min_members": 1}
    alone["stretches"] = [interval(1, 1, "a")]
    assert lines(overlap.Overlap(alone), 80)[1:] == [
        "1:30 with the only member active, 1 interval",
        "",
        "Intervals, longest first",
        "  2026-11-16 Mon  01:00-01:01   0:01  all",
    ]


def test_only_the_longest_intervals_are_shown_unless_all_are_wanted() -> None:
    many = {**OVERLAP, "stretches": [interval(number, number % 50 + 1, "a", "b") for number in range(100)]}
    shown = lines(overlap.Overlap(many), 80)
    assert shown[4] == "Intervals, longest first: 15 of 100, --all-intervals shows all"
    assert shown[5] == "  2026-11-18 Wed  01:00-01:50   0:50  all but Member c"
    assert len(shown) == 5 + 15 + 6
    every = lines(overlap.Overlap(many, all_intervals=True), 80)
    assert every[4] == "Intervals, in order of time"
    assert len(every) == 5 + 100 + 6
    too_many = {**OVERLAP, "stretches": [interval(1, 1, "a", "b")] * 20_001}
    overlap.Overlap(too_many)
    with pytest.raises(ConfigError, match="20,001 rows"):
        overlap.Overlap(too_many, all_intervals=True)


def test_the_length_of_an_interval_is_what_lies_between_its_times() -> None:
    odd = interval(9, 30, "a", "b") | {
        "end_time": "2026-11-16T09:29:40+00:00",
        "start_time": "2026-11-16T09:00:20Z",
    }
    assert "09:00-09:30   0:30  " in lines(overlap.Overlap({**OVERLAP, "stretches": [odd]}), 80)[5]
    short = odd | {"end_time": "2026-11-16T09:00:25+00:00"}
    assert "09:00-09:00  <0:01  " in lines(overlap.Overlap({**OVERLAP, "stretches": [short]}), 80)[5]


def test_of_many_members_the_pairs_that_share_most_are_shown() -> None:
    shown = lines(overlap.Overlap(of_many(16)), 80)
    assert shown[3] == "Pairs with the most time together: 15 of 95"
    assert shown[4] == "     9:59  Member m0 and Member m1"
    assert len(shown) == 4 + 15
    assert lines(overlap.Overlap(of_many(15)), 200)[3].startswith("Time together per pair")
    thousand = of_many(1_000)
    assert len(lines(overlap.Overlap(thousand), 80)) == 19
    thousand["at_least"] = [36_000] * 700 + [0] * 300
    figures = lines(overlap.Overlap(thousand), 300)[2]
    assert figures.startswith("10:00 with at least 3, 10:00 with at least 5, ")
    assert figures.endswith(" 10:00 with at least 500, 10:00 with at least 700")


@pytest.mark.parametrize("width", [60, 80, 120, 200])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
@pytest.mark.parametrize("count", [2, 15, 40])
def test_intervals_and_pairs_fit_the_width(width: int, encoding: str, count: int) -> None:
    answer = of_many(count, "Wörld Wide 山田太郎 Web")
    ids = [member["id"] for member in answer["members"]]
    answer["stretches"] = [interval(number, 1, *ids[: number + 1]) for number in range(count)]
    shown = lines(overlap.Overlap(answer), width, encoding)
    assert max(map(len, shown)) <= width
    assert len(shown) < 60 or width == 60


def test_a_wide_matrix_folds() -> None:
    answer = of_many(15)
    assert max(map(len, lines(overlap.Overlap(answer)))) <= 60


def test_times_are_on_the_clock_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wording, "_clock_format", "%I:%M%p")
    shown = lines(overlap.Overlap(OVERLAP), 80)
    assert shown[5:7] == [
        "  2026-11-17 Tue  11:30pm-12:30am +1   1:00  all but Member c",
        "  2026-11-17 Tue  9:00am-9:30am        0:30  all",
    ]


def test_members_of_the_same_name_are_told_apart() -> None:
    answer = {**OVERLAP, "members": [member | {"real_name": "Jan"} for member in OVERLAP["members"]]}
    assert "  2026-11-17 Tue  23:30-00:30 +1   1:00  all but Jan c" in lines(overlap.Overlap(answer), 80)


def test_an_overlap_of_no_one_says_so() -> None:
    nobody = {**OVERLAP, "members": [], "matrix": [], "at_least": [], "stretches": [], "min_members": 0}
    assert lines(overlap.Overlap(nobody), 80)[1:] == ["no activity"]
