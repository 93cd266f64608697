"""Counting requests, in several threads and processes."""

import os
import subprocess
import sys

import pytest

from ftlserver.web.metrics import LIMITS, NO_ROUTE, Metrics
from tests.helpers import in_threads

USER = ("GET", "/api/users/<user_id>")
ASK = ("POST", "/api/loguseractivity")


def test_requests_count_by_route_and_status() -> None:
    metrics = Metrics([USER, ASK])
    for status in ("200", "404", "200"):
        metrics.count(USER, status, 0.1)
    metrics.count(ASK, "200", 0.1)
    assert list(metrics.requests()) == [(USER, "200", 2), (USER, "404", 1), (ASK, "200", 1)]


def test_a_path_counts_with_and_without_its_last_slash() -> None:
    metrics = Metrics([USER])
    metrics.count(USER, "200", 0.1)
    metrics.count(("GET", "/api/users/<user_id>/"), "200", 0.1)
    assert list(metrics.requests()) == [(USER, "200", 2)]


@pytest.mark.parametrize("route", [NO_ROUTE, ("BREW", "/api/users/<user_id>"), ("GET", "/api/users/W012A3CDE")])
def test_what_matches_no_route_has_no_label_of_its_own(route: tuple[str, str]) -> None:
    metrics = Metrics([USER])
    metrics.count(route, "404", 0.1)
    assert list(metrics.requests()) == [(NO_ROUTE, "404", 1)]


def test_durations_fall_into_the_first_bucket_that_holds_them() -> None:
    metrics = Metrics([USER, ASK])
    for seconds in (0.0, LIMITS[0], LIMITS[0] + 1e-9, LIMITS[-1], 1_000.0):
        metrics.count(USER, "200", seconds)
    ((route, (at_most, seconds)),) = metrics.durations()
    assert route == USER
    assert at_most == [2, *[3] * (len(LIMITS) - 2), 4, 5]
    assert seconds == pytest.approx(LIMITS[0] * 2 + LIMITS[-1] + 1_000.0)


def test_threads_lose_no_count() -> None:
    metrics = Metrics([USER])

    def work() -> None:
        for _ in range(5_000):
            metrics.count(USER, "200", 0.0)

    assert in_threads(4, work) == []
    assert list(metrics.requests()) == [(USER, "200", 20_000)]


# In a process of its own, which has no threads when it forks.
WORKERS = """
import os
from ftlserver.web.metrics import Metrics, State
metrics = Metrics([("GET", "/")], workers=3)
for _ in range(2):  # the second time each worker is a replacement
    for worker in (1, 2, 3):
        if os.fork() == 0:
            metrics.count_as(worker)
            for _ in range(worker):
                metrics.count(("GET", "/"), "200", 0.5)
            metrics.count_refused()
            metrics.note(State(connections=worker, threads=8))
            os._exit(0)
        assert os.wait()[1] == 0
assert list(metrics.requests()) == [(("GET", "/"), "200", 12)]
assert next(metrics.durations())[1].seconds == 6.0
assert metrics.refused() == 6
assert metrics.state() == State(connections=6, threads=24)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork, and one worker")
def test_the_counts_of_workers_add_up_and_survive_them() -> None:
    subprocess.run([sys.executable, "-W", "error", "-c", WORKERS], check=True)
