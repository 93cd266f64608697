"""The summary at fixed widths."""

from datetime import date
from typing import Any

from ftlclient.views import summary
from tests.client.conftest import lines


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
