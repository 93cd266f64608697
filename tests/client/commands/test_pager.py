"""Long output on a terminal, and the program that shows it."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from ftlclient.commands._pager import pager
from ftlclient.errors import ConfigError


def on_a_terminal(*argv: str, lines: int, **environ: str) -> str:
    """Return what ftlclient writes on a terminal with so many lines."""
    main_end, terminal = pty.openpty()
    env = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "LESS", "PAGER", "COLUMNS")}
    env |= {"TERM": "xterm-256color", "LINES": str(lines), "COLUMNS": "80"} | environ
    command = [sys.executable, "-m", "ftlclient", *argv]
    process = subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal, env=env)
    os.close(terminal)
    shown = b""
    try:
        while data := os.read(main_end, 65536):
            shown += data
    except OSError:
        pass  # the terminal is closed when the process has ended
    os.close(main_end)
    assert process.wait(20) == 0
    return shown.decode()


@pytest.fixture
def own_pager(tmp_path: Path) -> str:
    """Return a pager that shows which LESS it was given, and numbers the lines."""
    script = tmp_path / "pager"
    script.write_text('#!/bin/sh\necho "LESS=$LESS"\ncat -n\n')
    script.chmod(0o755)
    return str(script)


@pytest.mark.slow
@pytest.mark.usefixtures("team_url")
def test_what_is_higher_than_the_terminal_goes_through_the_pager(own_pager: str) -> None:
    argv = ["activity", "W012A3CDE", "W07QCRPA4"]
    shown = on_a_terminal(*argv, lines=10, PAGER=own_pager)
    assert shown.startswith("LESS=FRX\r\n")
    assert "\x1b[36m" in shown
    assert "LESS=S\r\n" in on_a_terminal(*argv, lines=10, PAGER=f"{own_pager} -x", LESS="S")
    for plain in (
        on_a_terminal(*argv, lines=60, PAGER=own_pager),
        on_a_terminal(*argv, "--no-pager", lines=10, PAGER=own_pager),
        on_a_terminal(*argv, lines=10, PAGER=""),
        on_a_terminal(*argv, lines=10, PAGER="cat"),
        on_a_terminal(*argv, lines=10, PAGER="/nowhere/pager"),
        on_a_terminal(*argv, lines=10, PAGER=own_pager, TERM="dumb"),
    ):
        assert "LESS=" not in plain
        assert "Egon Spengler" in plain


@pytest.mark.slow
@pytest.mark.usefixtures("team_url")
def test_a_pager_may_stop_reading(tmp_path: Path) -> None:
    script = tmp_path / "pager"
    script.write_text("#!/bin/sh\nexit 0\n")
    script.chmod(0o755)
    assert on_a_terminal("activity", "W012A3CDE", "W07QCRPA4", lines=5, PAGER=str(script)) == ""


@pytest.mark.slow
@pytest.mark.usefixtures("team_url")
def test_a_program_that_cannot_run_is_no_pager(tmp_path: Path) -> None:
    script = tmp_path / "pager"
    script.write_text("no program")
    script.chmod(0o755)
    assert "Egon Spengler" in on_a_terminal("activity", "W012A3CDE", lines=5, PAGER=str(script))


def test_the_pager_is_the_one_of_the_environment() -> None:
    assert pager({"PAGER": f"{sys.executable} -R"}) == [sys.executable, "-R"]
    assert pager({"PAGER": ""}) == pager({"PAGER": "cat"}) == pager({"PAGER": "no-such-pager-here"}) == []
    assert pager({}) in (["less"], [])
    with pytest.raises(ConfigError, match="PAGER is not a command line: no closing quotation"):
        pager({"PAGER": "less 'x"})
