"""Who is active."""

from ftlclient.views import who
from tests.client.conftest import lines
from tests.client.views.conftest import PRESENCE


def test_who_shows_active_members_first() -> None:
    shown = [line for line in lines(who.view(PRESENCE), 80) if line]
    assert [line.split()[0] for line in shown[2:]] == ["Active", "Last", "Earlier", "Never"]
    assert "since 11:15 (0:45)" in shown[2]
    assert "night" in shown[2]
    assert "until Fri 18:00" in shown[3]
    assert "until 2026-01-13" in shown[4]
    assert list(who.rows(PRESENCE))[3][3:6] == ("yes", "2026-11-16T11:15:00+00:00", "")
