"""What the service manager is told, on a real socket."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from ftlserver.serving import notify
from ftlserver.serving.notify import Notifier, answers
from ftlserver.serving.server import listen
from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests.helpers import serving

pytestmark = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="only Linux has such service managers")


class Manager:
    """A fake service manager: the socket that NOTIFY_SOCKET names."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + address[1:] if address.startswith("@") else address)

    def next(self, seconds: float = 20) -> str:
        """Return the next message, empty if there is none in that time."""
        self._socket.settimeout(seconds)
        try:
            return self._socket.recv(1_000).decode()
        except TimeoutError:
            return ""

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(params=["file", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Manager]:
    name = str(tmp_path / "notify")
    if request.param == "abstract" and sys.platform != "linux":
        pytest.skip("only Linux has abstract addresses")
    manager = Manager(name if request.param == "file" else f"@{name}")
    yield manager
    manager.close()


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with listen("127.0.0.1", 0) as listener:
        yield listener


def test_without_a_service_manager_nothing_happens(listener: socket.socket) -> None:
    notifier = Notifier({}, listener)
    assert notifier.look() is None
    with notifier.in_background():
        notifier.stopping()


def test_a_server_that_does_not_answer_is_neither_ready_nor_alive(
    manager: Manager, sqlite_storage: Storage, listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notify, "ANSWER_SECONDS", 0.1)
    environ = {"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "2000000"}
    silent = Notifier(environ, listener)  # it listens, and no one accepts
    assert silent.look() == notify.STARTING_SECONDS
    assert manager.next(0.05) == ""
    with serving(create_app(sqlite_storage)) as url, socket.socket() as client:
        client.connect(("127.0.0.1", int(url.rpartition(":")[2])))
        notifier = Notifier(environ, _named(client))
        assert (notifier.look(), manager.next()) == (1.0, "READY=1")
        assert (notifier.look(), manager.next()) == (1.0, "WATCHDOG=1")
    assert (notifier.look(), manager.next(0.05)) == (1.0, "")
    notifier.stopping()
    assert manager.next() == "STOPPING=1"


class _named:  # noqa: N801  stands for a listening socket
    """A socket whose name is that of the other end of a connection."""

    def __init__(self, client: socket.socket) -> None:
        self.family = client.family
        self._name = client.getpeername()

    def getsockname(self) -> object:
        return self._name


def test_another_answer_than_200_does_not_count(listener: socket.socket) -> None:
    def broken(_environ: object, start_response: object) -> list[bytes]:
        start_response("500 Internal Server Error", [])  # type: ignore[operator]
        return [b""]

    with serving(broken) as url, socket.socket() as client:
        client.connect(("127.0.0.1", int(url.rpartition(":")[2])))
        assert not answers(_named(client))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "60000000"}, 30.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"}, None),
    ],
    ids=["none", "zero", "no number", "any process", "this process", "another process"],
)
def test_the_watchdog_is_told_twice_in_its_time_if_it_waits_for_this_process(
    environ: dict[str, str], seconds: float | None
) -> None:
    assert notify._watchdog_seconds(environ) == seconds


def test_a_service_manager_that_is_gone_stops_nothing(
    listener: socket.socket, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")}, listener).stopping()
    assert "the service manager was not told STOPPING=1" in caplog.text


@contextmanager
def served(database: Path, manager: Manager, *argv: str) -> Iterator[subprocess.Popen[bytes]]:
    environ = os.environ | {"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "400000"}
    command = [sys.executable, "-m", "ftlserver", "--database", str(database), "serve", "--port", "0", *argv]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environ) as process:
        try:
            yield process
        finally:
            for child in psutil.Process(process.pid).children() if process.poll() is None else []:
                child.kill()
            process.kill()


@pytest.mark.slow
@pytest.mark.parametrize(("manager", "workers"), [("file", "1"), ("abstract", "2")], indirect=["manager"])
def test_serve_is_ready_stays_alive_and_stops(manager: Manager, tmp_path: Path, workers: str) -> None:
    with served(tmp_path / "x", manager, "--workers", workers) as process:
        assert [manager.next() for _ in range(4)] == ["READY=1", "WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1"]
        process.terminate()
        while (message := manager.next()) == "WATCHDOG=1":
            pass
        assert message == "STOPPING=1"
        assert process.wait(20) == 0


@pytest.mark.slow
@pytest.mark.parametrize("manager", ["file"], indirect=True)
def test_the_watchdog_hears_nothing_of_workers_that_hang(manager: Manager, tmp_path: Path) -> None:
    with served(tmp_path / "x", manager, "--workers", "2") as process:
        assert [manager.next() for _ in range(2)] == ["READY=1", "WATCHDOG=1"]
        hanging = psutil.Process(process.pid).children()
        for worker in hanging:
            worker.suspend()
        time.sleep(0.1)
        while manager.next(0.3):  # what was on its way
            pass
        assert manager.next(1.5) == ""
        for worker in hanging:
            worker.resume()
        assert manager.next() == "WATCHDOG=1"
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
