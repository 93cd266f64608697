"""Who is active."""

import copy

import pytest

from ftlclient.views import who
from ftlcommon import zones
from tests.client.conftest import lines
from tests.client.views.conftest import PRESENCE

UTC_ZONE = zones.UTC_ZONE


def test_who_shows_active_members_first() -> None:
    shown = [line for line in lines(who.view(PRESENCE, UTC_ZONE), 80) if line]
    assert shown[0] == "1 of 4 members active, Mon 2026-11-16 12:00, UTC"
    assert [line.split()[0] for line in shown[3:]] == ["Active", "Last", "Earlier", "Never"]
    assert "since 11:15 (0:45)" in shown[3]
    assert "night" in shown[3]
    assert "until Fri 18:00" in shown[4]
    assert "until 2026-01-13" in shown[5]
    assert list(who.rows(PRESENCE))[3][3:6] == ("yes", "2026-11-16T11:15:00+00:00", "")


def test_the_moment_is_named_on_the_clock_of_the_zone() -> None:
    berlin = zones.zone("Europe/Berlin")
    assert lines(who.view(PRESENCE, berlin), 80)[0] == "1 of 4 members active, Mon 2026-11-16 13:00, Europe/Berlin"
    shown = lines(who.view(PRESENCE, None), 100)[0]
    assert shown == "1 of 4 members active, Mon 2026-11-16 12:00, UTC, times on their own clocks"


def test_since_and_its_length_agree_as_shown() -> None:
    active = PRESENCE["members"][3] | {"since": "2026-11-16T11:15:50+00:00"}
    shown = lines(who.view({"at": "2026-11-16T12:00:10Z", "members": [active]}, UTC_ZONE), 80)
    assert "since 11:15 (0:45)" in "".join(shown)


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_long_names_are_cut_and_nothing_wraps(width: int, encoding: str) -> None:
    members = [
        member
        | {
            "id": str(n),
            "real_name": "Bartholomew Featherstonehaugh-Cholmondeley",
            "tz": "America/Argentina/Buenos_Aires",
        }
        for n, member in enumerate(PRESENCE["members"])
    ]
    shown = [line for line in lines(who.view(PRESENCE | {"members": members}, UTC_ZONE), width, encoding) if line]
    assert len(shown) == 3 + 4
    assert max(map(len, shown)) <= width
    assert (("..." if encoding == "ascii" else "…") in shown[3]) == (width < 120)


def test_who_is_away_is_usually_back() -> None:
    members = copy.deepcopy(PRESENCE["members"])
    away = next(member for member in members if not member["active"])
    for back, expected in (
        ("2026-11-16T12:00:00+00:00", "now"),
        ("2026-11-16T13:00:00+00:00", "13:00"),
        ("2026-11-19T09:00:00+00:00", "Thu 09:00"),
        ("2026-11-30T09:00:00+00:00", "2026-11-30"),
    ):
        away["usually_back"] = back
        answer = PRESENCE | {"members": members, "usually_back": back}
        shown = lines(who.view(answer, UTC_ZONE), 100)
        assert "Usually back" in shown[1]
        assert sum(f" {expected} " in line for line in shown[3:]) >= 1
        assert [row[-1] for row in who.rows(answer)].count(back) == 1
    assert "Usually back" not in "".join(lines(who.view(PRESENCE, UTC_ZONE), 100))
