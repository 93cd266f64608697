"""The shared command line: completion and argument types."""

import os
import subprocess
import sys

import pytest

from ftlclient.cli import main
from ftlserver import cli as server_cli


@pytest.mark.parametrize("program", ["ftlclient", "ftlserver"])
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_writes_a_script_for_the_shell(
    capsys: pytest.CaptureFixture[str], program: str, shell: str
) -> None:
    command = main if program == "ftlclient" else server_cli.main
    assert command(["completion", shell]) == 0
    assert f"{program}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("ftlclient ti", {"timeline"}),
        ("ftlclient timeline --range last-", {"last-week", "last-month", "last-30-days"}),
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
