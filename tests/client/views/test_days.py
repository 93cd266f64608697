"""The days of one member at fixed widths."""

from datetime import UTC, date, datetime, timedelta

import pytest

from ftlclient.views import days
from ftlcommon import zones
from tests.client.conftest import lines, person

BERLIN = zones.zone("Europe/Berlin")
JONAS = person(
    "Jonas",
    "Europe/Berlin",
    ("2026-10-24T09:00:00+02:00", "2026-10-24T12:00:20+02:00"),
    ("2026-10-24T23:00:00+02:00", "2026-10-25T04:00:20+01:00"),
)
NOW = datetime(2026, 11, 25, tzinfo=UTC)
WINDOW = {"from": "2026-10-22T22:00:00Z", "to": "2026-10-26T23:00:00Z"}
DAYS = [date(2026, 10, 23) + timedelta(days=n) for n in range(4)]


def test_a_month_of_one_member_has_a_row_for_each_day_below_one_axis() -> None:
    assert lines(days.Days(JONAS, DAYS, BERLIN, NOW, WINDOW), 66) == [
        "Jonas: active time, Fri 2026-10-23 to Mon 2026-10-26,",
        "Europe/Berlin",
        "           00    03    06    09    12    15    18    21     Active",
        "Fri 10-23  ············                                ····      -",
        "Sat 10-24  ············      ██████▁                   ··██   4:01",
        "Sun 10-25  ████████▁···                                ····   5:00",
        "Mon 10-26  ············                                ····      -",
        "Total                                                         9:01",
        "▁▅█ active some, half, all of 30 min  · night there (22-06)",
    ]


@pytest.mark.parametrize("width", [60, 80, 120, 200])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_a_month_fits_a_screen(width: int, encoding: str) -> None:
    month = [date(2026, 10, 1) + timedelta(days=n) for n in range(31)]
    window = {"from": "2026-09-30T22:00:00Z", "to": "2026-10-31T23:00:00Z"}
    long = person("Bartholomew Featherstonehaugh-Cholmondeley", "Asia/Tokyo")
    shown = lines(days.Days(long, month, None, NOW, window), width, encoding)
    assert len(shown) <= 37
    assert max(map(len, shown)) <= width
    assert "\n".join(shown).isascii() == (encoding == "ascii")


def test_days_to_come_are_left_out() -> None:
    during = datetime(2026, 10, 24, 23, tzinfo=UTC)  # the 25th in Berlin
    shown = lines(days.Days(person("Ann", "UTC"), DAYS, BERLIN, during, WINDOW), 80)
    assert [line[:9] for line in shown[2:-2]] == ["Fri 10-23", "Sat 10-24", "Sun 10-25"]
    before = datetime(2026, 10, 1, tzinfo=UTC)
    assert len(lines(days.Days(person("Ann", "UTC"), DAYS, BERLIN, before, WINDOW), 80)) == 8
