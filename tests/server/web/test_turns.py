"""Dear questions take turns."""

import threading
from collections.abc import Iterator

import pytest

from ftlserver.domain.user import User
from ftlserver.errors import RefusedError
from ftlserver.storage.periods import Extent
from ftlserver.web import turns
from ftlserver.web.turns import FEW_PERIODS, in_turn

AT_ONCE = 2

USER = User("a", "A", "UTC")
DEAR = [Extent(USER, (0, 9), FEW_PERIODS + 1, 0)]
SHORT = [Extent(USER, (0, 9), FEW_PERIODS, 0)]


def test_no_more_than_two_dear_questions_are_answered_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    running = 0
    most = []
    lock = threading.Lock()

    def pieces() -> Iterator[bytes]:
        nonlocal running
        with lock:
            running += 1
            most.append(running)
        for _ in range(3):
            threading.Event().wait(0.005)
            yield b""
        with lock:
            running -= 1

    threads = [threading.Thread(target=lambda: list(in_turn(DEAR, pieces()))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(most), max(most)) == (6, AT_ONCE)


def test_a_dear_question_whose_turn_does_not_come_is_refused_and_a_short_one_needs_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turns, "LONGEST_WAIT", 0.01)
    begun = [in_turn(DEAR, iter([b"x", b"y"])) for _ in range(AT_ONCE)]
    assert [next(answer) for answer in begun] == [b"x"] * AT_ONCE
    with pytest.raises(RefusedError, match="try again in a minute"):
        next(in_turn(DEAR, iter([b"x"])))
    assert list(in_turn(SHORT, iter([b"x"]))) == [b"x"]
    for answer in begun:
        answer.close()  # such as that of a caller who has gone
    assert list(in_turn(DEAR, iter([b"x"]))) == [b"x"]
