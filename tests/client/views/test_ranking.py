"""Who was active most."""

import pytest

from ftlclient.views import ranking
from ftlcommon import zones
from tests.client.conftest import lines

WINDOW = {"from": "2019-01-01T00:00:00Z", "to": "2020-01-01T00:00:00Z"}
UTC_ZONE = zones.UTC_ZONE


def team(*totals: tuple[str, float]) -> dict[str, object]:
    members = [
        {"id": name[0], "real_name": name, "tz": "UTC", "active_seconds": seconds} for name, seconds in totals
    ]
    return {"members": members, "window": WINDOW}


FOUR = team(("Idle", 0), ("Ann", 3600), ("Bob", 7200), ("Cho", 3600))


def test_the_most_active_come_first_and_equals_share_a_rank() -> None:
    assert lines(ranking.Ranking(FOUR, UTC_ZONE), 60) == [
        "Most active, Tue 2019-01-01 to Tue 2019-12-31, UTC",
        " #  Name     Active   Share",
        " 1  Bob        2:00   50.0%  " + "█" * 31,
        " 2  Ann        1:00   25.0%  " + "█" * 15 + "▌",
        " 2  Cho        1:00   25.0%  " + "█" * 15 + "▌",
        " -  Idle          -       -",
        "    Total      4:00  of 3 active members",
    ]
    assert list(ranking.rows(FOUR)) == [
        (1, "B", "Bob", "UTC", 7200, "0.500000"),
        (2, "A", "Ann", "UTC", 3600, "0.250000"),
        (2, "C", "Cho", "UTC", 3600, "0.250000"),
        (4, "I", "Idle", "UTC", 0, "0.000000"),
    ]


def test_where_others_were_left_out_the_total_is_of_those_listed() -> None:
    shown = lines(ranking.Ranking(FOUR | {"omitted": {"inactive": 5, "beyond_limit": 3}}, UTC_ZONE), 60)
    assert shown[-1] == "    Total      4:00  of the 3 listed"
    shown = lines(ranking.Ranking(FOUR | {"omitted": {"inactive": 5, "beyond_limit": 0}}, UTC_ZONE), 60)
    assert shown[-1] == "    Total      4:00  of 3 active members"


def test_without_activity_nobody_has_a_rank() -> None:
    shown = lines(ranking.Ranking(team(("Idle", 0)), UTC_ZONE), 80)
    assert shown[2] == " -  Idle          -       -"


@pytest.mark.parametrize("width", [60, 80, 120, 200])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_it_fits_terminals(width: int, encoding: str) -> None:
    many = team(*((f"Bartholomew Featherstonehaugh {number}", 1000.5 * number) for number in range(1200)))
    shown = lines(ranking.Ranking(many, None), width, encoding)
    assert max(map(len, shown)) <= width
    assert "\n".join(shown).isascii() == (encoding == "ascii")
    assert ("..." if encoding == "ascii" else "…") in shown[3]
    assert sum(line.rstrip().endswith(("#", "█", "▏", "▎", "▍", "▌", "▋", "▊", "▉")) for line in shown) == 1199
