"""A question that is asked again and again."""

import io
import os
import pty
import subprocess
import sys
import threading
import time

import pytest
from rich.console import Console
from rich.text import Text

from ftlclient.commands._watch import Screen
from ftlserver.commands import sample_data
from ftlserver.domain import instants
from ftlserver.serving.server import Server, listen
from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests.client.conftest import run


def test_watch_needs_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(capsys, "who", "a", "--watch", "1")
    assert (status, "--watch" in err) == (2, True)


@pytest.mark.slow
def test_watch_refreshes_and_survives_an_unavailable_server(sqlite_storage: Storage) -> None:
    team = sample_data.demo_team(instants.now())
    sqlite_storage.bulk_import.store(
        (user for user, _ in team), (period for _, periods in team for period in periods)
    )
    listener = listen("127.0.0.1", 0)
    port = listener.getsockname()[1]

    def serve_until_stopped(listener: object) -> tuple[Server, threading.Thread]:
        server = Server(create_app(sqlite_storage), listener, 2)  # type: ignore[arg-type]
        thread = threading.Thread(target=server.run, daemon=True)
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

    reader = threading.Thread(target=read, daemon=True)
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


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_a_screen_says_how_many_lines_are_below_it(encoding: str) -> None:
    view = Text("\n".join(f"line {number}" for number in range(30)))
    for height, shown, last in ((10, 9, "21 more lines below; state"), (30, 29, "1 more line below; state")):
        file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        console = Console(file=file, width=60, height=height)
        console.print(Screen(view, Text("state")), end="")
        file.flush()
        lines = file.buffer.getvalue().decode(encoding).splitlines()  # type: ignore[attr-defined]
        assert lines == [*(f"line {number}" for number in range(shown)), last]
    console = Console(file=io.StringIO(), width=60, height=40)
    console.print(Screen(view, Text("state")), end="")
    assert console.file.getvalue().endswith("line 29\nstate")  # type: ignore[attr-defined]
