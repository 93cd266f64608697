"""The heat map at fixed widths."""

import pytest

from ftlclient.views import hours
from tests.client.conftest import lines

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
    assert "A  UTC, over 28 days" in shown
    assert [line for line in shown if line.startswith("Sun")] == ["Sun"] * 3
    assert max(map(len, lines(hours.Hours(HOURS), 40, encoding))) <= 40
    assert len(list(hours.rows(HOURS))) == 336
    assert list(hours.rows(HOURS))[9] == ("A", "A", "UTC", "Mon", 9, 1.0)
