"""Which tasks threads work on, and how many threads are active at once: no more than is useful.

Active threads take the interpreter lock from each other at every call that gives it up, for the database, the log
and the socket: with SQLite eight of them answer 1,150 short questions a second, one alone 1,900. So another thread
becomes active only when no task was taken for a while, because of a long question or a slow database. A database
that is another process keeps several threads waiting at once. waitress' own dispatcher is the plain twin.

One caller has at most half of the threads. When all of them have been working for long, others are started, so
that short questions need not wait until long ones end.
"""

import threading
import time
from collections import Counter

from waitress.channel import HTTPChannel
from waitress.task import ThreadedTaskDispatcher

STALLED_SECONDS = 0.002  # without a task being taken
LONG_SECONDS = 0.05  # without a task being taken while all threads work
MOST_THREADS = 2  # times as many as the server is given


class Dispatcher(ThreadedTaskDispatcher):  # type: ignore[misc]  # waitress is untyped
    """The *threads* of a server, of which *concurrency* are active at once unless they are stalled.

    ``active_count`` includes the threads that were just woken.
    """

    def __init__(self, concurrency: int, threads: int) -> None:
        super().__init__()
        self._concurrency = concurrency
        self._most_threads = threads * MOST_THREADS
        self._most_of_caller = max(1, threads // 2)
        self._working_for: Counter[str | None] = Counter()
        self._taken_at = 0.0
        self._taken_by = 0
        self.set_thread_count(threads)

    def add_task(self, task: HTTPChannel) -> None:
        with self.lock:
            self.queue.append(task)
            if self.active_count < min(self._concurrency, len(self.threads)):
                self._wake_one()

    def remove(self, task: HTTPChannel) -> bool:
        """Remove a task that no thread works on yet; tell whether it was one."""
        with self.lock:
            if task not in self.queue:
                return False
            self.queue.remove(task)
            return True

    def add_thread_if_stalled(self) -> bool:
        """Wake or start a thread if the active ones are stalled; tell whether to look again in STALLED_SECONDS."""
        with self.lock:
            if len(self.queue) == 0 or self._next_place() is None:
                return False
            idle = time.monotonic() - self._taken_at
            if self.active_count < len(self.threads):
                if idle > STALLED_SECONDS:
                    self._taken_at = time.monotonic()
                    self._wake_one()
            elif len(self.threads) == self._most_threads:
                return False
            elif idle > LONG_SECONDS:
                self._taken_at = time.monotonic()
                self._start_one()
            return True

    def handler_thread(self, thread_no: int) -> None:
        while (task := self._take()) is not None:
            caller = task.caller
            try:
                task.service()
            except BaseException:
                self.logger.exception("Exception when servicing %r", task)
            finally:
                with self.lock:
                    self._working_for[caller] -= 1
                    if not self._working_for[caller]:
                        del self._working_for[caller]
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
            while self.stop_count == 0 and (can_sleep or (place := self._next_place()) is None):
                self._sleep()
                can_sleep = False
            if self.stop_count:
                return None
            task = self.queue[place]
            del self.queue[place]
            self._taken_at, self._taken_by = time.monotonic(), me
            self._working_for[task.caller] += 1
            return task

    def _next_place(self) -> int | None:
        """Return the place in the queue of the first task of a caller who may have another thread."""
        for place, task in enumerate(self.queue):
            if task.caller is None or self._working_for[task.caller] < self._most_of_caller:
                return place
        return None

    def _sleep(self) -> None:
        self.active_count -= 1
        self.queue_cv.wait()

    def _are_stalled(self) -> bool:
        return time.monotonic() - self._taken_at > STALLED_SECONDS

    def _wake_one(self) -> None:
        self.active_count += 1
        self.queue_cv.notify()

    def _start_one(self) -> None:
        number = max(self.threads, default=0) + 1
        self.threads.add(number)
        self.active_count += 1
        self.start_new_thread(self.handler_thread, number)
