"""Dear questions take turns: they share one interpreter, and many at once would only block short ones."""

import threading
from collections.abc import Iterable, Iterator

from ftlserver.errors import RefusedError
from ftlserver.storage.periods import Extent

AT_ONCE = 2
LONGEST_WAIT = 60.0  # seconds
# A question about more is dear.
FEW_PERIODS = 20_000
FEW_MEMBERS = 500

_turns = threading.BoundedSemaphore(AT_ONCE)


def in_turn(extents: list[Extent], pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield *pieces*, which a question about *extents* makes; raise RefusedError if its turn does not come."""
    if len(extents) <= FEW_MEMBERS and sum(extent.periods for extent in extents) <= FEW_PERIODS:
        yield from pieces
        return
    if not _turns.acquire(timeout=LONGEST_WAIT):
        message = "the server is working on other large questions; try again in a minute, or ask for less"
        raise RefusedError("server_busy", message, retry_after=60)
    try:
        yield from pieces
    finally:
        _turns.release()
