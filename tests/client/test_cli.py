"""The terminal client, through main(), as a person or a script calls it."""

import csv
import io
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ftlclient.cli import main
from ftlserver.app import create_app
from ftlserver.models import User
from ftlserver.store import Store
from tests.client.api.test_client import wsgi
from tests.conftest import TIMES, serving

IDS = ("W012A3CDE", "W07QCRPA4")


@pytest.fixture
def url(server_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("FTL_URL", server_url)
    return server_url


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    status = main(argv)
    return status, *capsys.readouterr()


@pytest.mark.usefixtures("url")
def test_activity_shows_a_table_for_each_member(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "activity", *IDS)
    assert (status, err) == (0, "")
    assert out.index("Egon Spengler  W012A3CDE") < out.index("Glinda Southgood  W07QCRPA4")
    assert out.count("5:39") == 2
    assert "\x1b" not in out


@pytest.mark.usefixtures("url")
def test_unknown_ids_are_named_and_nobody_at_all_has_its_own_status(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, out, err = run(capsys, "activity", "x", "W012A3CDE", "y")
    assert (status, err) == (0, "ftlclient: no such member: x\nftlclient: no such member: y\n")
    assert "Egon" in out
    for format_ in ("table", "json", "csv"):
        assert run(capsys, "activity", "x", "--format", format_)[0] == 3


@pytest.mark.usefixtures("url")
def test_json_is_the_servers_answer_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "activity", "--format", "json", "W012A3CDE", "x")
    answer = json.loads(out)
    assert (status, answer["ok"], answer["not_found"]) == (0, True, ["x"])
    assert answer["members"][0]["activity_periods"] == [{"start_time": a, "end_time": b} for a, b in TIMES]
    assert err == "ftlclient: no such member: x\n"


@pytest.mark.usefixtures("url")
def test_csv_is_a_row_per_period(capsys: pytest.CaptureFixture[str]) -> None:
    rows = list(csv.DictReader(io.StringIO(run(capsys, "activity", "--format", "csv", *IDS)[1])))
    assert len(rows) == 6
    assert rows[3]["start_time"] == "2020-02-01T13:33:00+05:30"
    assert sum(int(row["seconds"]) for row in rows) == 2 * 20_340


@pytest.mark.usefixtures("url")
def test_ids_come_from_files_and_from_standard_input(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "team").write_text("# the team\nW012A3CDE  W07QCRPA4 # both\n\n")
    monkeypatch.setattr(sys, "stdin", io.StringIO("W07QCRPA4\nx\n"))
    status, out, err = run(capsys, "activity", f"@{tmp_path / 'team'}", "-", "W012A3CDE", "--format", "json")
    assert [member["id"] for member in json.loads(out)["members"]] == list(IDS)
    assert (status, err) == (0, "ftlclient: no such member: x\n")


@pytest.mark.parametrize("word", ["@none", "@.", "@empty", "@latin"])
def test_a_file_of_ids_that_cannot_be_read_is_said_to_be_that(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    (tmp_path / "empty").write_text("# nobody\n")
    (tmp_path / "latin").write_bytes(b"\xe9")
    monkeypatch.chdir(tmp_path)
    status, out, err = run(capsys, "activity", word)
    assert (status, out, len(err.splitlines())) == (2, "", 1)


def test_a_server_that_is_down_has_its_own_status(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "activity", "--url", "http://127.0.0.1:9", "a")
    assert (status, out, len(err.splitlines())) == (4, "", 1)
    assert "http://127.0.0.1:9" in err


def test_what_is_not_this_api_has_its_own_status(capsys: pytest.CaptureFixture[str]) -> None:
    with serving(wsgi("200 OK", b"<html>", [("Content-Type", "text/html")])) as url:
        status, out, err = run(capsys, "activity", "--url", url, "a")
    assert (status, out, len(err.splitlines())) == (5, "", 1)


@pytest.mark.usefixtures("url")
def test_a_refusal_has_its_own_status(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "activity", "a b")
    assert (status, out, len(err.splitlines())) == (1, "", 1)


def test_an_error_from_the_server_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    body = json.dumps({"ok": False, "error": "x", "message": "\x1b[31m[bold]red\n\u202e"}).encode()
    with serving(wsgi("400 Bad Request", body)) as url:
        err = run(capsys, "activity", "--url", url, "a")[2]
    assert err.endswith("refused: \ufffd[31m[bold]red\ufffd\ufffd\n")


@pytest.mark.parametrize(
    "argv", [[], ["nothing"], ["activity", "a", "--timeout", "0"], ["activity", "a", "--timeout", "x"]]
)
def test_wrong_usage_has_its_own_status(capsys: pytest.CaptureFixture[str], argv: list[str]) -> None:
    with pytest.raises(SystemExit) as error:
        main(argv)
    assert error.value.code == 2
    assert "usage: ftlclient" in capsys.readouterr().err


def test_a_url_of_no_use_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "activity", "--url", "localhost", "a")[0] == 2


def test_help_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["activity", "--help"])
    assert "example: ftlclient activity W012A3CDE W07QCRPA4" in capsys.readouterr().out


def on_a_terminal(*argv: str, **environ: str) -> str:
    main_end, terminal = pty.openpty()
    env = (
        {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
        | {"TERM": "xterm-256color"}
        | environ
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "ftlclient", *argv], stdin=terminal, stdout=terminal, stderr=terminal, env=env
    )
    os.close(terminal)
    shown = b""
    try:
        while data := os.read(main_end, 65536):
            shown += data
    except OSError:
        pass  # the terminal is closed when the process has ended
    os.close(main_end)
    process.wait()
    return shown.decode()


@pytest.mark.usefixtures("url")
def test_a_terminal_has_colours_unless_it_wants_none() -> None:
    assert "\x1b[36m" in on_a_terminal("activity", "W012A3CDE")
    assert "\x1b[36m" not in on_a_terminal("activity", "W012A3CDE", NO_COLOR="1")
    assert "\x1b[" in on_a_terminal("--help")
    assert "\x1b" not in on_a_terminal("activity", "W012A3CDE", TERM="dumb")


def test_a_pipe_does_not_wrap_ids(sqlite_store: Store) -> None:
    longest = User("x" * 120, "A name of some length", "America/Argentina/Buenos_Aires")
    sqlite_store.add_users([longest])
    with serving(create_app(sqlite_store)) as url:
        for name in ("activity", "members", "who"):
            command = [sys.executable, "-m", "ftlclient", name, longest.id, "--url", url]
            environ = os.environ | {"PYTHONIOENCODING": "ascii"}
            shown = subprocess.run(command, capture_output=True, text=True, env=environ, check=True).stdout
            assert shown.isascii()
            assert name == "who" or longest.id in shown
            assert name == "activity" or longest.tz in shown


@pytest.mark.usefixtures("url")
def test_a_reader_that_leaves_early_is_no_error() -> None:
    for format_, shown in (("csv", "user_"), ("table", "Egon ")):
        command = f"{sys.executable} -m ftlclient activity --format {format_} W012A3CDE | head -c 5"
        result = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
        assert (result.stdout, result.stderr) == (shown, "")


def test_versions_are_told() -> None:
    from ftlclient import __version__ as client
    from ftlserver import __version__ as server

    assert client == server
    for name in ("ftlclient", "ftlserver"):
        result = subprocess.run(
            [sys.executable, "-m", name, "--version"], capture_output=True, text=True, check=True
        )
        assert result.stdout == f"{name} {client}\n"


@pytest.mark.usefixtures("url")
def test_the_table_is_written_as_pictures_that_load_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    svg, html = tmp_path / "a.svg", tmp_path / "a.html"
    assert run(capsys, "activity", "W012A3CDE", "--svg", str(svg), "--html", str(html))[0] == 0
    for path in (svg, html):
        assert "Spengler" in path.read_text()
        assert re.findall(r"https?://[^\"' <]+", path.read_text()) in (
            [],
            ["http://www.w3.org/2000/svg", "https://www.textualize.io"],
        )
    status, _, err = run(capsys, "activity", "W012A3CDE", "--svg", str(tmp_path))
    assert (status, "cannot write" in err) == (2, True)


@pytest.mark.usefixtures("url")
def test_pictures_are_of_the_table(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    status, _, err = run(capsys, "activity", "a", "--format", "json", "--svg", str(tmp_path / "a.svg"))
    assert (status, "pictures" in err) == (2, True)


@pytest.mark.parametrize(
    "body", [b'{"ok":true}', b'{"ok":true,"members":null}', b'{"ok":true,"members":[],"not_found":5}']
)
def test_json_of_something_else_is_not_this_api(capsys: pytest.CaptureFixture[str], body: bytes) -> None:
    with serving(wsgi("200 OK", body)) as url:
        status, out, _ = run(capsys, "activity", "--url", url, "--format", "json", "a")
    assert (status, out) == (5, "")


def test_ids_that_are_not_text_are_said_to_be_that(tmp_path: Path) -> None:
    for line in ("printf '\\377' | %s -", "%s - <&-"):
        command = line % f"PYTHONIOENCODING=utf-8:strict {sys.executable} -m ftlclient activity"
        result = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
        assert (result.returncode, len(result.stderr.splitlines())) == (2, 1), result.stderr
    (tmp_path / "team").write_bytes(b"\xef\xbb\xbfa\n")
    from ftlclient.commands._members import read_ids

    assert read_ids([f"@{tmp_path / 'team'}"], None) == ["a"]
