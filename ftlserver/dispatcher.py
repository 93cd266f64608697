"""Which thread works on a request: no more at once than is useful, as long as they get on.

Threads that work at once take the interpreter lock from each other at every call that gives it up, for the
database, the log and the socket: with SQLite eight of them answer 1,150 short questions a second, one alone
1,900. So more join only when those at work have been held up, by a long question or by a database that waits.
A database that is another process keeps several waiting at once.
"""

import threading
import time

from waitress.channel import HTTPChannel
from waitress.task import ThreadedTaskDispatcher

HELD_UP = 0.002  # seconds without a task being taken


class Dispatcher(ThreadedTaskDispatcher):  # type: ignore[misc]  # waitress is untyped
    """The threads of a server, of which *abreast* work at once while they get on.

    ``active_count`` counts those at work and those that were just woken.
    """

    def __init__(self, abreast: int) -> None:
        super().__init__()
        self._abreast = abreast
        self._taken_at = 0.0
        self._taken_by = 0

    def add_task(self, task: HTTPChannel) -> None:
        with self.lock:
            self.queue.append(task)
            if self.active_count < min(self._abreast, len(self.threads)):
                self._wake_one()

    def relieve(self) -> bool:
        """Let another thread join if those at work are held up; tell whether to look again in HELD_UP seconds."""
        with self.lock:
            may_join = bool(self.queue) and self.active_count < len(self.threads)
            if may_join and self._are_held_up():
                self._taken_at = time.monotonic()
                self._wake_one()
            return may_join

    def handler_thread(self, thread_no: int) -> None:
        while (task := self._take()) is not None:
            try:
                task.service()
            except BaseException:
                self.logger.exception("Exception when servicing %r", task)
        with self.lock:
            self.stop_count -= 1
            self.threads.discard(thread_no)
            self.thread_exit_cv.notify()

    def _take(self) -> HTTPChannel | None:
        """Wait for a task and return it, or None if the thread is to end."""
        me = threading.get_ident()
        with self.lock:
            # While all are at work relieve() has nobody to wake, and the loop sleeps, so that none may leave then.
            is_spare = self._abreast < self.active_count < len(self.threads)
            may_leave = is_spare and self._taken_by != me and not self._are_held_up()
            while self.stop_count == 0 and (may_leave or not self.queue):
                self._sleep()
                may_leave = False
            if self.stop_count:
                return None
            self._taken_at, self._taken_by = time.monotonic(), me
            return self.queue.popleft()

    def _sleep(self) -> None:
        self.active_count -= 1
        self.queue_cv.wait()

    def _are_held_up(self) -> bool:
        return time.monotonic() - self._taken_at > HELD_UP

    def _wake_one(self) -> None:
        self.active_count += 1
        self.queue_cv.notify()
