"""Serve a sample team of ten with 60 days of activity, from a temporary database."""

import argparse
import logging
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from ftlserver.commands import port, sample_data
from ftlserver.config import DEFAULT_HOST, DEFAULT_PORT, DEFAULT_THREADS, Config
from ftlserver.domain import instants
from ftlserver.domain.period import ActivityPeriod
from ftlserver.domain.user import User
from ftlserver.serving.server import STOP_SIGNALS, Server, listen, serve
from ftlserver.storage import Storage
from ftlserver.web.app import create_app


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=port, help="the port to listen on (PORT, else 8080); 0 is any free one")


def handle(args: argparse.Namespace, config: Config) -> int:
    for number in STOP_SIGNALS:  # so that the directory is removed whenever one arrives
        signal.signal(number, lambda *_: sys.exit(0))
    logging.getLogger("ftlserver").setLevel(logging.ERROR)  # the terminal is for the text below
    listener = listen(DEFAULT_HOST, config.port if args.port is None else args.port)
    team = sample_data.demo_team(instants.now())
    with (
        listener,
        tempfile.TemporaryDirectory(prefix="ftlserver-demo-") as directory,
        Storage.open(str(Path(directory, "demo.sqlite3")), threads=DEFAULT_THREADS) as storage,
    ):
        periods = (period for _, found in team for period in found)
        storage.bulk_import.store((user for user, _ in team), periods)
        server = Server(create_app(storage), listener, DEFAULT_THREADS)
        serve(server, lambda: print(_welcome(server, team), flush=True))
    return 0


def _welcome(server: Server, team: list[tuple[User, list[ActivityPeriod]]]) -> str:
    ids = [user.id for user, _ in team]
    url = "" if int(server.effective_port) == DEFAULT_PORT else f"--url {server.url} "
    ftlclient = "ftlclient" if shutil.which("ftlclient") else Path(sys.argv[0]).with_name("ftlclient")
    return f"""\
A team of {len(team)} is at {server.url} until you press Ctrl-C.
In another terminal, try:

  {ftlclient} activity {url}{ids[0]} {ids[1]}
  {ftlclient} timeline {url}--all --range yesterday
  {ftlclient} who {url}--all
  {ftlclient} summary {url}--all --range last-week
  {ftlclient} hours {url}{ids[6]}
  {ftlclient} overlap {url}--range last-week {ids[6]} {ids[3]}
  {ftlclient} meeting {url}--all
"""
