"""A server with two members and no periods, for the commands that record."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ftlserver.commands import sample_data
from ftlserver.domain import instants
from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests.conftest import EGON, GLINDA, all_rows, serving


@pytest.fixture
def storage(sqlite_storage: Storage) -> Storage:
    sqlite_storage.bulk_import.store([EGON, GLINDA], [])
    return sqlite_storage


@pytest.fixture
def url(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with serving(create_app(storage)) as url:
        monkeypatch.setenv("FTL_URL", url)
        yield url


def stored_instants(storage: Storage) -> list[tuple[str, int, int]]:
    return [(row[0], row[1], row[2]) for row in all_rows(storage)]


@contextmanager
def interrupted_after(seconds: float) -> Iterator[None]:
    """Press Ctrl-C after a while."""
    timer = threading.Timer(seconds, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    yield
    timer.join()


@pytest.fixture
def demo(sqlite_storage: Storage, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Serve the demo's team."""
    team = sample_data.demo_team(instants.now())
    sqlite_storage.bulk_import.store(
        (user for user, _ in team), (period for _, periods in team for period in periods)
    )
    with serving(create_app(sqlite_storage)) as url:
        monkeypatch.setenv("FTL_URL", url)
        yield url
