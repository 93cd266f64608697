"""How often callers may ask: a limit of requests a minute for each of them, in this process.

The ``limits`` library does this too, but by the system clock, which may be set.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from ftlserver.errors import RefusedError

_MINUTE = 60.0  # seconds
_MOST_CALLERS = 10_000  # that are remembered at once


class Rate:
    """A limit of *most* requests a minute for each caller; 0 is no limit.

    A caller may make *most* requests at once, and then one whenever another part of the minute has passed.
    """

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._lock = threading.Lock()
        # When all of a caller's requests will have been made up for, the last caller last.
        self._used_until: OrderedDict[str, float] = OrderedDict()

    def take(self, caller: str, message: str) -> None:
        """Count a request of *caller*; raise RefusedError, with *message* and when to retry, beyond the limit."""
        if not self._most:
            return
        with self._lock:
            now = self._clock()
            until = max(now, self._used_until.get(caller, now)) + _MINUTE / self._most
            if until <= now + _MINUTE + 0.001:  # fractions are not exact
                self._used_until[caller] = until
                self._used_until.move_to_end(caller)
                if len(self._used_until) > _MOST_CALLERS:
                    self._used_until.popitem(last=False)
                return
        raise RefusedError("ratelimited", message, max=self._most, retry_after=int(until - now - _MINUTE) + 1)
