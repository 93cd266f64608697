"""Answer over HTTP until SIGTERM or Ctrl-C; requests that are under way are answered first."""

import argparse
import ipaddress
import logging
import sqlite3

from ftlserver import __version__
from ftlserver.app import create_app
from ftlserver.commands import port, positive
from ftlserver.config import DEFAULT_THREADS, Config
from ftlserver.serving import Server, listen, serve
from ftlserver.store import Store

_log = logging.getLogger("ftlserver")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", help="the address to listen on (HOST, else 127.0.0.1)")
    parser.add_argument("--port", type=port, help="the port to listen on (PORT, else 8080); 0 is any free one")
    parser.add_argument(
        "--threads",
        type=positive,
        default=DEFAULT_THREADS,
        help="how many requests to work on at once (%(default)s)",
    )


def handle(args: argparse.Namespace, config: Config) -> int:
    logging.getLogger("ftlserver").setLevel(logging.INFO)
    listener = listen(args.host or config.host, config.port if args.port is None else args.port)
    with listener, Store.open(config.database, threads=args.threads) as store:
        server = Server(create_app(store), listener, args.threads)
        serve(server, lambda: _say_ready(server))
    _log.info("stopped")
    return 0


def _say_ready(server: Server) -> None:
    _log.info("ftlserver %s answers at %s, with SQLite %s", __version__, server.url, sqlite3.sqlite_version)
    if not ipaddress.ip_address(server.effective_host).is_loopback:
        _log.warning("whoever reaches this address can read everything: put a proxy that asks before it")
