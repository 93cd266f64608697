"""The shared command line: completion and argument types."""

import argparse
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from ftlclient.cli import main
from ftlcommon.command_line import day_after, duration, first_day, number, one_day, seconds
from ftlserver import cli as server_cli


@pytest.mark.parametrize("program", ["ftlclient", "ftlserver"])
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_writes_a_script_for_the_shell(
    capsys: pytest.CaptureFixture[str], program: str, shell: str
) -> None:
    command = main if program == "ftlclient" else server_cli.main
    assert command(["completion", shell]) == 0
    assert f"{program}" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("ftlclient ti", {"timeline"}),
        ("ftlclient timeline --range last-", {"last-week", "last-month", "last-7-days"}),
        ("ftlclient spool --clear ", {"refused", "all"}),
        ("ftlserver token r", {"revoke", "rotate"}),
        ("ftlserver --database x serve --public", {"--public-read"}),
    ],
)
def test_completion_offers_what_can_follow(line: str, expected: set[str]) -> None:
    read, write = os.pipe()
    program = line.split()[0]
    code = f"import os, sys; os.dup2({write}, 8); os.dup2(2, 9); from {program}.cli import main; main([])"
    asked = {"COMP_LINE": line, "COMP_POINT": str(len(line)), "_ARGCOMPLETE": "1", "_ARGCOMPLETE_IFS": "\n"}
    subprocess.run([sys.executable, "-c", code], env=os.environ | asked, pass_fds=[write], check=False, timeout=30)
    os.close(write)
    with os.fdopen(read) as found:
        assert {word.strip() for word in found.read().split("\n") if word.strip()} >= expected


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (number(0, 65_535), "0", 0),
        (number(0, 65_535), "65535", 65_535),
        (seconds(0, 60), "0.001", 0.001),
        (seconds(1, 60), "60", 60.0),
        (duration(1, 604_800), "45s", 45),
        (duration(1, 604_800), "90m", 5_400),
        (duration(1, 604_800), "168h", 604_800),
        (duration(1, 604_800), "7d", 604_800),
        (duration(0, 60), "0s", 0),
        (one_day, "2026-11-16", date(2026, 11, 16)),
        (first_day, "2023-05", date(2023, 5, 1)),
        (day_after, "2023-05", date(2023, 6, 1)),
        (day_after, "2026-11-16", date(2026, 11, 17)),
    ],
)
def test_argument_types_read_values(read: Callable[[str], Any], text: str, value: Any) -> None:
    assert read(text) == value


@pytest.mark.parametrize(
    ("read", "texts", "words"),
    [
        (number(1, 9), ["", "0", "10", "-1", "1.0", "x", "\u0661", "9999999999"], "a number from 1 to 9"),
        (seconds(0, 60), ["", "0", "-1", "61", "nan", "inf", "x"], "from 0 to 60"),
        (seconds(1, 60), ["0.9"], "from 1 to 60"),
        (duration(1, 604_800), ["", "2", "0h", "-1h", "169h", "8d", "2w", "\u0661h"], "from 1s to 7d"),
        (one_day, ["", "2026-02-30", "20260", "2026", "9"], "2026-11-16|on the calendar|09:00"),
        (first_day, ["", "9am", "03/04"], "such as 2026-11-16|two days"),
    ],
)
def test_argument_types_refuse_other_values(read: Callable[[str], Any], texts: list[str], words: str) -> None:
    for text in texts:
        with pytest.raises(argparse.ArgumentTypeError, match=words):
            read(text)


def test_today_is_a_day_of_this_machine() -> None:
    before, day, after = (datetime.now().astimezone().date(), one_day("today"), datetime.now().astimezone().date())
    assert before <= day <= after


PROGRAMS = {"ftlclient": main, "ftlserver": server_cli.main}


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_without_arguments_shows_its_help(capsys: pytest.CaptureFixture[str], program: str) -> None:
    assert PROGRAMS[program]([]) == 0
    out, err = capsys.readouterr()
    with pytest.raises(SystemExit):
        PROGRAMS[program](["--help"])
    assert (out, err) == (capsys.readouterr().out, "")
    assert out.startswith(f"usage: {program}")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("ftlclient timelin", "there is no command 'timelin'; did you mean timeline?"),
        ("ftlclient meting", "there is no command 'meting'; did you mean meeting?"),
        ("ftlclient zzz --all", "there is no command 'zzz'; see: ftlclient --help"),
        ("ftlclient \x1b[2J", "there is no command '\\x1b[2J'; see: ftlclient --help"),
        ("ftlserver migrat", "there is no command 'migrat'; did you mean migrate?"),
        ("ftlserver serv --port 1", "there is no command 'serv'; did you mean serve?"),
        ("ftlserver token creat", "there is no action 'creat'; did you mean create?"),
        ("ftlserver token zzz", "there is no action 'zzz'; see: ftlserver token --help"),
        ("ftlclient who a --format tabel", "argument --format: invalid choice: 'tabel'; did you mean table?"),
        ("ftlclient who --format x", "argument --format: invalid choice: 'x'; choose from table, json, csv"),
    ],
)
def test_a_mistyped_command_or_choice_is_answered_with_the_one_that_may_be_meant(
    capsys: pytest.CaptureFixture[str], line: str, message: str
) -> None:
    program, *argv = line.split()
    with pytest.raises(SystemExit) as error:
        PROGRAMS[program](argv)
    out, err = capsys.readouterr()
    assert (error.value.code, out) == (2, "")
    assert err.splitlines()[-1] == f"{program}: {message}"


@pytest.mark.parametrize("command", ["ftlclient --version", "ftlserver --help"])
def test_startup_imports_no_large_library(command: str) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("COV_")}
    process = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", *command.split()],
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    imported = {line.rpartition("|")[2].strip() for line in process.stderr.splitlines()}
    assert "ftlcommon.command_line" in imported
    assert not imported & {"argcomplete", "dataclasses", "dataset", "requests", "rich", "sqlalchemy"}
