"""A server with two members and no periods, for the commands that record."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ftlserver import clock, samples
from ftlserver.app import create_app
from ftlserver.store import Store
from tests.conftest import EGON, GLINDA, all_rows, serving


@pytest.fixture
def store(sqlite_store: Store) -> Store:
    sqlite_store.record([EGON, GLINDA], [])
    return sqlite_store


@pytest.fixture
def url(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with serving(create_app(store)) as url:
        monkeypatch.setenv("FTL_URL", url)
        yield url


def instants(store: Store) -> list[tuple[str, int, int]]:
    return [(row[0], row[1], row[2]) for row in all_rows(store)]


@contextmanager
def interrupted_after(seconds: float) -> Iterator[None]:
    """Press Ctrl-C after a while."""
    timer = threading.Timer(seconds, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    yield
    timer.join()


@pytest.fixture
def demo(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Serve the demo's team."""
    team = samples.demo_team(clock.now())
    sqlite_store.record((user for user, _ in team), (period for _, periods in team for period in periods))
    with serving(create_app(sqlite_store)) as url:
        monkeypatch.setenv("FTL_URL", url)
        yield url
