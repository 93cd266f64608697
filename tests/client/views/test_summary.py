"""The summary at fixed widths."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from ftlclient.views import summary
from ftlcommon import zones
from tests.client.conftest import lines

NOW = datetime(2026, 11, 25, tzinfo=UTC)


def day(name: str, seconds: int) -> dict[str, Any]:
    return {"date": name, "active_seconds": seconds, "length_seconds": 86400}


def answer(*members: dict[str, Any], first: str, after: str) -> dict[str, Any]:
    """Return a summary whose window is of those days of UTC."""
    return {"members": list(members), "window": {"from": f"{first}T00:00:00Z", "to": f"{after}T00:00:00Z"}}


def member(name: str, per: str, units: list[tuple[str, int]], tz: str = "UTC") -> dict[str, Any]:
    key = "date" if per == "day" else per
    found = [{key: unit, "active_seconds": seconds, "length_seconds": 86400} for unit, seconds in units]
    total = sum(seconds for _, seconds in units)
    return {"id": name, "real_name": name, "tz": tz, "active_seconds": total, f"{per}s": found}


SUMMARY = answer(
    {
        "id": "j",
        "real_name": "Jonas [x]",
        "tz": "Europe/Berlin",
        "active_seconds": 30600,
        "days": [day("2026-11-16", 28800), day("2026-11-17", 0), day("2026-11-18", 1800)],
    },
    {"id": "m", "real_name": "Maya", "tz": "UTC", "active_seconds": 0, "days": []},
    first="2026-11-16",
    after="2026-11-19",
)
DAYS = ["2026-11-16", "2026-11-17", "2026-11-18", "2026-11-19"]
UTC_ZONE = zones.UTC_ZONE


def draw(
    found: dict[str, Any], per: str = "day", width: int = 80, now: datetime = NOW, encoding: str = "utf-8"
) -> list[str]:
    return lines(summary.Summary(found, per, UTC_ZONE, now), width, encoding)


def test_the_summary_has_totals_and_a_column_for_each_day() -> None:
    assert draw(SUMMARY, width=60) == [
        "Active time per day, Mon 2026-11-16 to Wed 2026-11-18, UTC",
        "                          2026-W47",
        "             Total  a day Mo 16 Tu 17 We 18",
        "Jonas [x]     8:30   2:50  8:00     -  0:30",
        "Maya          0:00   0:00",
        "All           8:30         8:00     -  0:30",
    ]
    assert next(summary.rows(SUMMARY, "day")) == (
        "j",
        "Jonas [x]",
        "Europe/Berlin",
        "2026-11-16",
        28800,
        86400,
        "",
        "",
    )


def test_without_members_or_days_there_is_no_activity() -> None:
    empty = answer(first="2026-11-16", after="2026-11-19")
    assert draw(empty)[1:] == ["no activity"]
    assert draw(empty | {"members": SUMMARY["members"][1:]})[1:] == ["no activity"]


def test_weeks_and_months_have_columns_with_their_years() -> None:
    weeks = [("2018-W52", 3600), ("2019-W01", 7200), ("2019-W02", 0)]
    assert draw(answer(member("Ann", "week", weeks), first="2018-12-24", after="2019-01-14"), "week") == [
        "Active time per week, Mon 2018-12-24 to Sun 2019-01-13, UTC",
        "                         2018   2019",
        "            Total  a day    W52    W01    W02",
        "Ann          3:00   0:09   1:00   2:00      -",
    ]
    months = [("2018-12", 360_000), ("2019-01", 0)]
    assert draw(answer(member("Ann", "month", months), first="2018-12-01", after="2019-02-01"), "month")[1:] == [
        "                         2018   2019",
        "            Total  a day    Dec    Jan",
        "Ann        100:00   1:37 100:00      -",
    ]
    assert next(summary.rows({"members": [member("Ann", "month", months)]}, "month"))[3] == "2018-12"
    assert summary.columns("month")[3] == "month"


def test_a_week_at_the_turn_of_a_year_has_its_iso_year() -> None:
    days = [("2018-12-30", 60), ("2018-12-31", 60), ("2019-01-01", 60)]
    shown = draw(answer(member("Ann", "day", days), first="2018-12-30", after="2019-01-02"))
    assert shown[2].split() == ["Total", "a", "day", "Su", "30", "Mo", "31", "Tu", "01"]
    assert "2019-W01" in shown[1]
    assert "2018-W01" not in shown[1]


def test_days_that_are_still_to_come_are_blank_and_no_divisor() -> None:
    found = answer(
        member("Ann", "day", [(name, 3600) for name in DAYS[:2]] + [(name, 0) for name in DAYS[2:]]),
        first=DAYS[0],
        after="2026-11-20",
    )
    during = datetime(2026, 11, 17, 12, tzinfo=UTC)
    assert draw(found, now=during)[-1] == "Ann          2:00   1:00  1:00  1:00"
    assert draw(found)[-1] == "Ann          2:00   0:30  1:00  1:00     -     -"
    assert draw(found, now=datetime(2026, 11, 1, tzinfo=UTC))[-1].split()[:3] == ["Ann", "2:00", "-"]


def test_without_a_beginning_the_days_count_from_the_first_activity() -> None:
    found = answer(
        member("Ann", "month", [("2026-10", 36_000), ("2026-11", 0)]), first="2026-11-01", after="2026-11-11"
    )
    found["members"][0]["months"][0]["first_start"] = "2026-10-22T09:00:00+00:00"
    found["window"]["from"] = None
    assert draw(found, "month")[-1].split()[:3] == ["Ann", "10:00", "0:30"]  # in 20 days


def test_rows_and_columns_add_up_as_shown() -> None:
    team = [
        member(name, "day", [(day, 1000 + 77 * n + 13 * m) for m, day in enumerate(DAYS)])
        for n, name in enumerate("abcdefg")
    ]
    shown = draw(answer(*team, first=DAYS[0], after="2026-11-20"))
    rows = [[minutes(cell) for cell in line.split()[1:]] for line in shown[3:]]
    for total, _, *cells in rows[:-1]:
        assert total == sum(cells)
    total, *cells = rows[-1]
    assert total == sum(cells) == sum(row[0] for row in rows[:-1])
    assert cells == [sum(column) for column in zip(*(row[2:] for row in rows[:-1]), strict=True)]


def minutes(cell: str) -> int:
    hours, _, rest = cell.partition(":")
    return int(hours) * 60 + int(rest)


def test_seconds_show_as_less_than_a_minute() -> None:
    found = answer(member("Ann", "day", [(DAYS[0], 5), (DAYS[1], 0)]), first=DAYS[0], after=DAYS[2])
    assert draw(found)[-1].split() == ["Ann", "<0:01", "0:00", "<0:01", "-"]


@pytest.mark.parametrize("width", [60, 80, 120, 200])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_many_days_are_drawn_in_blocks_that_fit(width: int, encoding: str) -> None:
    days = [((date(2026, 1, 1) + timedelta(days=n)).isoformat(), 3600) for n in range(100)]
    team = [member(name, "day", days) for name in ("Bartholomew Featherstonehaugh", "Łukasz Żółć")]
    shown = draw(answer(*team, first="2026-01-01", after="2026-04-11"), width=width, encoding=encoding)
    assert max(map(len, shown)) <= width
    assert "\n".join(shown).isascii() == (encoding == "ascii")
    names = {line[: max(8, min(20, width // 4))] for line in shown if line.startswith("Barth")}
    assert names == {
        {("utf-8", 60): "Bartholomew Fe…", ("ascii", 60): "Bartholomew ..."}.get(
            (encoding, width), "Bartholomew Feather…" if encoding == "utf-8" else "Bartholomew Feath..."
        )
    }
    heads = " ".join(line for line in shown if "Mo " in line or "Tu " in line)
    assert heads.count("Mo ") == 14


def test_on_each_members_own_clock_the_zone_is_named() -> None:
    found = SUMMARY | {
        "window": {
            "from": "2026-11-15T23:00:00Z",
            "to": "2026-11-19T00:00:00Z",
            "by_member": {
                "j": {"from": "2026-11-15T23:00:00Z", "to": "2026-11-18T23:00:00Z"},
                "m": {"from": "2026-11-16T00:00:00Z", "to": "2026-11-19T00:00:00Z"},
            },
        }
    }
    shown = lines(summary.Summary(found, "day", None, NOW), 100)
    assert shown[0] == "Active time per day, Mon 2026-11-16 to Wed 2026-11-18, each member's own clock"
