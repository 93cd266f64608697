"""Several processes on one socket: each serves by itself, and one that dies is replaced."""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable

from ftlserver.errors import ConfigError
from ftlserver.serving.server import LONGEST_DRAIN, STOP_SIGNALS

SHORTEST_LIFE = 1.0  # seconds; a worker that dies sooner is replaced after a pause

_log = logging.getLogger("ftlserver")


def supervise(
    count: int,
    work: Callable[[int], None],
    *,
    ready: Callable[[], None],
    look: Callable[[], float | None],
    stopping: Callable[[], None],
) -> None:
    """Run *work* in *count* processes until one of STOP_SIGNALS, then let them end; raise ConfigError.

    *work* is given the number of the worker, from 1 on, and handles the signals itself. A worker whose supervisor
    is gone ends as if it had received one. Call *ready* once the signals are handled, *look* again whenever the
    seconds that it returned have passed, unless it returned None, and *stopping* when a signal has arrived.
    """
    if not hasattr(os, "fork"):
        raise ConfigError("this system has no fork; serve with one worker")
    # sigwait() does not lose a signal that arrives between two calls.
    signals = {*STOP_SIGNALS, signal.SIGCHLD}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    ready()
    alive, held = os.pipe()
    workers: dict[int, tuple[int, float]] = {}

    def start(number: int) -> None:
        pid = os.fork()
        if pid == 0:
            os.close(held)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
            _work(number, alive, work)
        workers[pid] = number, time.monotonic()

    for number in range(1, count + 1):
        start(number)
    stopped = False
    while not stopped:
        stopped = _wait(signals, look) != signal.SIGCHLD
        for number, lifetime in _ended(workers):
            if stopped:
                break
            _log.error("worker %d died and is replaced", number)
            if lifetime < SHORTEST_LIFE:
                stopped = signal.sigtimedwait(STOP_SIGNALS, SHORTEST_LIFE) is not None
            if not stopped:
                start(number)
    stopping()
    _stop(workers)
    os.close(alive)
    os.close(held)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)


def _wait(signals: set[signal.Signals], look: Callable[[], float | None]) -> int:
    """Return the next of *signals*; call *look* when it is time."""
    while (seconds := look()) is not None:
        if (arrived := signal.sigtimedwait(signals, seconds)) is not None:
            return arrived.si_signo
    return signal.sigwait(signals)


def _work(number: int, alive: int, work: Callable[[int], None]) -> None:
    status = 1
    try:
        for handler in logging.getLogger().handlers:
            handler.addFilter(lambda record: _name(record, number))
        threading.Thread(target=_end_with_supervisor, args=[alive], daemon=True).start()
        work(number)
        status = 0
    except BaseException:  # noqa: BLE001  its process ends here
        _log.exception("the worker ends")
    finally:
        os._exit(status)


def _name(record: logging.LogRecord, number: int) -> bool:
    record.msg = f"worker {number}: {record.msg}"
    return True


def _end_with_supervisor(alive: int) -> None:
    os.read(alive, 1)  # returns when the other end is closed, or its process gone
    os.kill(os.getpid(), signal.SIGTERM)


def _ended(workers: dict[int, tuple[int, float]]) -> list[tuple[int, float]]:
    """Remove the workers that have ended from *workers*; return their numbers and how long they lived."""
    found = []
    for pid, (number, started) in list(workers.items()):
        if os.waitpid(pid, os.WNOHANG)[0]:
            del workers[pid]
            found.append((number, time.monotonic() - started))
    return found


def _stop(workers: dict[int, tuple[int, float]]) -> None:
    deadline = time.monotonic() + LONGEST_DRAIN + 2
    for pid in workers:
        os.kill(pid, signal.SIGTERM)
    while workers and time.monotonic() < deadline:
        signal.sigtimedwait([signal.SIGCHLD], 0.1)
        _ended(workers)
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
