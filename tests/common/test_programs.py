"""The command ftl-activity."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ftlcommon import programs
from ftlserver import __version__


def shown(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str]:
    """Return the exit status and what was printed, to stdout or stderr."""
    try:
        status = programs.main(argv)
    except SystemExit as exc:
        status = int(exc.code or 0)
    out, err = capsys.readouterr()
    return status, out + err


def test_without_arguments_it_shows_its_commands(capsys: pytest.CaptureFixture[str]) -> None:
    status, text = shown(capsys)
    assert status == 0
    assert text.startswith("usage: ftl-activity ")
    assert re.findall(r"^ {4}(\w+)", text, re.MULTILINE) == ["demo", "server", "client", "completion"]
    assert shown(capsys, "--help") == (0, text)


def test_it_has_the_version_of_the_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, "--version") == (0, f"ftl-activity {__version__}\n")
    assert shown(capsys, "server", "--version") == (0, f"ftlserver {__version__}\n")
    assert shown(capsys, "client", "--version") == (0, f"ftlclient {__version__}\n")


@pytest.mark.parametrize(
    ("argv", "usage"),
    [
        (["demo", "--help"], "ftl-activity demo"),
        (["server"], "ftl-activity server"),
        (["server", "import", "--help"], "ftl-activity server import"),
        (["client"], "ftl-activity client"),
        (["client", "who", "--help"], "ftl-activity client who"),
        (["completion", "--help"], "ftl-activity completion"),
    ],
    ids=" ".join,
)
def test_the_help_of_the_programs_shows_what_was_typed(
    capsys: pytest.CaptureFixture[str], argv: list[str], usage: str
) -> None:
    status, text = shown(capsys, *argv)
    assert (status, text.startswith(f"usage: {usage} ")) == (0, True)


def test_a_command_of_a_program_runs(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    database = str(tmp_path / "x")
    assert shown(capsys, "server", "--database", database, "migrate")[0] == 0
    assert shown(capsys, "client", "who", "--url", "http://127.0.0.1:1", "a")[0] == 4


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["serve"], "ftl-activity: there is no command 'serve'; did you mean server?"),
        (["zzz"], "ftl-activity: there is no command 'zzz'; see: ftl-activity --help"),
        (["client", "timelin"], "ftl-activity: there is no command 'timelin'; did you mean timeline?"),
        (["completion", "powershell"], "choose from bash, zsh, fish"),
    ],
    ids=str,
)
def test_a_mistake_is_answered_in_one_sentence(
    capsys: pytest.CaptureFixture[str], argv: list[str], message: str
) -> None:
    status, text = shown(capsys, *argv)
    assert (status, message in text.splitlines()[-1]) == (2, True)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_it_writes_a_completion_script(capsys: pytest.CaptureFixture[str], shell: str) -> None:
    status, text = shown(capsys, "completion", shell)
    assert (status, "ftl-activity" in text) == (0, True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("ftl-activity ", {"demo", "server", "client", "completion"}),
        ("ftl-activity cl", {"client"}),
        ("ftl-activity demo", {"demo"}),
        ("ftl-activity demo --g", {"--git"}),
        ("ftl-activity server us", {"user", "users"}),
        ("ftl-activity server token cr", {"create"}),
        ("ftl-activity client timeline --ra", {"--range"}),
        ("ftl-activity completion ", {"bash", "zsh", "fish"}),
    ],
)
def test_a_shell_completes_its_commands_and_those_of_the_programs(
    line: str, offered: set[str], tmp_path: Path
) -> None:
    file = tmp_path / "completions"
    environ = os.environ | {
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_IFS": "\n",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(file),
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
    }
    command = [sys.executable, "-c", "from ftlcommon.programs import main; main()"]
    subprocess.run(command, env=environ, check=True)
    found = {word.strip() for word in file.read_text().splitlines()}
    assert {word for word in found if not word.startswith("-") or line.endswith(("g", "ra"))} >= offered
    if line.split()[-1] != "ftl-activity" and not line.endswith(" "):
        assert found == offered


def test_it_starts_without_any_large_library() -> None:
    command = [
        sys.executable,
        "-X",
        "importtime",
        "-c",
        "from ftlcommon.programs import main; main(['--version'])",
    ]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("COV_")}
    text = subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stderr
    imported = {line.rpartition("|")[2].strip() for line in text.splitlines()}
    assert not imported & {"argcomplete", "dataclasses", "dataset", "requests", "rich", "sqlalchemy"}
