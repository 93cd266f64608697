"""The command line in process and as a program: exit statuses, help, terminals and pipes."""

import json
import subprocess
import sys

import pytest

from ftlclient import time_ranges
from ftlclient.cli import main
from tests.client.conftest import on_a_terminal, run, wsgi
from tests.conftest import serving


def test_a_server_that_is_down_has_its_own_status(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "activity", "--url", "http://127.0.0.1:9", "a")
    assert (status, out, len(err.splitlines())) == (4, "", 1)
    assert "http://127.0.0.1:9" in err


def test_what_is_not_this_api_has_its_own_status(capsys: pytest.CaptureFixture[str]) -> None:
    with serving(wsgi("200 OK", b"<html>", [("Content-Type", "text/html")])) as url:
        status, out, err = run(capsys, "activity", "--url", url, "a")
    assert (status, out, len(err.splitlines())) == (5, "", 1)


@pytest.mark.usefixtures("team_url")
def test_a_refusal_has_its_own_status(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "user", "rename", "unknown", "N")
    assert (status, out, len(err.splitlines())) == (1, "", 1)


def test_an_error_from_the_server_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    body = json.dumps({"ok": False, "error": "x", "message": "\x1b[31m[bold]red\n\u202e"}).encode()
    with serving(wsgi("400 Bad Request", body)) as url:
        err = run(capsys, "activity", "--url", url, "a")[2]
    assert err.endswith("refused: \ufffd[31m[bold]red\ufffd\ufffd\n")


@pytest.mark.parametrize(
    "argv", [["nothing"], ["activity", "a", "--timeout", "0"], ["activity", "a", "--timeout", "x"], ["log"]]
)
def test_wrong_usage_has_its_own_status(capsys: pytest.CaptureFixture[str], argv: list[str]) -> None:
    with pytest.raises(SystemExit) as error:
        main(argv)
    assert error.value.code == 2
    *usage, message = capsys.readouterr().err.splitlines()
    assert usage[0].startswith("usage: ftlclient")
    assert message.startswith("ftlclient: ")


def test_an_invalid_url_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "activity", "--url", "localhost", "a")[0] == 2


def test_an_unknown_zone_of_this_machine_is_named_with_the_one_that_is_used(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, team_url: str
) -> None:
    assert run(capsys, "who", "W012A3CDE", "--url", team_url)[2] == ""
    monkeypatch.setenv("TZ", "Bogus/\x1bZone")
    monkeypatch.setattr(time_ranges, "local_zone", lambda: "UTC")  # whatever else this machine is set to
    status, out, err = run(capsys, "who", "W012A3CDE", "--url", team_url)
    assert (status, len(out.splitlines()) > 1) == (0, True)
    text = "TZ=Bogus/\ufffdZone is not an IANA time zone name, such as Europe/Berlin; local times are those of UTC"
    assert err == f"ftlclient: {text}\n"


def test_help_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["activity", "--help"])
    assert "example: ftlclient activity W012A3CDE W07QCRPA4" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.usefixtures("team_url")
def test_a_terminal_has_colours_unless_it_wants_none() -> None:
    assert "\x1b[36m" in on_a_terminal("activity", "W012A3CDE")
    assert "\x1b[36m" not in on_a_terminal("activity", "W012A3CDE", NO_COLOR="1")
    assert "\x1b[" in on_a_terminal("--help")
    assert "\x1b" not in on_a_terminal("activity", "W012A3CDE", TERM="dumb")


@pytest.mark.slow
@pytest.mark.usefixtures("team_url")
def test_a_pipe_closed_by_its_reader_is_no_error() -> None:
    for format_, shown in (("csv", "user_"), ("table", "All a")):
        command = f"{sys.executable} -m ftlclient activity --format {format_} W012A3CDE | head -c 5"
        result = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
        assert (result.stdout, result.stderr) == (shown, "")


def test_both_programs_print_their_version() -> None:
    from ftlclient import __version__ as client
    from ftlserver import __version__ as server

    assert client == server
    for name in ("ftlclient", "ftlserver"):
        result = subprocess.run(
            [sys.executable, "-m", name, "--version"], capture_output=True, text=True, check=True
        )
        assert result.stdout == f"{name} {client}\n"


def test_an_argument_too_many_is_named_with_the_usage_of_its_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run(capsys, "log", "9", "10", "ada")
    err = capsys.readouterr().err
    assert err.startswith("usage: ftlclient log ")
    assert err.endswith("ftlclient: unrecognized arguments: ada\n")
