"""The command demo."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from ftlclient.cli import main
from ftlserver.commands.demo import client_in_another_terminal
from tests.helpers import run
from tests.repositories import HOUR, MONDAY, commit, make_repository

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


@contextmanager
def demo(tmp_path: Path, *argv: str) -> Iterator[subprocess.Popen[str]]:
    """Run a demo whose temporary files are in *tmp_path*."""
    environ = os.environ | {"TMPDIR": str(tmp_path), "DATABASE_URL": ""}
    command = [sys.executable, "-m", "ftlserver", "demo", "--port", "0", *argv]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ
    ) as process:
        yield process
        process.kill()


def files(tmp_path: Path) -> list[Path]:
    return list(tmp_path.glob("ftlserver-demo-*"))


def welcome(process: subprocess.Popen[str]) -> tuple[list[str], list[list[str]]]:
    """Return the addresses of pages, and the arguments of the commands that the demo proposes."""
    assert process.stdout is not None
    lines = iter(process.stdout.readline, "")
    url = re.search(r" is at (http://[\d.:]+/) until you press Ctrl-C", next(lines))
    assert url
    pages = [url[1]]
    while (line := next(lines)) != "In another terminal, try:\n":
        pages.append(line.split()[-1])
    assert next(lines) == "\n"
    commands = []
    while line := next(lines).split():
        assert line[0].endswith("ftlclient")
        commands.append(line[1:])
    return pages, commands


@pytest.mark.slow
def test_demo_answers_what_it_proposes_and_leaves_no_files(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with demo(tmp_path) as process:
        (page,), commands = welcome(process)
        assert "Egon Spengler" in requests.get(page, timeout=10).text
        assert files(tmp_path)
        names = [argv[0] for argv in commands]
        assert names == ["activity", "timeline", "who", "summary", "hours", "overlap", "meeting"]
        for argv in commands:
            assert main(argv) == 0
            shown = capsys.readouterr().out
            assert any(name in shown for name in ("Egon Spengler", "Jonas Weber"))
        process.terminate()
        assert process.wait(10) == 0
    assert files(tmp_path) == []


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT])
def test_demo_stops_when_its_terminal_closes_and_on_ctrl_c(tmp_path: Path, number: int) -> None:
    with demo(tmp_path) as process:
        welcome(process)
        process.send_signal(number)
        process.send_signal(number)
        assert process.wait(10) == 0
    assert files(tmp_path) == []


@pytest.mark.parametrize(
    ("prefix", "command"),
    [
        ("/home/ada/.cache/uv/archive-v0/AxopkM7r0k7Yjhpy", "uvx ftl-activity client"),
        ("/home/ada/.local/share/pipx/.cache/16bff2cd521eb48", "pipx run ftl-activity client"),
        ("/home/ada/.local/share/pipx/venvs/ftl-activity", "ftlclient"),
        ("/home/ada/project/.venv", "ftlclient"),
    ],
)
def test_the_proposed_commands_are_those_that_run_in_another_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prefix: str, command: str
) -> None:
    (tmp_path / "ftlclient").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "prefix", prefix)
    assert client_in_another_terminal() == command
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "argv", [str(tmp_path / "ftlserver")])
    if command == "ftlclient":
        assert client_in_another_terminal() == str(tmp_path / "ftlclient")


@needs_git
@pytest.mark.slow
def test_demo_shows_the_team_of_a_repository(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    history = [commit(f"Ada Number{n} <ada{n}@x>", MONDAY + n * HOUR) for n in range(4)]
    path = make_repository(tmp_path / "r", *history)
    with demo(tmp_path, "--git", str(path)) as process:
        (board, month), commands = welcome(process)
        assert requests.get(board, timeout=10).status_code == 200
        assert "Ada Number0" in requests.get(month, timeout=10).text
        answer = requests.get(f"{board}api/users/", timeout=10).json()
        assert [member["id"] for member in answer["members"]] == [f"ada{n}@x" for n in range(4)]
        assert [argv[0] for argv in commands] == ["timeline", "ranking", "hours", "overlap"]
        for argv in commands:
            assert main(argv) == 0
            assert "Ada Number0" in capsys.readouterr().out
        process.terminate()
        assert process.wait(10) == 0
    assert files(tmp_path) == []


@needs_git
def test_a_directory_without_a_team_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    bots = make_repository(tmp_path / "bots", commit("dependabot[bot] <1+dependabot[bot]@x>", MONDAY))
    for path in (tmp_path / "nowhere", tmp_path, bots):
        status, out, err = run(capsys, "demo", "--port", "0", "--git", str(path))
        assert (status, out, len(err.splitlines()), str(path) in err) == (2, "", 1, True)


@needs_git
@pytest.mark.slow
def test_a_signal_during_the_import_leaves_no_files_either(tmp_path: Path) -> None:
    history = (commit(f"Ada Number{n} <ada{n % 50}@x>", MONDAY + n * HOUR) for n in range(5_000))
    path = make_repository(tmp_path / "r", *history)
    with demo(tmp_path, "--git", str(path)) as process:
        deadline = time.monotonic() + 20
        while not any(found.joinpath("demo.sqlite3").exists() for found in files(tmp_path)):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=20) == ("", "")
        assert process.returncode == 0
    assert files(tmp_path) == []
