"""Begin an activity period, which stop records.

It is kept on this machine, also over a restart; the server hears of it at the stop. status shows it.
"""

import argparse
from datetime import datetime, timedelta

from rich.console import Console

from ftlclient.api import answers
from ftlclient.api.client import Client
from ftlclient.api.spool import Running, Spool
from ftlclient.commands import _recording, _session
from ftlclient.config import spool_file
from ftlclient.errors import ConfigError, NotThisAPIError, RefusedError, UnreachableError
from ftlclient.time_expressions import read_moment, sent
from ftlcommon.command_line import take_relative_times
from ftlcommon.terminal import safe
from ftlcommon.wording import time_of_day

EXAMPLE = "ftlclient start -10min"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    take_relative_times(parser)
    parser.add_argument("time", metavar="TIME", nargs="?", default="now", help="when it began (default: now)")
    _session.add_user_argument(parser)


def handle(args: argparse.Namespace, console: Console) -> int:
    with _session.connect(args) as client:
        clock = _recording.MemberClock.of(client, _session.default_user(args, client))
        began = clock.only_instant(read_moment(args.time, clock.now())).astimezone(clock.tz)
        if began > clock.now():
            raise ConfigError(f"{args.time} is still to come; start then, or name a time before now")
        _check(client, clock.user_id, began)
        running = Running(client.url, clock.user_id, sent(began), clock.tz.key)
        if not Spool(spool_file()).begin(running):
            raise ConfigError(
                f"a period of {clock.user_id} is running (see ftlclient status); end it with: ftlclient stop"
            )
    line = f"started: {clock.user_id}, {began:%a %Y-%m-%d} {time_of_day(began)} {clock.tz.key}"
    console.print(safe(line), markup=False, soft_wrap=True)
    _recording.warn(clock)
    return 0


def _check(client: Client, user_id: str, began: datetime) -> None:
    """Raise ConfigError or RefusedError if the server would not record a period that begins then.

    A server that is unavailable is asked at the stop.
    """
    period = {"user_id": user_id, "start_time": sent(began), "end_time": sent(began + timedelta(minutes=1))}
    try:
        answer = client.post("/api/activity/", {"periods": [period], "dry_run": True})
        answers.check(answer, answers.recorded(1))
    except (UnreachableError, NotThisAPIError):
        pass
    except RefusedError as exc:
        if exc.status != 429 and exc.status < 500:
            raise
    else:
        verdict = answer["verdicts"][0]
        if verdict["verdict"] == "rejected":
            raise ConfigError(f"{client.url} would not record it: {verdict.get('message', 'it gives no reason')}")
