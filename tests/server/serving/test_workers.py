"""Several processes on one socket, as a host runs them."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
import requests

from ftlserver.cli import main
from tests.helpers import ASK, HEAD, wait_for_url


class Served:
    """A server with two workers, and its log."""

    def __init__(self, database: Path, *argv: str, **environ: str) -> None:
        command = [sys.executable, "-m", "ftlserver", "--database", str(database), "serve", "--port", "0", *argv]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ | environ)
        self.url = wait_for_url(self.process)
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        until(lambda: all(f"worker {number}: ready" in self.log for number in (1, 2)))

    def _read(self) -> None:
        assert self.process.stderr is not None
        self.lines.extend(self.process.stderr)  # line by line, until the last process has ended

    @property
    def log(self) -> str:
        return "".join(self.lines)

    @property
    def workers(self) -> list[int]:
        return [child.pid for child in psutil.Process(self.process.pid).children()]

    def ask(self) -> int:
        return requests.get(f"{self.url}/api/whoami", timeout=10).status_code

    def is_refused(self) -> bool:
        address = urlsplit(self.url)
        try:
            socket.create_connection((str(address.hostname), address.port or 0), timeout=10).close()
        except OSError:
            return True
        return False

    def wait(self) -> int:
        """Wait until all of its processes have ended; return the exit status of the first."""
        self._reader.join(20)
        assert not self._reader.is_alive()
        assert self.process.stderr is not None
        self.process.stderr.close()
        return self.process.wait(10)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "ftl.sqlite3"


@pytest.fixture
def served(database: Path) -> Iterator[Served]:
    served = Served(database, "--workers", "2")
    yield served
    served.process.kill()
    served.wait()


@pytest.mark.slow
def test_a_worker_that_is_killed_is_replaced_while_the_other_one_answers(served: Served) -> None:
    killed, other = served.workers
    os.kill(killed, signal.SIGKILL)
    until(lambda: killed not in served.workers)
    assert [served.ask() for _ in range(5)] == [200] * 5
    until(lambda: len(served.workers) == 2 and served.log.count("ready") == 3)
    assert re.search(r" ERROR worker [12] died and is replaced\n", served.log)
    os.kill(other, signal.SIGKILL)
    until(lambda: other not in served.workers)
    assert [served.ask() for _ in range(5)] == [200] * 5  # by the replacement


def test_a_request_under_way_is_answered_before_the_workers_stop(served: Served) -> None:
    address = urlsplit(served.url)
    with socket.create_connection((str(address.hostname), address.port or 0), timeout=10) as connection:
        connection.sendall(HEAD + b"Content-Length: %d\r\nExpect: 100-continue\r\n\r\n" % len(ASK))
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 Continue")
        served.process.terminate()
        until(served.is_refused)
        connection.sendall(ASK)
        response = http.client.HTTPResponse(connection)
        response.begin()
        assert (response.status, response.read().startswith(b'{"ok":true')) == (200, True)
    assert served.wait() == 0
    assert served.lines[-1].endswith(" INFO stopped\n")


@pytest.mark.slow
def test_the_first_token_closes_all_workers_and_each_log_line_names_its_worker(
    served: Served, database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def answers(number: int, log: str) -> list[str]:
        return re.findall(rf" INFO worker {number}: 127\.0\.0\.1 GET /api/whoami (\d+) ", log)

    def asked_until(status: str) -> None:
        def asked() -> bool:
            served.ask()
            return all(status in answers(number, served.log) for number in (1, 2))

        until(asked)

    asked_until("200")
    assert main(["--database", str(database), "token", "create", "--name", "x", "--scope", "read"]) == 0
    token = capsys.readouterr().out.strip()
    asked_until("401")
    log = served.log
    first, second = answers(1, log), answers(2, log)
    assert (first, second) == (sorted(first), sorted(second))  # a worker that is closed stays closed
    assert len(first) + len(second) == log.count("/api/whoami")
    shown = requests.get(f"{served.url}/api/whoami", headers={"Authorization": f"Bearer {token}"}, timeout=10)
    assert shown.status_code == 200


@pytest.mark.slow
def test_workers_end_when_their_supervisor_is_killed(database: Path) -> None:
    served = Served(database, WEB_CONCURRENCY="2")
    assert len(served.workers) == 2
    served.process.kill()
    assert served.wait() == -signal.SIGKILL
    assert served.is_refused()


@pytest.mark.parametrize("count", ["0", "-1", "two", "257", "٣", "9" * 5_000, "0000000019"])
def test_an_invalid_number_of_workers_is_refused_by_name(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, database: Path, count: str
) -> None:
    with pytest.raises(SystemExit) as error:
        main(["serve", "--workers", count])
    assert (error.value.code, "--workers" in capsys.readouterr().err) == (2, True)
    monkeypatch.setenv("WEB_CONCURRENCY", count)
    assert main(["--database", str(database), "serve", "--port", "0"]) == 2
    assert capsys.readouterr().err == "ftlserver: WEB_CONCURRENCY must be a number from 1 to 256\n"
    assert not database.exists()
