"""Listening on a unix socket."""

import http.client
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ftlserver.cli import main
from ftlserver.errors import ConfigError
from ftlserver.serving.server import Server
from ftlserver.serving.unix_socket import listening
from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from ftlserver.web.middleware import UNIX_SOCKET, Policy
from tests.helpers import make_token, store_team, wait_for_url
from tests.server.web.sample_requests import ROUTE_TABLE, sample_of

pytestmark = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="this system has no unix sockets")


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "socket")


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=10)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        self.sock.connect(self._path)


def ask(
    path: str, target: str, headers: dict[str, str] | None = None, method: str = "GET", body: object = None
) -> tuple[int, bytes]:
    connection = UnixConnection(path)
    try:
        connection.request(method, target, json.dumps(body), headers or {})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


@contextmanager
def serving_at(path: str, storage: Storage, policy: Policy) -> Iterator[None]:
    with listening(path) as listener:
        server = Server(create_app(storage, policy), listener, 2, caller_of=policy.caller_of)
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            yield
        finally:
            server.stop()
            thread.join()


def test_only_owner_and_group_may_connect_and_the_file_is_removed(path: str) -> None:
    before = os.umask(0)
    try:
        with listening(path):
            mode = os.stat(path).st_mode
            assert (stat.S_ISSOCK(mode), stat.S_IMODE(mode)) == (True, 0o660)
            assert os.umask(0) == 0
    finally:
        os.umask(before)
    assert not os.path.exists(path)


def test_it_counts_as_public_and_is_locked_until_it_has_a_token(
    path: str, sqlite_storage: Storage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "ftlserver.access")
    store_team(sqlite_storage)
    policy = Policy.of(UNIX_SOCKET)
    assert not policy.is_local
    with serving_at(path, sqlite_storage, policy):
        assert ask(path, "/healthz")[0] == 200
        statuses = {}
        for method, route, _ in ROUTE_TABLE:
            target, document = sample_of(method, route)
            headers = {"Content-Type": "application/json"}
            statuses[method, route] = ask(path, target, headers, method, document)[0]
        # A feed takes its own secret alone, and is not there for others.
        open_to_all = [route for (_, route), status in statuses.items() if status not in (401, 404)]
        assert open_to_all == ["/healthz", "/readyz", "/openapi.json", "/docs"]
        status, body = ask(path, "/api/users")
        assert (status, b"locked until it has a token" in body) == (401, True)
        assert ask(path, "/api/users", make_token(sqlite_storage, "read"))[0] == 200
        assert ask(path, "/healthz", {"Host": "evil.example.org"})[0] == 421
    assert caplog.messages[0].startswith("unix GET /healthz 200 ")


@pytest.mark.parametrize(("trusted", "logged"), [("unix", "192.0.2.1"), ("*", "192.0.2.1"), (None, "unix")])
def test_a_proxy_that_connects_to_it_can_be_trusted(
    path: str, sqlite_storage: Storage, caplog: pytest.LogCaptureFixture, trusted: str | None, logged: str
) -> None:
    caplog.set_level("INFO", "ftlserver.access")
    with serving_at(path, sqlite_storage, Policy.of(UNIX_SOCKET, trusted_proxy=trusted, rate=600)):
        assert ask(path, "/healthz", {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https"})[0] == 200
    assert caplog.messages[0].startswith(f"{logged} GET ")


def test_invalid_tokens_are_throttled_there_too(path: str, sqlite_storage: Storage) -> None:
    with serving_at(path, sqlite_storage, Policy.of(UNIX_SOCKET)):
        wrong = {"Authorization": "Bearer ftl_wrong"}
        statuses = [ask(path, "/api/users", wrong)[0] for _ in range(22)]
        assert (statuses[0], statuses[-1]) == (401, 429)


def test_the_file_of_a_dead_server_is_replaced(path: str) -> None:
    left = socket.socket(socket.AF_UNIX)
    left.bind(path)
    left.close()
    assert os.path.exists(path)
    with listening(path) as listener, socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
        listener.accept()[0].close()


@pytest.mark.parametrize("full", [False, True], ids=["idle", "full queue"])
def test_the_file_of_a_live_server_is_not(path: str, full: bool) -> None:
    with listening(path) as listener:
        waiting = []
        if full:
            listener.listen(0)
            for _ in range(3):
                client = socket.socket(socket.AF_UNIX)
                client.setblocking(False)
                waiting.append(client)
                try:
                    client.connect(path)
                except BlockingIOError:
                    break
        with pytest.raises(ConfigError, match=r"another server answers at .*/socket; stop it"), listening(path):
            pass
        assert os.path.exists(path)
        for client in waiting:
            client.close()


def test_the_file_of_a_server_that_took_its_place_is_left(path: str) -> None:
    with listening(path) as first:
        first.close()
        with listening(path):
            pass
        other = socket.socket(socket.AF_UNIX)
        other.bind(path)
    assert os.path.exists(path)
    other.close()


@pytest.mark.parametrize("name", ["file", "directory", "link"])
def test_anything_else_at_the_path_is_refused_and_left(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "directory").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(ConfigError, match="is there already, and is no socket"), listening(str(tmp_path / name)):
        pass
    assert (tmp_path / "file").read_text() == "x"


@pytest.mark.parametrize("name", ["x" * 200, "nowhere/socket", "a\0b"])
def test_a_path_that_cannot_be_used_is_refused_in_one_sentence(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="cannot listen at"), listening(str(tmp_path / name)):
        pass


@pytest.mark.parametrize("option", [["--port", "0"], ["--host", "::1"]])
def test_a_path_and_an_address_exclude_each_other(
    capsys: pytest.CaptureFixture[str], path: str, option: list[str]
) -> None:
    assert main(["serve", "--socket", path, *option]) == 2
    err = capsys.readouterr().err
    assert err == "ftlserver: --socket takes the place of --host and --port; drop one or the other\n"


@pytest.mark.slow
def test_serve_answers_there_until_it_is_stopped(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, path: str
) -> None:
    command = [sys.executable, "-m", "ftlserver", "--database", str(tmp_path / "x"), "serve", "--workers", "2"]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env=os.environ | {"FTL_SOCKET": path}
    ) as process:
        assert wait_for_url(process) == f"unix:{path}"
        assert ask(path, "/healthz")[0] == 200
        assert main(["serve", "--socket", path]) == 2
        assert "another server answers" in capsys.readouterr().err
        process.send_signal(signal.SIGTERM)
        assert process.stderr is not None
        log = process.stderr.read()
        assert process.wait(10) == 0
    assert "locked until there is a token" in log
    assert not os.path.exists(path)
