"""The heat maps at fixed widths."""

from typing import Any

import pytest
from rich.console import Console

from ftlclient.views import hours
from tests.client.conftest import lines

WINDOW = {"from": "2026-10-25T23:00:00Z", "to": "2026-11-22T23:00:00Z", "rule": ""}


def member(name: str, first: list[float], tz: str = "UTC", weeks: float = 4.0) -> dict[str, Any]:
    """Return a member with those shares of the first hours of a week, and no others."""
    return {"id": name, "real_name": name, "tz": tz, "weeks": weeks, "hours": first + [0.0] * (168 - len(first))}


def answer(*members: dict[str, Any], tz: str | None = "Europe/Berlin") -> dict[str, Any]:
    return {"window": WINDOW, "tz": tz, "members": list(members)}


SHARES = [0.0] * 9 + [1.0, 0.6, 0.3, 0.01]
HOURS = answer(member("A", SHARES), member("B", SHARES))


@pytest.mark.parametrize(
    ("encoding", "row", "legend"),
    [
        ("utf-8", "██▓▓▒▒░░", "    up to ░ 1 %  ▒ 30 %  ▓ 60 %  █ 100 % of the hour active"),
        ("ascii", "##**++--", "    up to - 1 %  + 30 %  * 60 %  # 100 % of the hour active"),
    ],
)
def test_hours_are_a_heat_map_on_the_clock_of_the_question(encoding: str, row: str, legend: str) -> None:
    shown = lines(hours.Hours(answer(member("A", SHARES))), 100, encoding)
    assert shown == [
        "Active share of each hour of the week, Mon 2026-10-26 to Sun 2026-11-22, Europe/Berlin",
        "",
        "A",
        "    00    03    06    09    12    15    18    21",
        f"Mon {' ' * 18}{row}",
        *("Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
        "",
        legend,
    ]


def test_where_all_are_likely_is_the_product_of_their_shares() -> None:
    shown = lines(hours.Hours(HOURS), 120)
    assert shown[2] == "All 2 at once, most likely Mon 09:00 (100 %), Mon 10:00 (36 %), Mon 11:00 (9 %)"
    assert shown[4] == f"Mon {' ' * 18}██▓▓▒▒░░"
    assert shown[11] == "    up to ░ 0.01 %  ▒ 9 %  ▓ 36 %  █ 100 % likely, the product of their shares"
    assert shown[13] == f"A{' ' * 53}B"


def test_members_on_clocks_of_their_own_are_not_put_together() -> None:
    own = answer(member("A", SHARES, "Asia/Tokyo"), member("B", SHARES, "Europe/Berlin"), tz=None)
    own["window"] = WINDOW | {
        "by_member": {
            "A": {"from": "2026-10-25T15:00:00Z", "to": "2026-11-22T15:00:00Z"},
            "B": {"from": "2026-10-25T23:00:00Z", "to": "2026-11-22T23:00:00Z"},
        }
    }
    shown = lines(hours.Hours(own), 120)
    assert shown[0].endswith("Mon 2026-10-26 to Sun 2026-11-22, each member's own clock")
    assert shown[2] == "All 2 at once: each is shown on another clock; --tz with a zone shows when all are there"
    assert shown[4] == f"A  Asia/Tokyo{' ' * 41}B  Europe/Berlin"
    same = answer(member("A", SHARES, "Asia/Tokyo"), member("B", SHARES, "Asia/Tokyo"), tz=None)
    assert lines(hours.Hours(same), 120)[2].startswith("All 2 at once, most likely Mon 09:00")


def test_without_an_hour_of_all_the_most_are_named() -> None:
    apart = answer(member("A", [0, 0.5, 0.1]), member("B", [0, 0, 0.2]), member("C", [0.1]), member("D", []))
    shown = lines(hours.Hours(apart), 120)
    assert shown[2] == (
        "All 3 at once: there is no hour of the week in which all were active; 2 were on Mon 02:00"
    )
    assert shown[-1] == "No activity: D"
    assert lines(hours.Hours(answer(member("D", []))), 120)[1:] == ["no activity"]


def test_the_shades_show_sparse_activity() -> None:
    shown = lines(hours.Hours(answer(member("A", [0.02, 0.04, 0.061, 0.083]))), 100)
    assert shown[4] == "Mon ░░▒▒▓▓██"
    assert shown[-1] == "    up to ░ 2 %  ▒ 4 %  ▓ 6.1 %  █ 8.3 % of the hour active"
    one = lines(hours.Hours(answer(member("A", [0.02]))), 100)
    assert (one[4], one[-1]) == ("Mon ██", "    up to █ 2 % of the hour active")


def test_histories_of_different_lengths_are_named() -> None:
    shown = lines(hours.Hours(answer(member("A", SHARES), member("B", SHARES, weeks=1 / 7))), 120)
    assert shown[13].split("   ")[0] == "A  over 28 days"
    assert shown[13].endswith("B  over 1 day")


@pytest.mark.parametrize("width", [28, 60, 80, 120, 200])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
@pytest.mark.parametrize("count", [1, 5, 30])
def test_maps_fit_the_width(width: int, encoding: str, count: int) -> None:
    members = [member(f"Wörld Wide 山田太郎 Web {number}" * 2, SHARES) for number in range(count)]
    shown = lines(hours.Hours(answer(*members)), width, encoding)
    assert max(map(len, shown)) <= width
    if count == 5 and width == 120:
        assert len(shown) <= 40


def test_many_members_have_a_line_each() -> None:
    members = [member(f"member {number}", SHARES) for number in range(30)]
    shown = lines(hours.Hours(answer(*members)), 120)
    assert len(shown) == 2 + 10 + 1 + 2 + 30 + 2
    assert f"member 7  {' ' * 18}██▓▓▒▒░░" in shown


def test_rows_say_whose_clock_the_hours_are_on() -> None:
    assert len(list(hours.rows(HOURS))) == 336
    assert list(hours.rows(HOURS))[9] == ("A", "A", "UTC", "Mon", 9, 1.0, "Europe/Berlin")
    assert next(hours.rows(answer(member("A", SHARES), tz=None)))[-1] == "UTC"


def test_a_pipe_is_as_wide_as_a_map() -> None:
    console = Console(width=200)
    assert hours.Hours(HOURS).__rich_measure__(console, console.options) == (28, 52)
