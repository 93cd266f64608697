"""Serve a sample team of ten with 60 days of activity, or a repository's team, from a temporary database."""

import argparse
import logging
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from ftlserver.commands import import_file, port, sample_data
from ftlserver.config import DEFAULT_HOST, DEFAULT_PORT, DEFAULT_THREADS, Config
from ftlserver.domain import instants
from ftlserver.errors import ConfigError
from ftlserver.serving.server import STOP_SIGNALS, Server, listen, serve
from ftlserver.storage import Storage
from ftlserver.web.app import create_app

EXAMPLE = "ftlserver demo --git ."

# Who makes an environment for one run, by the directory in which they keep it.
_RUNNERS = {"archive-v0": "uvx", ".cache": "pipx run"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--git", metavar="DIR", help="the team of this repository, read from its commits, instead of a sample"
    )
    parser.add_argument("--port", type=port, help="the port to listen on (PORT, else 8080); 0 is any free one")


def handle(args: argparse.Namespace, config: Config) -> int:
    logging.getLogger("ftlserver").setLevel(logging.ERROR)  # the terminal is for the text below
    with (
        _temporary_directory() as directory,
        listen(DEFAULT_HOST, config.port if args.port is None else args.port) as listener,
        Storage.open(str(directory / "demo.sqlite3"), threads=DEFAULT_THREADS) as storage,
    ):
        team = _sample(storage) if args.git is None else _repository(storage, args.git)
        server = Server(create_app(storage), listener, DEFAULT_THREADS)
        serve(server, lambda: print(_welcome(server, team), flush=True))
    return 0


@contextmanager
def _temporary_directory() -> Iterator[Path]:
    """Give a directory that is removed at the end, also when one of STOP_SIGNALS or several of them arrive."""
    before = {number: signal.signal(number, lambda *_: sys.exit(0)) for number in STOP_SIGNALS}
    try:
        with tempfile.TemporaryDirectory(prefix="ftlserver-demo-") as directory:
            try:
                yield Path(directory)
            finally:
                for number in STOP_SIGNALS:
                    signal.signal(number, signal.SIG_IGN)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Team(NamedTuple):
    """What is shown: what it is, questions about it for ftlclient, and the path of a page besides the first."""

    name: str
    questions: list[str]
    page: str = ""


def _sample(storage: Storage) -> _Team:
    """Store the sample team."""
    team = sample_data.demo_team(instants.now())
    storage.bulk_import.store((user for user, _ in team), (period for _, found in team for period in found))
    ids = [user.id for user, _ in team]
    questions = [
        f"activity {ids[0]} {ids[1]}",
        "timeline --all --range yesterday",
        "who --all",
        "summary --all --range last-week",
        f"hours {ids[6]}",
        f"overlap --range last-week {ids[6]} {ids[3]}",
        "meeting --all",
    ]
    return _Team(f"A team of {len(team)}", questions)


def _repository(storage: Storage, directory: str) -> _Team:
    """Store the team of a git repository; raise ConfigError."""
    imported = import_file.read_into(storage, import_file.arguments("git", directory)).imported
    newest_end = storage.totals.read().newest_end
    if newest_end is None:
        raise ConfigError(f"{directory} has no commits of people; name another repository")
    newest = instants.wall_clock(newest_end, 0)
    month, year = f"{newest:%Y-%m}", f"{newest:%Y}"
    name = f"The team of {directory}, {imported.users_added:,} people with {imported.periods_added:,} periods,"
    questions = [
        f"timeline --range {month} --top 20",
        f"ranking --range {year} --top 20",
        f"hours --range {year} --top 5",
        f"overlap --range {month} --top 5",
    ]
    return _Team(name, questions, f"/timeline?from={month}-01&to={newest:%Y-%m-%d}")


def client_in_another_terminal() -> str:
    """Return the command that runs ftlclient, also from where it is not on the PATH."""
    runner = _RUNNERS.get(Path(sys.prefix).parent.name)
    if runner is not None:
        return f"{runner} ftl-activity client"
    if shutil.which("ftlclient"):
        return "ftlclient"
    beside = (Path(program).with_name("ftlclient") for program in (sys.argv[0], sys.executable))
    return next((str(path) for path in beside if path.exists()), "ftlclient")


def _welcome(server: Server, team: _Team) -> str:
    url = "" if int(server.effective_port) == DEFAULT_PORT else f" --url {server.url}"
    client = client_in_another_terminal()
    asked = (question.split(" ", 1) for question in team.questions)
    lines = (f"  {client} {command}{url} {rest}" for command, rest in asked)
    first = f"{team.name} is at {server.url}/ until you press Ctrl-C."
    page = [f"Its last month of activity: {server.url}{team.page}"] if team.page else []
    return "\n".join([first, *page, "In another terminal, try:", "", *lines, ""])
