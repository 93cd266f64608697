"""The list of members."""

from ftlclient.views import members
from tests.client.conftest import lines
from tests.client.views.conftest import PRESENCE


def test_members_are_listed_by_name() -> None:
    shown = [line for line in lines(members.view(PRESENCE), 80) if line]
    assert shown[0] == "4 members, local times at Mon 2026-11-16 12:00 UTC"
    assert [line.split()[1] for line in shown[3:]] == ["Active", "Earlier", "Last", "Never"]
    assert next(members.rows(PRESENCE)) == ("n", "Never", "UTC", "2026-11-16T12:00:00+00:00")


def test_a_narrow_terminal_cuts_zones_then_names_then_ids() -> None:
    long = PRESENCE["members"][0] | {"id": "x" * 30, "real_name": "N" * 30, "tz": "America/Argentina/Buenos_Aires"}
    shown = [line for line in lines(members.view({"at": PRESENCE["at"], "members": [long]}), 60) if line]
    assert shown[3].split() == ["x" * 30, "NNNNNNN…", "Ameri…", "Mon", "12:00"]
    assert len(shown) == 4
