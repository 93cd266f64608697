"""The table of rest and load at fixed widths."""

from typing import Any

import pytest

from ftlclient.views import rest
from ftlcommon import csv_rows
from tests.client.conftest import lines

REST: dict[str, Any] = {
    "window": {"from": "2026-11-16T00:00:00Z", "to": "2026-11-23T00:00:00Z", "rule": ""},
    "members": [
        {
            "id": "a",
            "real_name": "Ann",
            "tz": "UTC",
            "active_seconds": 36_000,
            "active_days": 4,
            "night_share": 0.125,
            "weekend_share": 0.0,
            "longest_active": {
                "start_time": "2026-11-16T09:00:00+00:00",
                "end_time": "2026-11-16T13:30:00+00:00",
                "seconds": 16_200,
            },
            "shortest_rest": {
                "start_time": "2026-11-17T23:00:00+00:00",
                "end_time": "2026-11-18T07:30:00+00:00",
                "seconds": 30_600,
            },
            "days_in_a_row": {"days": 4, "first_date": "2026-11-16", "last_date": "2026-11-19"},
        },
        {
            "id": "b",
            "real_name": "Bob",
            "tz": "UTC",
            "active_seconds": 0,
            "active_days": 0,
            "night_share": None,
            "weekend_share": None,
            "longest_active": None,
            "shortest_rest": None,
            "days_in_a_row": None,
        },
    ],
}


def test_rest_has_a_row_for_each_member() -> None:
    assert lines(rest.view(REST, None), 100) == [
        "Rest and load, Mon 2026-11-16 to Sun 2026-11-22, UTC",
        "Name  Active  Night  Weekend  Longest unbroken    Shortest rest       Days in a row",
        "────  ──────  ─────  ───────  ──────────────────  ──────────────────  ─────────────────────",
        "Ann   10:00   12 %   0 %        4:30  2026-11-16    8:30  2026-11-17    4  until 2026-11-19",
        "Bob   0:00    -      -        -                   -                   -",
    ]
    first, second = csv_rows.rest(REST)
    assert len(first) == len(csv_rows.REST) == len(second)
    assert first[7:10] == ("2026-11-16T09:00:00+00:00", "2026-11-16T13:30:00+00:00", 16_200)
    assert second[5:] == ("",) * 11


@pytest.mark.parametrize("width", [60, 80])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_rest_fits_the_width(width: int, encoding: str) -> None:
    assert max(map(len, lines(rest.view(REST, None), width, encoding)[1:])) <= width
