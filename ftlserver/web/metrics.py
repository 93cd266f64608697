"""Counting requests, in memory that all workers share: https://prometheus.io/docs/concepts/metric_types/.

Each worker writes cells of its own, so that no lock between processes is needed, and a reader adds them up. The
memory is made before the workers, and a worker that is replaced goes on where the one before it ended.
"""

import mmap
import threading
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from itertools import accumulate
from typing import NamedTuple

# Seconds, at most, of the requests in each bucket; the last bucket has no limit.
LIMITS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
NO_ROUTE = ("-", "-")  # as in the access log

_STATUSES = [str(status.value) for status in HTTPStatus]
_STATUS_CELLS = {status: cell for cell, status in enumerate(_STATUSES)}
# The cells of a route: its requests by status, then by duration, then the sum of the durations.
_BUCKETS = len(_STATUSES)
_SUM = _BUCKETS + len(LIMITS) + 1
_ROUTE_CELLS = _SUM + 1


class State(NamedTuple):
    """What a server does at the moment."""

    connections: int = 0
    threads: int = 0
    active_threads: int = 0
    waiting_requests: int = 0


class Histogram(NamedTuple):
    """How long the requests to a route took: how many at most each of LIMITS, and in all; the sum in seconds."""

    at_most: list[int]
    seconds: float


class Metrics:
    """The counters of as many *workers*, for *routes*, each a method and a path.

    A path counts with and without its last slash. What matches no route counts as NO_ROUTE.
    """

    def __init__(self, routes: Sequence[tuple[str, str]], workers: int = 1) -> None:
        self.workers = workers
        self._routes = [*routes, NO_ROUTE]
        self._first_cells = {
            (method, path + slash): number * _ROUTE_CELLS
            for number, (method, path) in enumerate(self._routes)
            for slash in ("", "/")
        }
        self._no_route = self._first_cells[NO_ROUTE]
        self._state = len(self._routes) * _ROUTE_CELLS
        self._refused = self._state + len(State._fields)
        self._size = self._refused + 1
        self._cells = memoryview(mmap.mmap(-1, 8 * self._size * workers)).cast("d")
        self._own = 0
        self._lock = threading.Lock()  # between the threads of this worker

    def count_as(self, worker: int) -> None:
        """Count in the cells of *worker*, a number from 1 on, from now on."""
        self._own = (worker - 1) * self._size

    def count(self, route: tuple[str, str], status: str, seconds: float) -> None:
        """Count a request that was answered with *status* after *seconds*."""
        first = self._own + self._first_cells.get(route, self._no_route)
        bucket = first + _BUCKETS + bisect_left(LIMITS, seconds)
        with self._lock:
            self._cells[first + _STATUS_CELLS[status]] += 1
            self._cells[bucket] += 1
            self._cells[first + _SUM] += seconds

    def count_refused(self) -> None:
        """Count a connection beyond the limit; only one thread of a worker does."""
        self._cells[self._own + self._refused] += 1

    def note(self, state: State) -> None:
        """Note what the server of this worker does at the moment."""
        first = self._own + self._state
        for cell, value in enumerate(state):
            self._cells[first + cell] = value

    def state(self) -> State:
        """Return what the servers of all workers do, as last noted."""
        first = self._state
        return State(*(int(self._sum(first + cell)) for cell in range(len(State._fields))))

    def refused(self) -> int:
        """Return the number of connections beyond the limit so far."""
        return int(self._sum(self._refused))

    def requests(self) -> Iterator[tuple[tuple[str, str], str, int]]:
        """Yield the route, the status and the number of the requests so far."""
        for number, route in enumerate(self._routes):
            for cell, status in enumerate(_STATUSES):
                if count := int(self._sum(number * _ROUTE_CELLS + cell)):
                    yield route, status, count

    def durations(self) -> Iterator[tuple[tuple[str, str], Histogram]]:
        """Yield the routes that were called, and how long their requests took until the answer began."""
        for number, route in enumerate(self._routes):
            first = number * _ROUTE_CELLS
            buckets = [int(self._sum(first + cell)) for cell in range(_BUCKETS, _SUM)]
            if any(buckets):
                yield route, Histogram(list(accumulate(buckets)), self._sum(first + _SUM))

    def _sum(self, cell: int) -> float:
        return sum(self._cells[cell :: self._size])
