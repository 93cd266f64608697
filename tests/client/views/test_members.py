"""The list of members."""

from ftlclient.views import members
from tests.client.conftest import lines
from tests.client.views.conftest import PRESENCE


def test_members_are_listed_by_name() -> None:
    shown = [line for line in lines(members.view(PRESENCE), 80) if line]
    assert [line.split()[1] for line in shown[2:]] == ["Active", "Earlier", "Last", "Never"]
    assert next(members.rows(PRESENCE)) == ("n", "Never", "UTC", "2026-11-16T12:00:00+00:00")
