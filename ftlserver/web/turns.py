"""Expensive requests take turns: they share one interpreter, and many at once would only block short ones."""

import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager

from ftlserver.errors import RefusedError
from ftlserver.storage.periods import Extent

LONGEST_WAIT = 60.0  # seconds
# A question about more is expensive, and so is a body that is longer.
FEW_PERIODS = 20_000
FEW_MEMBERS = 500
SHORT_BODY = 64 * 1024
FEW_EVENTS = 100  # a thousand take half a second to write

_questions = threading.BoundedSemaphore(2)
_bodies = threading.BoundedSemaphore(1)  # a mebibyte of JSON is eight in memory


def in_turn(extents: list[Extent], pieces: Generator[bytes, None, None]) -> Generator[bytes, None, None]:
    """Yield *pieces*, which a question about *extents* makes; raise RefusedError if its turn does not come."""
    if len(extents) <= FEW_MEMBERS and sum(extent.periods for extent in extents) <= FEW_PERIODS:
        yield from pieces
        return
    with _turn(_questions):
        yield from pieces


@contextmanager
def turn_of_members(count: int) -> Iterator[None]:
    """Wait until a question may select from that many members; raise RefusedError if its turn does not come."""
    if count <= FEW_MEMBERS:
        yield
        return
    with _turn(_questions):
        yield


@contextmanager
def turn_of_events(count: int) -> Iterator[None]:
    """Wait until a calendar of that many events may be written; raise RefusedError if its turn does not come."""
    if count <= FEW_EVENTS:
        yield
        return
    with _turn(_questions):
        yield


@contextmanager
def turn_of_body(length: int) -> Iterator[None]:
    """Wait until a body of that *length* may be read; raise RefusedError if its turn does not come."""
    if length <= SHORT_BODY:
        yield
        return
    with _turn(_bodies):
        yield


@contextmanager
def _turn(turns: threading.BoundedSemaphore) -> Iterator[None]:
    if not turns.acquire(timeout=LONGEST_WAIT):
        message = "the server is working on other large requests; try again in a minute, or send less at once"
        raise RefusedError("server_busy", message, retry_after=60)
    try:
        yield
    finally:
        turns.release()
