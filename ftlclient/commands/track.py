"""Record activity while this command runs; stop it with Ctrl-C.

Heartbeats are sent at an interval. While the server is unavailable they are saved, and sent later with their own
times. While the machine sleeps none are sent, so that time does not count.
"""

import argparse
import time
from collections.abc import Iterator
from datetime import datetime

from rich.console import Console
from rich.status import Status

from ftlclient import time_ranges
from ftlclient.api.client import Client
from ftlclient.api.spool import Spool
from ftlclient.commands import _session
from ftlclient.config import spool_file
from ftlclient.errors import NotThisAPIError, RefusedError, UnreachableError
from ftlcommon.command_line import seconds
from ftlcommon.wording import time_of_day

EXAMPLE = "ftlclient track --user W012A3CDE"

_GAP = 2.5  # intervals without a heartbeat that do not end the period


def add_arguments(parser: argparse.ArgumentParser) -> None:
    _session.add_user_argument(parser)
    parser.add_argument(
        "--every",
        metavar="SECONDS",
        type=seconds(1, 3_600),
        default=60.0,
        help="the interval of heartbeats (default: %(default)g)",
    )


def handle(args: argparse.Namespace, console: Console) -> int:
    with _session.connect(args) as client:
        user_id = _session.default_user(args, client)
        spool = Spool(spool_file())
        gap = max(1, round(args.every * _GAP))
        began = time_ranges.now()
        errors = Console(stderr=True)
        with errors.status(f"{user_id} is active") as status:
            try:
                for at in _ticks(args.every):
                    _heartbeat(client, spool, user_id, at, gap)
                    _show(status, user_id, began, len(spool.waiting(client.url)))
            except KeyboardInterrupt:
                _heartbeat(client, spool, user_id, time_ranges.now(), gap)
        waiting = len(spool.waiting(client.url))
    tail = f"; {waiting} heartbeats saved; they will be sent with the next command" if waiting else ""
    console.print(f"{user_id} was active for {_length(began)}{tail}", markup=False, soft_wrap=True)
    return 0


def _ticks(every: float) -> Iterator[datetime]:
    while True:
        yield time_ranges.now()
        time.sleep(every)


def _heartbeat(client: Client, spool: Spool, user_id: str, at: datetime, gap: int) -> None:
    """Save a heartbeat and send all that wait; raise RefusedError if the server will never accept it."""
    document = {"user_id": user_id, "at": at.isoformat().replace("+00:00", "Z"), "gap": gap}
    item = spool.add(client.url, "POST", "/api/heartbeat/", document)
    try:
        answer = spool.flush(client).get(item)
    except (UnreachableError, NotThisAPIError):  # no network, or the login page of one
        return
    except RefusedError as exc:
        if exc.status in (401, 403):
            raise
        return
    if isinstance(answer, RefusedError):
        spool.remove(item)
        raise answer


def _show(status: Status, user_id: str, began: datetime, waiting: int) -> None:
    tail = f", {waiting} heartbeats waiting for the server" if waiting else ""
    status.update(f"{user_id} is active, {_length(began)} since {time_of_day(began.astimezone())}{tail}")


def _length(began: datetime) -> str:
    minutes, rest = divmod(int((time_ranges.now() - began).total_seconds()), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
