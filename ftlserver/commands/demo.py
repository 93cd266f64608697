"""Serve a made-up team of ten with 60 days of activity, from a temporary database that is gone afterwards."""

import argparse
import logging
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from ftlserver import clock, samples
from ftlserver.app import create_app
from ftlserver.commands import port
from ftlserver.config import DEFAULT_HOST, DEFAULT_PORT, DEFAULT_THREADS, Config
from ftlserver.models import ActivityPeriod, User
from ftlserver.serving import STOP_SIGNALS, Server, listen, serve
from ftlserver.store import Store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=port, help="the port to listen on (PORT, else 8080); 0 is any free one")


def handle(args: argparse.Namespace, config: Config) -> int:
    for number in STOP_SIGNALS:  # so that the directory goes whenever they come
        signal.signal(number, lambda *_: sys.exit(0))
    logging.getLogger("ftlserver").setLevel(logging.ERROR)  # the terminal is for the words below
    listener = listen(DEFAULT_HOST, config.port if args.port is None else args.port)
    team = samples.demo_team(clock.now())
    with (
        listener,
        tempfile.TemporaryDirectory(prefix="ftlserver-demo-") as directory,
        Store.open(str(Path(directory, "demo.sqlite3")), threads=DEFAULT_THREADS) as store,
    ):
        store.record((user for user, _ in team), (period for _, periods in team for period in periods))
        server = Server(create_app(store), listener, DEFAULT_THREADS)
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
