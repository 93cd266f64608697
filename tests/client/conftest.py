"""What the tests of the client share: servers, commands in process, members to draw."""

import io
import os
import pty
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from rich.console import Console, RenderableType

from ftlclient import cli
from ftlclient.api.models import Member
from ftlserver.domain import instants
from ftlserver.domain import token as tokens
from ftlserver.domain.token import Token
from ftlserver.serving.server import Server
from ftlserver.storage import Storage


@pytest.fixture
def team_url(server_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("FTL_URL", server_url)
    return server_url


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    """Run ftlclient; return its exit status, stdout and stderr."""
    status = cli.main(argv)
    return status, *capsys.readouterr()


def on_a_terminal(*argv: str, typed: str = "", **environ: str) -> str:
    """Run ftlclient on a terminal where a person types; return what it shows."""
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
    os.write(main_end, typed.encode())
    shown = b""
    try:
        while data := os.read(main_end, 65536):
            shown += data
    except OSError:
        pass  # the terminal is closed when the process has ended
    os.close(main_end)
    process.wait()
    return shown.decode()


def wsgi(
    status: str, body: bytes, headers: Iterable[tuple[str, str]] = (("Content-Type", "application/json"),)
) -> Any:
    def application(_environ: object, start_response: Callable[..., object]) -> list[bytes]:
        start_response(status, [*headers, ("Content-Length", str(len(body)))])
        return [body]

    return application


def make_token(
    storage: Storage, *scopes: str, user_ids: tuple[str, ...] | None = None, team_id: str | None = None
) -> str:
    id_, secret = tokens.mint()
    bound = user_ids if team_id is None else ()
    token = Token(id_, "desk", tokens.digest(secret), scopes, bound, instants.now(), None, team_id=team_id)
    storage.tokens.add(token)
    return secret


def type_in(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


@contextmanager
def unavailable_server() -> Iterator[str]:
    """Give the URL of a server that is not there."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    yield f"http://127.0.0.1:{port}"


@contextmanager
def raw_server(answer: Callable[[socket.socket], object]) -> Iterator[str]:
    """Give the URL of a server that reads a request of each connection, and leaves the rest to *answer*."""
    with reading_server(lambda connection, _received: answer(connection)) as url:
        yield url


@contextmanager
def reading_server(answer: Callable[[socket.socket, bytes], object]) -> Iterator[str]:
    """Give the URL of a server that passes the first bytes of each connection to *answer*."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection, suppress(OSError):
                    answer(connection, connection.recv(65536))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)


@contextmanager
def running(server: Server) -> Iterator[None]:
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield
    finally:
        server.stop()
        thread.join(15)


def wait_until(condition: object) -> None:
    for _ in range(200):
        if condition():  # type: ignore[operator]
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen within 10 s")


def period(start: str, end: str) -> dict[str, str]:
    return {"start_time": start, "end_time": end}


def member(*periods: Any) -> dict[str, Any]:
    return {"id": "a", "real_name": "A", "tz": "UTC", "activity_periods": list(periods)}


def person(name: str, tz: str, *times: tuple[str, str]) -> Member:
    return Member.from_json(
        {"id": name, "real_name": name, "tz": tz, "activity_periods": [period(*pair) for pair in times]}
    )


def show(renderable: RenderableType, width: int = 80, encoding: str = "utf-8") -> str:
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="replace")
    Console(file=file, width=width, highlight=False).print(renderable)
    file.flush()
    return file.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined,no-any-return]


def lines(view: Any, width: int = 60, encoding: str = "utf-8") -> list[str]:
    return [line.rstrip() for line in show(view, width, encoding).splitlines()]
