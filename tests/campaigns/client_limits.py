"""Promise 50: ftlclient ends with one clear line, whatever it is sent, in time and in little memory.

Each case runs ``python -m ftlclient`` against a server that sends nothing useful, or sends it without end.
"""

import gzip
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.client.conftest import raw_server

TIMEOUT = 3.0  # seconds; --timeout
SPARE_SECONDS = 5.0  # to start Python, on a machine that has other work
SPARE_MIB = 16.0  # for one piece, the decoder and the error
HELD_MIB = 64.0
MIB = 1024 * 1024

JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
NDJSON = JSON.replace(b"json", b"x-ndjson")
MOVED = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nConnection: close\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
SPACES = b" " * MIB

MEMBER = {"id": "a", "real_name": "Ann", "tz": "Europe/Berlin"}
DAY = {"date": "2026-11-16", "active_seconds": 1e308, "length_seconds": 86400}
SUMMARY = {"ok": True, "members": [MEMBER | {"active_seconds": 1e308, "days": [DAY]}]}


def activity(from_: str, to: str) -> dict[str, object]:
    members = [MEMBER | {"activity_periods": [{"start_time": from_, "end_time": to}]}]
    return {"ok": True, "members": members, "window": {"from": from_, "to": to}}


@dataclass(frozen=True)
class Case:
    """What a server sends: a *head*, then *body* once or *endless* again and again, with *pause* seconds between."""

    name: str
    command: str
    head: bytes
    body: bytes = b""
    endless: bytes = b""
    pause: float = 0.0
    status: int = 5

    def send(self, connection: socket.socket) -> None:
        connection.sendall(self.head)
        connection.sendall(self.body)
        while self.endless:
            connection.sendall(self.endless)
            time.sleep(self.pause)


def document(name: str, command: str, answer: object, status: int) -> Case:
    return Case(name, command, JSON + b"\r\n", json.dumps(answer).encode(), status=status)


SHORT = document("a short answer", "timeline a", activity("2026-11-16T09:00:00Z", "2026-11-16T10:00:00Z"), 0)


def cases() -> list[Case]:
    """Return the cases; the largest take some memory."""
    bomb = gzip.compress(bytes(64 * MIB), 9) * 160  # 10 GiB in 10 MiB
    return [
        Case("headers that trickle", "activity a", JSON, endless=b"X: y\r\n", pause=0.5, status=4),
        Case("a body that trickles", "activity a", JSON + b"\r\n", endless=b" ", pause=0.5, status=4),
        Case("a line that trickles", "export", NDJSON + CHUNKED, endless=b"1\r\n \r\n", pause=0.5, status=4),
        Case("a body without end", "activity a", JSON + b"\r\n", endless=SPACES),
        Case("a line without end", "export", NDJSON + b"\r\n", endless=SPACES),
        Case("a redirect without end", "activity a", MOVED + b"\r\n", endless=SPACES),
        Case("10 GiB compressed", "activity a", JSON + b"Content-Encoding: gzip\r\n\r\n", bomb),
        Case("10 GiB compressed, as an export", "export", NDJSON + b"Content-Encoding: gzip\r\n\r\n", bomb),
        Case("10 GiB compressed, as a redirect", "activity a", MOVED + b"Content-Encoding: gzip\r\n\r\n", bomb),
        Case(
            "20 million lists",
            "activity a",
            JSON + b"\r\n",
            b'{"ok":true,"members":[' + b"[]," * 20_000_000 + b"0]}",
        ),
        document("1e308 seconds", "summary a", SUMMARY, 5),
        document("times of year 1", "activity a", activity("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"), 5),
        document("years 1 to 9999", "timeline a", activity("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"), 5),
        document("years 1970 to 9999", "timeline a", activity("1970-01-01T00:00:00Z", "9999-11-30T00:00:00Z"), 2),
    ]


def peak(pid: int) -> int:
    """Return the largest number of bytes that a running process has held in memory."""
    # ru_maxrss of a child begins with the memory of the process that started it.
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def measure(case: Case, timeout: float) -> tuple[float, float]:
    """Run a case with a ``--timeout``; return the seconds and the MiB that it took."""
    with (
        raw_server(case.send) as url,
        tempfile.TemporaryDirectory() as home,
        tempfile.TemporaryFile("w+") as errors,
    ):
        command = f"-m ftlclient {case.command} --url {url} --timeout {timeout}".split()
        environ = os.environ | {"XDG_CONFIG_HOME": home, "XDG_DATA_HOME": home}
        began = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, *command], env=environ, stdout=subprocess.DEVNULL, stderr=errors
        )
        largest = 0
        while process.poll() is None:
            largest = max(largest, peak(process.pid))
            time.sleep(0.005)
        seconds = time.monotonic() - began
        errors.seek(0)
        lines = errors.read().splitlines()
    assert process.returncode == case.status, f"{case.name}: exit status {process.returncode}, {lines[-3:]}"
    assert case is SHORT or (len(lines) == 1 and lines[0].startswith("ftlclient: ")), f"{case.name}: {lines[-3:]}"
    assert seconds < timeout + SPARE_SECONDS, f"{case.name}: took {seconds:.1f} s with --timeout {timeout:g}"
    return seconds, largest / MIB


def try_it(timeout: float = TIMEOUT) -> str:
    """Run all cases; return the figures in one line, or raise AssertionError."""
    _, usual = measure(SHORT, timeout)
    slowest = largest = 0.0
    tried = cases()
    for case in tried:
        seconds, mib = measure(case, timeout)
        more = max(0.0, mib - usual)
        assert more <= HELD_MIB + SPARE_MIB, f"{case.name}: took {more:.0f} MiB more than a short answer"
        slowest, largest = max(slowest, seconds), max(largest, more)
    return (
        f"{len(tried)} cases: at most {slowest:.1f} s with --timeout {timeout:g}, "
        f"and {largest:.0f} MiB more than a short answer"
    )
