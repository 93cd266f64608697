"""How many threads are active at once."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from ftlserver.serving import threads
from ftlserver.serving.threads import STALLED_SECONDS, Dispatcher


class Task:
    """A task that calls a function and remembers which thread called it."""

    def __init__(self, work: Callable[[], object] = lambda: None, caller: str | None = None) -> None:
        self._work = work
        self.caller = caller
        self.done_by: int | None = None
        self.cancelled = False
        self.done = threading.Event()

    def service(self) -> None:
        self.done_by = threading.get_ident()
        try:
            self._work()
        finally:
            self.done.set()

    def cancel(self) -> None:
        self.cancelled = True


@pytest.fixture
def dispatcher() -> Iterator[Dispatcher]:
    found = Dispatcher(1, 4)
    wait_until(lambda: found.active_count == 0)
    yield found
    assert found.shutdown()
    assert not found.threads


def wait_until(condition: Callable[[], object], waking: Dispatcher | None = None) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        if waking is not None:
            waking.add_thread_if_stalled()
        time.sleep(STALLED_SECONDS)


def test_one_thread_runs_all_short_tasks(dispatcher: Dispatcher) -> None:
    tasks = [Task() for _ in range(200)]
    for task in tasks:
        dispatcher.add_task(task)
    wait_until(lambda: all(task.done.is_set() for task in tasks))
    assert len({task.done_by for task in tasks}) == 1


def test_another_thread_becomes_active_when_one_is_stalled(dispatcher: Dispatcher) -> None:
    release = threading.Event()
    stalled = [Task(release.wait) for _ in range(3)]
    short = [Task() for _ in range(20)]
    for task in [*stalled, *short]:
        dispatcher.add_task(task)
    wait_until(lambda: all(task.done.is_set() for task in short), waking=dispatcher)
    assert not any(task.done.is_set() for task in stalled)
    assert len({task.done_by for task in stalled}) == 3
    release.set()
    wait_until(lambda: dispatcher.active_count == 0)


def test_up_to_the_concurrency_threads_are_active_without_a_stall() -> None:
    dispatcher = Dispatcher(2, 4)
    wait_until(lambda: dispatcher.active_count == 0)
    release = threading.Event()
    tasks = [Task(release.wait) for _ in range(4)]
    for task in tasks:
        dispatcher.add_task(task)
    wait_until(lambda: len([task for task in tasks if task.done_by]) == 2)
    time.sleep(5 * STALLED_SECONDS)
    assert dispatcher.active_count == 2
    release.set()
    wait_until(lambda: all(task.done.is_set() for task in tasks))
    assert dispatcher.shutdown()


def test_no_thread_goes_idle_while_all_are_busy(dispatcher: Dispatcher, monkeypatch: pytest.MonkeyPatch) -> None:
    """add_thread_if_stalled() is not called then, so a waiting task would wait for the stalled threads."""
    first, rest = threading.Event(), threading.Event()
    tasks = [Task(first.wait), *[Task(rest.wait) for _ in range(3)]]
    for task in tasks:
        dispatcher.add_task(task)
    wait_until(lambda: all(task.done_by for task in tasks), waking=dispatcher)
    monkeypatch.setattr(threads, "STALLED_SECONDS", 60)
    waiting = Task()
    dispatcher.add_task(waiting)
    first.set()
    assert waiting.done.wait(5)
    rest.set()


def test_no_thread_is_woken_before_one_is_stalled_or_when_all_are_busy(
    dispatcher: Dispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "LONG_SECONDS", 60)
    release = threading.Event()
    tasks = [Task(release.wait) for _ in range(6)]
    assert not dispatcher.add_thread_if_stalled()
    for task in tasks:
        dispatcher.add_task(task)
    wait_until(lambda: len([task for task in tasks if task.done_by]) == 4, waking=dispatcher)
    dispatcher.add_thread_if_stalled()
    assert dispatcher.active_count == 4
    release.set()
    wait_until(lambda: all(task.done.is_set() for task in tasks))


def test_when_all_threads_have_worked_for_long_others_are_started(dispatcher: Dispatcher) -> None:
    release = threading.Event()
    long = [Task(release.wait) for _ in range(10)]
    for task in long:
        dispatcher.add_task(task)
    wait_until(lambda: len([task for task in long if task.done_by]) == 8, waking=dispatcher)
    assert not dispatcher.add_thread_if_stalled()  # no more than twice as many
    assert len(dispatcher.threads) == 8
    release.set()
    wait_until(lambda: all(task.done.is_set() for task in long))


def test_one_caller_has_at_most_half_of_the_threads(dispatcher: Dispatcher) -> None:
    release = threading.Event()
    greedy = [Task(release.wait, caller="greedy") for _ in range(6)]
    others = [Task(caller=f"other {number}") for number in range(3)] + [Task()]
    for task in [*greedy, *others]:
        dispatcher.add_task(task)
    wait_until(lambda: all(task.done.is_set() for task in others), waking=dispatcher)
    assert len([task for task in greedy if task.done_by]) == 2
    assert not dispatcher.add_thread_if_stalled()  # nothing waits that may have a thread
    release.set()
    wait_until(lambda: all(task.done.is_set() for task in greedy))


def test_a_thread_that_was_stalled_goes_idle_when_another_is_active(dispatcher: Dispatcher) -> None:
    release, stop = threading.Event(), threading.Event()
    stalled = Task(release.wait)
    dispatcher.add_task(stalled)

    def again() -> None:
        if not stop.is_set():
            dispatcher.add_task(Task(again))

    dispatcher.add_task(Task(again))
    wait_until(lambda: dispatcher.active_count == 2, waking=dispatcher)
    release.set()
    wait_until(lambda: dispatcher.active_count == 1)
    stop.set()
    wait_until(lambda: dispatcher.active_count == 0)


def test_a_task_that_fails_is_logged_and_the_thread_continues(
    dispatcher: Dispatcher, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise ValueError("no")

    after = Task()
    dispatcher.add_task(Task(fail))
    dispatcher.add_task(after)
    wait_until(after.done.is_set)
    assert "Exception when servicing" in caplog.text


def test_shutdown_ends_all_busy_threads(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    dispatcher = Dispatcher(1, 2)
    release = threading.Event()
    for task in [Task(release.wait), Task(release.wait)]:
        dispatcher.add_task(task)
    wait_until(lambda: dispatcher.active_count == 2 and not dispatcher.queue, waking=dispatcher)
    monkeypatch.setattr(threads, "STALLED_SECONDS", 60)  # so that neither counts as stalled
    end = threading.Thread(target=dispatcher.shutdown)
    end.start()
    wait_until(lambda: dispatcher.stop_count)
    release.set()
    end.join()
    assert not dispatcher.threads
    assert "still running" not in caplog.text


def test_shutdown_cancels_waiting_tasks() -> None:
    dispatcher = Dispatcher(1, 1)
    release = threading.Event()
    stalled, waiting = Task(release.wait), Task()
    dispatcher.add_task(stalled)
    dispatcher.add_task(waiting)
    wait_until(lambda: stalled.done_by is not None)
    dispatcher.shutdown(timeout=0.01)
    assert waiting.cancelled
    release.set()
    wait_until(lambda: not dispatcher.threads)
    assert waiting.done_by is None
