"""How many threads are active at once: no more than is useful, unless the active ones are stalled.

Active threads take the interpreter lock from each other at every call that gives it up, for the database, the log
and the socket: with SQLite eight of them answer 1,150 short questions a second, one alone 1,900. So another thread
becomes active only when no task was taken for a while, because of a long question or a slow database. A database
that is another process keeps several threads waiting at once. waitress' own dispatcher is the plain twin.
"""

import threading
import time

from waitress.channel import HTTPChannel
from waitress.task import ThreadedTaskDispatcher

STALLED_SECONDS = 0.002  # without a task being taken


class Dispatcher(ThreadedTaskDispatcher):  # type: ignore[misc]  # waitress is untyped
    """The threads of a server, of which *concurrency* are active at once unless they are stalled.

    ``active_count`` includes the threads that were just woken.
    """

    def __init__(self, concurrency: int) -> None:
        super().__init__()
        self._concurrency = concurrency
        self._taken_at = 0.0
        self._taken_by = 0

    def add_task(self, task: HTTPChannel) -> None:
        with self.lock:
            self.queue.append(task)
            if self.active_count < min(self._concurrency, len(self.threads)):
                self._wake_one()

    def add_thread_if_stalled(self) -> bool:
        """Wake another thread if the active ones are stalled; tell whether to look again in STALLED_SECONDS."""
        with self.lock:
            can_wake = bool(self.queue) and self.active_count < len(self.threads)
            if can_wake and self._are_stalled():
                self._taken_at = time.monotonic()
                self._wake_one()
            return can_wake

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
            # While all threads are active the loop does not look for stalled ones, so that none may sleep then.
            is_spare = self._concurrency < self.active_count < len(self.threads)
            can_sleep = is_spare and self._taken_by != me and not self._are_stalled()
            while self.stop_count == 0 and (can_sleep or not self.queue):
                self._sleep()
                can_sleep = False
            if self.stop_count:
                return None
            self._taken_at, self._taken_by = time.monotonic(), me
            return self.queue.popleft()

    def _sleep(self) -> None:
        self.active_count -= 1
        self.queue_cv.wait()

    def _are_stalled(self) -> bool:
        return time.monotonic() - self._taken_at > STALLED_SECONDS

    def _wake_one(self) -> None:
        self.active_count += 1
        self.queue_cv.notify()
