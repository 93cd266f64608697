import threading
import time
from collections.abc import Callable, Iterator

import pytest

from ftlserver.serving import threads
from ftlserver.serving.threads import STALLED_SECONDS, Dispatcher


class Task:
    """A task that does what it is told, and remembers which thread did it."""

    def __init__(self, work: Callable[[], object] = lambda: None) -> None:
        self._work = work
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
    found = Dispatcher(1)
    found.set_thread_count(4)
    wait_until(lambda: found.active_count == 0)
    yield found
    assert found.shutdown()
    assert not found.threads


def wait_until(holds: Callable[[], object], relieve: Dispatcher | None = None) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        if relieve is not None:
            relieve.add_thread_if_stalled()
        time.sleep(STALLED_SECONDS)


def test_one_thread_does_all_that_is_short(dispatcher: Dispatcher) -> None:
    tasks = [Task() for _ in range(200)]
    for task in tasks:
        dispatcher.add_task(task)
    wait_until(lambda: all(task.done.is_set() for task in tasks))
    assert len({task.done_by for task in tasks}) == 1


def test_another_thread_joins_when_one_is_held_up(dispatcher: Dispatcher) -> None:
    go_on = threading.Event()
    stuck = [Task(go_on.wait) for _ in range(3)]
    short = [Task() for _ in range(20)]
    for task in [*stuck, *short]:
        dispatcher.add_task(task)
    wait_until(lambda: all(task.done.is_set() for task in short), relieve=dispatcher)
    assert not any(task.done.is_set() for task in stuck)
    assert len({task.done_by for task in stuck}) == 3
    go_on.set()
    wait_until(lambda: dispatcher.active_count == 0)


def test_as_many_as_are_useful_work_abreast() -> None:
    dispatcher = Dispatcher(2)
    dispatcher.set_thread_count(4)
    wait_until(lambda: dispatcher.active_count == 0)
    go_on = threading.Event()
    tasks = [Task(go_on.wait) for _ in range(4)]
    for task in tasks:
        dispatcher.add_task(task)
    wait_until(lambda: len([task for task in tasks if task.done_by]) == 2)
    time.sleep(5 * STALLED_SECONDS)
    assert dispatcher.active_count == 2
    go_on.set()
    wait_until(lambda: all(task.done.is_set() for task in tasks))
    assert dispatcher.shutdown()


def test_nobody_leaves_while_all_are_at_work(dispatcher: Dispatcher, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody asks add_thread_if_stalled() then, so that what waits would wait for whoever is held up."""
    first, rest = threading.Event(), threading.Event()
    tasks = [Task(first.wait), *[Task(rest.wait) for _ in range(3)]]
    for task in tasks:
        dispatcher.add_task(task)
    wait_until(lambda: all(task.done_by for task in tasks), relieve=dispatcher)
    monkeypatch.setattr(threads, "STALLED_SECONDS", 60)
    waiting = Task()
    dispatcher.add_task(waiting)
    first.set()
    assert waiting.done.wait(5)
    rest.set()


def test_nobody_is_woken_before_somebody_is_held_up_and_nobody_when_all_are(dispatcher: Dispatcher) -> None:
    go_on = threading.Event()
    tasks = [Task(go_on.wait) for _ in range(6)]
    assert not dispatcher.add_thread_if_stalled()
    for task in tasks:
        dispatcher.add_task(task)
    wait_until(lambda: len([task for task in tasks if task.done_by]) == 4, relieve=dispatcher)
    assert not dispatcher.add_thread_if_stalled()
    assert dispatcher.active_count == 4
    go_on.set()
    wait_until(lambda: all(task.done.is_set() for task in tasks))


def test_who_was_held_up_leaves_the_work_to_who_gets_on(dispatcher: Dispatcher) -> None:
    go_on, stop = threading.Event(), threading.Event()
    stuck = Task(go_on.wait)
    dispatcher.add_task(stuck)

    def again() -> None:
        if not stop.is_set():
            dispatcher.add_task(Task(again))

    dispatcher.add_task(Task(again))
    wait_until(lambda: dispatcher.active_count == 2, relieve=dispatcher)
    go_on.set()
    wait_until(lambda: dispatcher.active_count == 1)
    stop.set()
    wait_until(lambda: dispatcher.active_count == 0)


def test_a_task_that_fails_is_in_the_log_and_the_thread_goes_on(
    dispatcher: Dispatcher, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise ValueError("no")

    after = Task()
    dispatcher.add_task(Task(fail))
    dispatcher.add_task(after)
    wait_until(after.done.is_set)
    assert "Exception when servicing" in caplog.text


def test_the_end_comes_for_all_who_are_at_work(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    dispatcher = Dispatcher(1)
    dispatcher.set_thread_count(2)
    go_on = threading.Event()
    for task in [Task(go_on.wait), Task(go_on.wait)]:
        dispatcher.add_task(task)
    wait_until(lambda: dispatcher.active_count == 2 and not dispatcher.queue, relieve=dispatcher)
    monkeypatch.setattr(threads, "STALLED_SECONDS", 60)  # so that each thinks that the other one gets on
    end = threading.Thread(target=dispatcher.shutdown)
    end.start()
    wait_until(lambda: dispatcher.stop_count)
    go_on.set()
    end.join()
    assert not dispatcher.threads
    assert "still running" not in caplog.text


def test_what_waits_at_the_end_is_cancelled() -> None:
    dispatcher = Dispatcher(1)
    dispatcher.set_thread_count(1)
    go_on = threading.Event()
    stuck, waiting = Task(go_on.wait), Task()
    dispatcher.add_task(stuck)
    dispatcher.add_task(waiting)
    wait_until(lambda: stuck.done_by is not None)
    dispatcher.shutdown(timeout=0.01)
    assert waiting.cancelled
    go_on.set()
    wait_until(lambda: not dispatcher.threads)
    assert waiting.done_by is None
