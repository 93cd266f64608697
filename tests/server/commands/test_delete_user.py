"""The command delete_user."""

import io
import sys
from pathlib import Path

import pytest

from tests.helpers import query, run


@pytest.mark.usefixtures("egon")
def test_delete_user_asks_for_confirmation(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, database: Path
) -> None:
    terminal = io.StringIO("no\n")
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", terminal)
    status, _, err = run(capsys, "delete_user", "W012A3CDE")
    assert (status, "Egon Spengler" in err, "nothing was deleted" in err) == (1, True, True)
    terminal = io.StringIO("y\n")
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", terminal)
    assert run(capsys, "delete_user", "W012A3CDE")[1] == 'User "W012A3CDE" deleted !\n'
    assert query(database, "SELECT id FROM users") == [("W07QCRPA4",)]


@pytest.mark.usefixtures("egon")
def test_delete_user_without_a_terminal_needs_yes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    status, _, err = run(capsys, "delete_user", "W012A3CDE")
    assert (status, "--yes" in err) == (2, True)
    assert run(capsys, "delete_user", "W012A3CDE", "--yes")[0] == 0
    assert run(capsys, "delete_user", "W012A3CDE", "--yes")[0] == 1
