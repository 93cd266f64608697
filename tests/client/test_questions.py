"""The questions through main(), against a running server."""

import csv
import io
import json
import os
import pty
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ftlclient.cli import main
from ftlserver import clock, samples
from ftlserver.app import create_app
from ftlserver.serving import Server, listen
from ftlserver.store import Store
from tests.client.api.test_client import wsgi
from tests.client.test_cli import run
from tests.conftest import serving

QUESTIONS = ["activity", "timeline", "summary", "hours", "overlap", "who", "meeting", "members"]


@pytest.fixture
def demo(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Serve the demo's team."""
    team = samples.demo_team(clock.now())
    sqlite_store.record((user for user, _ in team), (period for _, periods in team for period in periods))
    with serving(create_app(sqlite_store)) as url:
        monkeypatch.setenv("FTL_URL", url)
        yield url


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("name", QUESTIONS)
def test_every_question_has_a_table_json_csv_and_pictures(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str
) -> None:
    svg, html = tmp_path / "a.svg", tmp_path / "a.html"
    status, out, err = run(capsys, name, "--all", "--svg", str(svg), "--html", str(html))
    assert (status, err) == (0, "")
    assert "Aroha" in out
    assert "\x1b" not in out
    assert svg.read_text().startswith("<svg")
    assert "<pre" in html.read_text()
    status, out, _ = run(capsys, name, "jonas", "maya", "nobody", "--format", "json")
    answer = json.loads(out)
    assert (status, answer["ok"], answer["not_found"]) == (0, True, ["nobody"])
    some_time = ["--range", "last-30-days"] if name in ("timeline", "overlap") else []  # on any day of the week
    status, out, err = run(capsys, name, "jonas", "maya", "nobody", "--format", "csv", *some_time)
    rows = list(csv.reader(io.StringIO(out)))
    assert status == 0
    assert err == "ftlclient: no such member: nobody\n"
    assert len({len(row) for row in rows}) == 1
    assert len(rows) > 1
    assert run(capsys, name, "nobody")[0] == 3


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.parametrize(("width", "encoding"), [("60", "ascii"), ("200", "utf-8")])
def test_every_question_fits_the_terminal(name: str, width: str, encoding: str) -> None:
    environ = os.environ | {"COLUMNS": width, "PYTHONIOENCODING": encoding}
    command = [sys.executable, "-m", "ftlclient", name, "--all"]
    shown = subprocess.run(command, capture_output=True, text=True, env=environ, check=True).stdout
    assert max(map(len, shown.splitlines())) <= int(width)
    assert shown.isascii() or encoding != "ascii"


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize(
    "argv",
    [
        ["--on", "2026-11-16", "--range", "week"],
        ["--on", "2026-11-16", "--to", "2026-11-17"],
        ["--range", "week", "--from", "2026-11-16"],
        ["--range", "today", "--tz", "Mars"],
    ],
)
def test_contradictions_are_wrong_usage(capsys: pytest.CaptureFixture[str], argv: list[str]) -> None:
    status, out, err = run(capsys, "timeline", "jonas", *argv)
    assert (status, out, len(err.splitlines())) == (2, "", 1)


@pytest.mark.usefixtures("demo")
def test_whom_to_ask_about_must_be_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "who")[0] == 2
    assert run(capsys, "who", "--all", "jonas")[0] == 2


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize(
    ("argv", "from_", "to"),
    [
        (["--on", "2026-10-25", "--tz", "Europe/Berlin"], "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
        (["--on", "2026-10-25"], "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),  # local is Berlin here
        (["--on", "2026-10-25", "--tz", "member"], "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
        (
            ["--from", "2026-10-25T03:00", "--to", "2026-10-26", "--tz", "UTC"],
            "2026-10-25T03:00:00Z",
            "2026-10-26T00:00:00Z",
        ),
    ],
)
def test_windows_are_what_the_options_say(
    capsys: pytest.CaptureFixture[str], argv: list[str], from_: str, to: str
) -> None:
    answer = json.loads(run(capsys, "overlap", "jonas", "--format", "json", *argv)[1])
    assert (answer["window"]["from"], answer["window"]["to"]) == (from_, to)


@pytest.mark.usefixtures("demo")
def test_options_of_questions_reach_the_server(capsys: pytest.CaptureFixture[str]) -> None:
    answer = json.loads(run(capsys, "overlap", "jonas", "maya", "kai", "--min", "2", "--format", "json")[1])
    assert answer["min_members"] == 2
    answer = json.loads(
        run(
            capsys,
            "meeting",
            "jonas",
            "maya",
            "--week",
            "2026-12-07",
            "--minutes",
            "90",
            "--slots",
            "2",
            "--format",
            "json",
        )[1]
    )
    assert answer["week"]["from"] == "2026-12-06T23:00:00Z"
    assert len(answer["slots"]) == 2
    answer = json.loads(run(capsys, "who", "jonas", "--at", "2026-11-16T12:00:00Z", "--format", "json")[1])
    assert answer["at"] == "2026-11-16T12:00:00Z"
    answer = json.loads(run(capsys, "summary", "kai", "--tz", "Asia/Tokyo", "--format", "json")[1])
    assert answer["window"]["rule"].endswith("Asia/Tokyo")


def test_an_answer_of_another_shape_is_not_this_api(capsys: pytest.CaptureFixture[str]) -> None:
    with serving(wsgi("200 OK", b'{"ok":true,"members":[{}]}')) as url:
        for name in QUESTIONS:
            status, _, err = run(capsys, name, "a", "--url", url)
            assert (status, len(err.splitlines())) == (5, 1)


def test_watch_needs_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(capsys, "who", "a", "--watch", "1")
    assert (status, "--watch" in err) == (2, True)


def test_watch_draws_again_and_survives_a_server_that_is_away(sqlite_store: Store) -> None:
    team = samples.demo_team(clock.now())
    sqlite_store.record((user for user, _ in team), (period for _, periods in team for period in periods))
    listener = listen("127.0.0.1", 0)
    port = listener.getsockname()[1]

    def serve_until_stopped(listener: object) -> tuple[Server, threading.Thread]:
        server = Server(create_app(sqlite_store), listener, 2)  # type: ignore[arg-type]
        thread = threading.Thread(target=server.run)
        thread.start()
        return server, thread

    server, thread = serve_until_stopped(listener)
    main_end, terminal = pty.openpty()
    command = [
        sys.executable,
        "-m",
        "ftlclient",
        "who",
        "--all",
        "--watch",
        "0.1",
        "--url",
        f"http://127.0.0.1:{port}",
    ]
    process = subprocess.Popen(
        command,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "120"},
    )
    os.close(terminal)
    shown: list[bytes] = []

    def read() -> None:
        try:
            while data := os.read(main_end, 65536):
                shown.append(data)
        except OSError:
            pass

    reader = threading.Thread(target=read)
    reader.start()

    def wait_for(words: bytes) -> None:
        shown.clear()
        for _ in range(200):
            if words in b"".join(shown):
                return
            time.sleep(0.05)
        raise AssertionError((words, b"".join(shown)[-500:]))

    wait_for(b"again in")
    server.stop()
    thread.join()
    wait_for(b"no server answers")
    assert b"Aroha" in b"".join(shown)  # what was last known stays on the screen
    server, thread = serve_until_stopped(listen("127.0.0.1", port))
    wait_for(b"again in")
    process.send_signal(2)
    assert process.wait(10) == 0
    server.stop()
    thread.join()
    reader.join(5)
    os.close(main_end)


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_question_has_help_with_an_example(capsys: pytest.CaptureFixture[str], name: str) -> None:
    with pytest.raises(SystemExit):
        main([name, "--help"])
    assert f"example: ftlclient {name} " in capsys.readouterr().out
