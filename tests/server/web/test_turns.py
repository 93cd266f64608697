"""Expensive questions take turns."""

import threading
from collections.abc import Generator

import pytest
from webtest import TestRequest

from ftlserver.domain.user import User
from ftlserver.errors import RefusedError
from ftlserver.storage import Storage
from ftlserver.storage.periods import Extent
from ftlserver.web import responses, turns
from ftlserver.web.app import create_app
from ftlserver.web.turns import FEW_PERIODS, in_turn

AT_ONCE = 2

USER = User("a", "A", "UTC")
EXPENSIVE = [Extent(USER, (0, 9), FEW_PERIODS + 1, 0)]
SHORT = [Extent(USER, (0, 9), FEW_PERIODS, 0)]


def two() -> Generator[bytes, None, None]:
    yield b"x"
    yield b"y"


def test_no_more_than_two_expensive_questions_are_answered_at_once() -> None:
    running = 0
    most = []
    lock = threading.Lock()

    def pieces() -> Generator[bytes, None, None]:
        nonlocal running
        with lock:
            running += 1
            most.append(running)
        for _ in range(3):
            threading.Event().wait(0.005)
            yield b""
        with lock:
            running -= 1

    threads = [threading.Thread(target=lambda: list(in_turn(EXPENSIVE, pieces()))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(most), max(most)) == (6, AT_ONCE)


def test_an_expensive_question_whose_turn_does_not_come_is_refused_and_a_short_one_needs_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turns, "LONGEST_WAIT", 0.01)
    begun = [in_turn(EXPENSIVE, two()) for _ in range(AT_ONCE)]
    assert [next(answer) for answer in begun] == [b"x"] * AT_ONCE
    with pytest.raises(RefusedError, match="try again in a minute"):
        next(in_turn(EXPENSIVE, two()))
    assert list(in_turn(SHORT, two())) == [b"x", b"y"]
    for answer in begun:
        answer.close()  # such as that of a caller who has gone
    assert list(in_turn(EXPENSIVE, two())) == [b"x", b"y"]


def test_an_answer_whose_caller_has_gone_ends_its_turn(
    sqlite_storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqlite_storage.bulk_import.store([User(f"u{number}", "U", "UTC") for number in range(20)], [])
    monkeypatch.setattr(turns, "FEW_MEMBERS", 0)
    monkeypatch.setattr(responses, "LONGEST_WHOLE", 100)
    app = create_app(sqlite_storage)
    request = TestRequest.blank(
        "/api/hours/", method="POST", content_type="application/json", body=b'{"all":true}'
    )
    answers = []
    for _ in range(AT_ONCE + 1):
        answer = app(request.copy().environ, lambda *_: lambda _data: None)
        assert next(iter(answer)).startswith(b'{"ok":true')
        answer.close()  # type: ignore[attr-defined]  as a WSGI server does
        answers.append(answer)  # so that no garbage collection ends the turn
    assert turns._questions.acquire(blocking=False)
    turns._questions.release()
