"""The gaps, the week and the hand-overs of a coverage at fixed widths."""

from typing import Any

import pytest

from ftlclient.views import coverage
from ftlcommon import csv_rows
from tests.client.conftest import lines

GAP = {
    "start_time": "2026-11-16T18:00:00+01:00",
    "end_time": "2026-11-17T06:30:00+01:00",
    "seconds": 45_000,
    "left_last": ["b"],
    "came_first": ["a"],
}
COVERAGE: dict[str, Any] = {
    "window": {"from": "2026-11-15T23:00:00Z", "to": "2026-11-22T23:00:00Z", "rule": ""},
    "tz": "Europe/Berlin",
    "max_members": 0,
    "quiet": "Sat-Sun",
    "counted_seconds": 120 * 3600,
    "covered_seconds": 40 * 3600,
    "share": 0.3333,
    "share_24h": 0.2381,
    "hours": [0.0] * 8 + [0.25, 0.26, 0.5, 0.75, 1.0] + [0.0] * 107 + [None] * 48,
    "members": [{"id": name, "real_name": f"Member {name}", "tz": "UTC"} for name in "abc"],
    "gaps": [{**GAP, "end_time": "2026-11-16T18:30:00+01:00"}, GAP],
    "hand_overs": [
        {"from": "a", "to": "b", "count": 3, "seconds": 5400},
        {"from": "b", "to": "c", "count": 1, "seconds": 0},
    ],
}


def test_a_coverage_shows_gaps_the_week_and_hand_overs() -> None:
    assert lines(coverage.Coverage(COVERAGE), 80) == [
        "Coverage, Mon 2026-11-16 to Sun 2026-11-22, Europe/Berlin",
        "33.3 % of the time with anyone active, 40:00 of 120:00, 2 gaps",
        "Gaps in Sat-Sun are meant and not counted; of all 24 hours, 23.8 % of the time",
        "",
        "Gaps, longest first",
        "  2026-11-16 Mon  18:00-06:30 +1   12:30  after Member b, until Member a",
        "  2026-11-16 Mon  18:00-18:30       0:30  after Member b, until Member a",
        "",
        "Covered share of each hour of the week",
        "    00    03    06    09    12    15    18    21",
        "Mon ················░░▒▒▒▒▓▓██······················",
        *(f"{day} ················································" for day in ("Tue", "Wed", "Thu", "Fri")),
        "Sat",
        "Sun",
        "· never covered  ░ up to 25 %  ▒ 50 %  ▓ 75 %  █ 100 % of the hour",
        "",
        "Hand-overs: one leaves while another, who came later, stays",
        "      3 times    0:30 on average  Member a to Member b",
        "       1 time    0:00 on average  Member b to Member c",
    ]
    assert next(csv_rows.coverage(COVERAGE))[2:] == (45_000, "b", "a")


def test_a_coverage_says_what_is_not_shown() -> None:
    many = {**COVERAGE, "gaps": [GAP] * 40, "hand_overs": COVERAGE["hand_overs"][:1] * 40, "max_members": 1}
    shown = lines(coverage.Coverage(many), 80)
    assert shown[1] == "33.3 % of the time with more than 1 member active, 40:00 of 120:00, 40 gaps"
    assert shown[4] == "Gaps, longest first: 15 of 40, --all-gaps shows all"
    assert "Hand-overs: one leaves while another, who came later, stays: 15 of 40 pairs" in shown
    assert lines(coverage.Coverage(many, all_gaps=True), 80)[4] == "Gaps, in order of time"
    left = {**GAP, "left_last": ["a", "b", "c"], "came_first": []}
    assert lines(coverage.Coverage({**COVERAGE, "gaps": [left]}), 80)[5].endswith(
        "after Member a and Member b and 1 more"
    )
    nobody = {**COVERAGE, "members": [], "gaps": [], "hand_overs": []}
    assert lines(coverage.Coverage(nobody), 80)[1:] == ["no activity"]


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_a_coverage_fits_the_width(width: int, encoding: str) -> None:
    names = [member | {"real_name": "Wörld Wide 山田太郎 Web"} for member in COVERAGE["members"]]
    shown = lines(coverage.Coverage({**COVERAGE, "members": names}), width, encoding)
    assert max(map(len, shown)) <= width or encoding == "ascii"
