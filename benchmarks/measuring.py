"""How a figure is measured: the product and the floor alternate, and programs run in separate processes."""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Figure:
    """A result: the ratio of *ours* to *floor*, the *least* and the *most* of it, and the target *reach*.

    Without a floor, *ratio* is the measured value in *unit*.
    """

    name: str
    unit: str
    reach: str
    ratio: float
    ours: float
    floor: float | None = None
    least: float = 0
    most: float = 0

    def is_met(self) -> bool:
        """Tell whether the ratio reaches its target."""
        bound = float(self.reach.split()[1])
        return self.ratio >= bound if self.reach.startswith(">=") else self.ratio <= bound

    def cells(self) -> list[str]:
        """Return the cells of the row in the table."""
        spread, measured = "", self.unit
        if self.floor is not None:
            digits = 0 if self.floor >= 20 else 1
            spread = f"{self.least:.2f} to {self.most:.2f}"
            measured = f"{self.ours:,.{digits}f} / {self.floor:,.{digits}f} {self.unit}"
        reach = self.reach.replace(">=", "≥").replace("<=", "≤")
        return [self.name, f"{self.ratio:.2f}", reach, "yes" if self.is_met() else "**no**", spread, measured]


class Table:
    """The figures; each is printed as soon as it is measured."""

    HEAD = ("figure", "ratio", "reach", "met", "spread", "ours / floor")

    def __init__(self, rounds: int) -> None:
        self.rounds = rounds
        self.figures: list[Figure] = []
        print(_line(self.HEAD), _line(["---"] * len(self.HEAD)), sep="\n", flush=True)

    def compare(
        self,
        name: str,
        unit: str,
        reach: str,
        ours: Callable[[], float],
        floor: Callable[[], float],
        rounds: int = 0,
    ) -> None:
        """Measure *ours* and *floor* alternately and add the figure; *reach* begins with ``>=`` or ``<=``."""
        pairs = [(ours(), floor()) for _ in range(rounds or self.rounds)]
        ratios = [pair[0] / pair[1] for pair in pairs]
        our_median, floor_median = (statistics.median(column) for column in zip(*pairs, strict=True))
        ratio = statistics.median(ratios)
        self.note(Figure(name, unit, reach, ratio, our_median, floor_median, min(ratios), max(ratios)))

    def note(self, figure: Figure) -> None:
        """Add a figure and print it."""
        self.figures.append(figure)
        print(_line(figure.cells()), flush=True)


def _line(cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def seconds(work: Callable[[], object]) -> float:
    """Return how long *work* takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def run(*arguments: str) -> float:
    """Return how many seconds a Python program takes to run."""
    return seconds(lambda: subprocess.run([sys.executable, *arguments], capture_output=True, check=True))


@dataclass(frozen=True)
class Served:
    """A server in a separate process."""

    url: str
    pid: int = 0

    def memory(self, name: str) -> float:
        """Return the value *name* of ``/proc/PID/status``, in MiB."""
        text = Path(f"/proc/{self.pid}/status").read_text()
        return int(text.partition(f"{name}:")[2].split()[0]) / 1024


@contextmanager
def serving(database: str, *options: str) -> Iterator[Served]:
    """Serve a database with the default settings."""
    # The log goes to a file, as an operator's does: a pipe without a reader would block the server.
    with tempfile.NamedTemporaryFile("r", suffix=".log") as log:
        command = [sys.executable, "-m", "ftlserver", "--database", database, "serve", "--port", "0", *options]
        with open(log.name, "w") as errors, subprocess.Popen(command, stderr=errors) as process:
            try:
                for _ in range(600):
                    text = Path(log.name).read_text()
                    if "answers at " in text:
                        break
                    time.sleep(0.05)
                url = text.partition("answers at ")[2].partition(",")[0]
                time.sleep(0.5 if "--workers" in options else 0)
                yield Served(url, process.pid)
            finally:
                process.terminate()


@contextmanager
def serving_ok() -> Iterator[Served]:
    """Serve a Bottle route that answers ``ok``."""
    command = [sys.executable, "-m", "benchmarks.floor"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Served(process.stdout.readline().strip(), process.pid)
        finally:
            process.terminate()


def requests_per_second(
    served: Served, path: str, documents: list[dict[str, Any]], for_seconds: float, connections: int = 8
) -> float:
    """Return how many requests per second the server answers over keep-alive *connections*, all saturating."""
    return load(served, path, documents, for_seconds, connections)[0]


def load(
    served: Served, path: str, documents: list[dict[str, Any]], for_seconds: float, connections: int
) -> tuple[float, float]:
    """Return requests per second, and the longest time in seconds that a connection waited for an answer."""
    parts = urlsplit(served.url)
    bodies = [json.dumps(document).encode() for document in documents]
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
    command = [
        sys.executable,
        "-m",
        "benchmarks.load",
        str(parts.hostname),
        str(parts.port),
        str(connections),
        str(for_seconds),
    ]
    requests = b"\0".join(f"{head}{len(body)}\r\n\r\n".encode() + body for body in bodies)
    rate, longest = subprocess.run(command, input=requests, capture_output=True, check=True).stdout.split()
    return float(rate), float(longest)


@contextmanager
def connected(served: Served) -> Iterator[HTTPConnection]:
    """Give a keep-alive connection."""
    with closing(HTTPConnection(urlsplit(served.url).netloc, timeout=120)) as connection:
        yield connection


def ask(served: Served, path: str, document: dict[str, Any], *, times: int = 1) -> float:
    """Return how many seconds a complete answer takes, the median of *times* requests."""
    with connected(served) as connection:
        return statistics.median(_ask(connection, path, document)[1] for _ in range(times))


def ask_for_first_byte(served: Served, path: str, document: dict[str, Any]) -> float:
    """Return how many seconds the first byte of an answer takes; read the rest too."""
    with connected(served) as connection:
        return _ask(connection, path, document)[0]


def _ask(connection: HTTPConnection, path: str, document: dict[str, Any]) -> tuple[float, float]:
    body = json.dumps(document).encode()
    started = time.perf_counter()
    connection.request("POST", path, body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    response.read(1)
    first = time.perf_counter() - started
    while response.read(1 << 20):
        pass
    assert response.status == 200
    return first, time.perf_counter() - started
