"""A team of today on an open server, and browsers that send what browsers send."""

import pytest
from webtest import TestApp

from ftlserver.domain import instants
from ftlserver.domain.instants import DAY, HOUR, MINUTE
from ftlserver.domain.period import ActivityPeriod
from ftlserver.domain.team import Team
from ftlserver.domain.timezones import offset_at
from ftlserver.domain.user import User
from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests.helpers import EGON, GLINDA

# Each of them hides, ends or adds something where a page forgets to escape.
HOSTILE = User("x.y@z+1", "<script>alert(1)</script>\"'&{{1+1}}% end", "Europe/Berlin")
QUIET = User("quiet", "Quiet One", "Pacific/Auckland")
NAVIGATION = {
    "Accept": "text/html",
    "Sec-Fetch-Site": "none",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Dest": "document",
}
FORM = {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost:80"}


def period(user: User, start: int, end: int) -> ActivityPeriod:
    return ActivityPeriod(user.id, start, end, offset_at(start, user.zone), offset_at(end, user.zone))


def store_today(storage: Storage) -> None:
    """Store Egon, who is active now, Glinda, who was each day for two weeks, one with a hostile name, and a quiet one."""
    now = instants.now()
    periods = [period(EGON, now - HOUR, now + HOUR), period(HOSTILE, now - DAY, now - DAY + HOUR)]
    for day in range(1, 15):
        start = (now // DAY - day) * DAY + 9 * HOUR
        periods += [
            period(GLINDA, start, start + 3 * HOUR),
            period(EGON, start + HOUR, start + HOUR + 30 * MINUTE),
        ]
    storage.bulk_import.store([EGON, GLINDA, HOSTILE, QUIET], periods)
    storage.teams.add(Team("backend", "Back & end"), [EGON.id, GLINDA.id])


@pytest.fixture
def today(sqlite_storage: Storage) -> Storage:
    store_today(sqlite_storage)
    return sqlite_storage


@pytest.fixture
def browser(today: Storage) -> TestApp:
    """Give a browser at an open server."""
    return TestApp(create_app(today), extra_environ={"HTTP_HOST": "localhost:80"})
