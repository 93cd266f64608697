"""The command line: its help, its streams and its errors."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from ftlserver.cli import main
from ftlserver.commands import COMMANDS
from tests.helpers import DATA, run


def test_help_lists_every_command_with_its_summary(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as error:
        main(["--help"])
    assert error.value.code == 0
    out = capsys.readouterr().out
    for name, _, help_ in COMMANDS:
        assert re.search(rf"^ +{name}\s+{help_[:20]}", out, re.MULTILINE)


@pytest.mark.parametrize("name", [name for name, _, _ in COMMANDS])
def test_every_command_has_help(capsys: pytest.CaptureFixture[str], name: str) -> None:
    with pytest.raises(SystemExit) as error:
        main([name, "--help"])
    assert error.value.code == 0
    assert f"usage: ftlserver {name}" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("redirection", [">&-", "2>&-", "<&-", ">/dev/full"])
@pytest.mark.parametrize("command", ["-m ftlserver users", "-m ftlserver --help", "-m ftlclient --help"])
def test_closed_or_full_streams_cause_no_traceback(command: str, redirection: str) -> None:
    line = f"{sys.executable} {command} {redirection}"
    result = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)
    assert "Traceback" not in result.stderr
    assert result.returncode == (2 if "full" in redirection and "users" in command else 0)


def test_verbose_names_the_database(capsys: pytest.CaptureFixture[str], database: Path) -> None:
    assert f"database: {database}" in run(capsys, "--verbose", "users")[2]
    assert f"database: {database}" in run(capsys, "users", "--verbose")[2]


def test_an_unusable_database_is_named_and_has_an_exit_status_of_its_own(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    status, _, err = run(capsys, "--database", str(tmp_path), "users")
    assert status == 3
    assert str(tmp_path) in err
    status, _, err = run(capsys, "users", "--database", "postgres://ada:secret@127.0.0.1:9/x")
    assert status == 3
    assert "postgresql://ada@127.0.0.1:9/x" in err
    assert "secret" not in err


@pytest.mark.slow
def test_a_reader_that_closes_the_pipe_early_is_no_error(database: Path) -> None:
    main(["import", "members", str(DATA / "members.json")])
    command = f"{sys.executable} -m ftlserver export | head -c 20"
    result = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    assert result.stdout == '{"ok":true,"members"'
    assert result.stderr == ""
