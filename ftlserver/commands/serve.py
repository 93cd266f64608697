"""Answer over HTTP until SIGTERM or Ctrl-C; requests under way are answered first."""

import argparse
import logging
import os
import socket
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager

from ftlcommon.command_line import number
from ftlserver import __version__
from ftlserver.commands import port, positive
from ftlserver.config import DEFAULT_RATE, DEFAULT_THREADS, MOST_RATE, MOST_WORKERS, Config
from ftlserver.domain.rules import Rules
from ftlserver.errors import ConfigError
from ftlserver.serving import unix_socket
from ftlserver.serving.memory import return_large_blocks
from ftlserver.serving.notify import Notifier
from ftlserver.serving.server import Server, address_of, listen, serve, url_of
from ftlserver.serving.workers import supervise
from ftlserver.storage import Storage
from ftlserver.web.app import create_app, new_metrics
from ftlserver.web.middleware import Policy

_log = logging.getLogger("ftlserver")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", help="the address to listen on (HOST, else 127.0.0.1)")
    parser.add_argument("--port", type=port, help="the port to listen on (PORT, else 8080); 0 is any free one")
    parser.add_argument(
        "--socket",
        metavar="PATH",
        help="a unix socket to listen on, instead of an address; locked until there is a token (FTL_SOCKET)",
    )
    parser.add_argument(
        "--threads",
        type=positive,
        help=f"how many requests to work on at once ({DEFAULT_THREADS})",
    )
    parser.add_argument(
        "--workers",
        metavar="N",
        type=number(1, MOST_WORKERS),
        help="how many processes, each with its own threads (WEB_CONCURRENCY, else 1)",
    )
    parser.add_argument(
        "--allowed-host",
        metavar="NAME",
        action="append",
        default=[],
        help="a name by which the server is called, besides localhost; may be repeated (FTL_ALLOWED_HOSTS)",
    )
    parser.add_argument(
        "--allowed-origin",
        metavar="ORIGIN",
        action="append",
        default=[],
        help="an origin, such as https://wiki.example.org, whose pages have access (FTL_ALLOWED_ORIGINS)",
    )
    parser.add_argument(
        "--trusted-proxy",
        metavar="ADDRESS",
        help="the proxy whose X-Forwarded-For and -Proto headers are used; unix is one that connects to --socket,"
        " * is any (FTL_TRUSTED_PROXY)",
    )
    parser.add_argument(
        "--rate",
        metavar="N",
        type=number(0, MOST_RATE),
        help=f"requests a minute of a token, or an address without one (FTL_RATE, else {DEFAULT_RATE}); 0: any",
    )
    parser.add_argument("--public-read", action="store_true", help="let callers without a token read")


def handle(args: argparse.Namespace, config: Config) -> int:
    workers = args.workers or config.workers
    threads = args.threads or config.threads
    with _listener(args, config) as listener:
        policy = Policy.of(
            address_of(listener),
            [*config.allowed_hosts, *args.allowed_host],
            [*config.allowed_origins, *args.allowed_origin],
            args.trusted_proxy or config.trusted_proxy,
            public_read=args.public_read or config.public_read,
            rate=config.rate if args.rate is None else args.rate,
        )
        metrics = new_metrics(workers)
        notifier = Notifier(os.environ, listener)

        def work(ready: Callable[[str], None], stopping: Callable[[], None] = lambda: None) -> None:
            return_large_blocks()
            rules = Rules(may_overlap=config.overlaps == "store", most_days=config.oldest)
            with (
                Storage.open(config.database, threads=threads, rules=rules) as storage,
                storage.full_check.in_background(),
                storage.changes.pruned(config.undo_days),
            ):
                server = Server(
                    create_app(storage, policy, metrics),
                    listener,
                    threads,
                    storage.database.concurrency,
                    policy.caller_of,
                    metrics=metrics,
                )
                serve(server, lambda: ready(server.url), stopping)

        def work_as(worker: int) -> None:
            metrics.count_as(worker)
            work(lambda _url: _log.info("ready"))

        def stop_accepting() -> None:
            notifier.stopping()
            listener.close()  # so that new connections are refused, and not left to wait

        with Storage.open(config.database) as storage:  # before the workers, so that one process makes the tables
            has_tokens = storage.tokens.has_any()
        _log.setLevel(logging.INFO)
        if workers == 1:
            with notifier.in_background():
                work(lambda url: _say_ready(url, policy, has_tokens=has_tokens), notifier.stopping)
        else:
            url = url_of(listener)
            supervise(
                workers,
                work_as,
                ready=lambda: _say_ready(url, policy, has_tokens=has_tokens),
                look=notifier.look,
                stopping=stop_accepting,
            )
    _log.info("stopped")
    return 0


def _listener(args: argparse.Namespace, config: Config) -> AbstractContextManager[socket.socket]:
    """Return a listening socket: at the path or on the address of an option, else of the settings."""
    has_address = args.host is not None or args.port is not None
    if args.socket is not None and has_address:
        raise ConfigError("--socket takes the place of --host and --port; drop one or the other")
    path = args.socket or (None if has_address else config.socket)
    if path is not None:
        return unix_socket.listening(path)
    return listen(args.host or config.host, config.port if args.port is None else args.port)


def _say_ready(url: str, policy: Policy, *, has_tokens: bool) -> None:
    _log.info("ftlserver %s answers at %s, with SQLite %s", __version__, url, sqlite3.sqlite_version)
    if policy.public_read:
        _log.warning("everyone who reaches this address can read everything (--public-read)")
    if not has_tokens and policy.is_local:
        _log.info(
            "open to everyone on this machine; the first token locks it:"
            " ftlserver token create --name NAME --scope admin"
        )
    elif not has_tokens:
        _log.warning("locked until there is a token: ftlserver token create --name NAME --scope admin")
    if not policy.is_local:
        _log.info("answers to the names %s (add others with FTL_ALLOWED_HOSTS)", ", ".join(sorted(policy.hosts)))
