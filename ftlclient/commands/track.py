"""Record activity while this runs; Ctrl-C ends it.

A heartbeat goes out again and again. While the server is away they wait and go out later, each with its own
time. While the machine sleeps nothing beats, and that time does not count.
"""

import argparse
import time
from collections.abc import Iterator
from datetime import datetime

from rich.console import Console
from rich.status import Status

from ftlclient import clock
from ftlclient.client import Client
from ftlclient.commands import desk
from ftlclient.config import spool_file
from ftlclient.errors import NotThisAPIError, RefusedError, UnreachableError
from ftlclient.spool import Spool

EXAMPLE = "ftlclient track --user W012A3CDE"

_MISSED = 2.5  # beats that may come late before it counts as a break


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--user", metavar="ID", help="whose activity it is (default: as login has it)")
    parser.add_argument(
        "--every",
        metavar="SECONDS",
        type=_interval,
        default=60.0,
        help="how often a heartbeat goes out (default: %(default)g)",
    )


def handle(args: argparse.Namespace, console: Console) -> int:
    with desk.connect(args) as client:
        user_id = desk.desk_user(args)
        spool = Spool(spool_file())
        gap = max(1, round(args.every * _MISSED))
        began = clock.now()
        errors = Console(stderr=True)
        with errors.status(f"{user_id} is active") as status:
            try:
                for at in _beats(args.every):
                    _beat(client, spool, user_id, at, gap)
                    _show(status, user_id, began, len(spool.waiting(client.url)))
            except KeyboardInterrupt:
                _beat(client, spool, user_id, clock.now(), gap)
        waiting = len(spool.waiting(client.url))
    tail = f"; {waiting} heartbeats wait and go out with the next command" if waiting else ""
    console.print(f"{user_id} was active for {_length(began)}{tail}", markup=False, soft_wrap=True)
    return 0


def _beats(every: float) -> Iterator[datetime]:
    while True:
        yield clock.now()
        time.sleep(every)


def _beat(client: Client, spool: Spool, user_id: str, at: datetime, gap: int) -> None:
    """Keep a heartbeat, then send all that waits; raise RefusedError when the server will never take it."""
    document = {"user_id": user_id, "at": at.isoformat().replace("+00:00", "Z"), "gap": gap}
    item = spool.add(client.url, "POST", "/api/heartbeat/", document)
    try:
        answer = spool.flush(client).get(item)
    except (UnreachableError, NotThisAPIError):  # no network, or the page of somebody else's
        return
    except RefusedError as exc:
        if exc.status in (401, 403):
            raise
        return
    if isinstance(answer, RefusedError):
        spool.remove(item)
        raise answer


def _show(status: Status, user_id: str, began: datetime, waiting: int) -> None:
    tail = f", {waiting} heartbeats wait for the server" if waiting else ""
    status.update(f"{user_id} is active, {_length(began)} since {began.astimezone():%H:%M}{tail}")


def _length(began: datetime) -> str:
    minutes, seconds = divmod(int((clock.now() - began).total_seconds()), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"


def _interval(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 1 <= seconds <= 3_600:
        raise argparse.ArgumentTypeError("expected a number of seconds from 1 to 3600")
    return seconds
