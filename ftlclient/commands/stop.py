"""End the period that start began, and record it.

A TIME of day alone is on the day of the start, or on the next day if it is earlier.
"""

import argparse
from datetime import datetime

from rich.console import Console

from ftlclient.api.spool import KEEP_STATUSES, Running, Spool
from ftlclient.commands import _recording, _session
from ftlclient.config import spool_file
from ftlclient.errors import ConfigError, RefusedError
from ftlcommon import zones
from ftlcommon.command_line import take_relative_times

EXAMPLE = "ftlclient stop 12:30"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    take_relative_times(parser)
    parser.add_argument("time", metavar="TIME", nargs="?", default="now", help="when it ended (default: now)")
    _session.add_user_argument(parser)
    _recording.add_yes_argument(parser)


def handle(args: argparse.Namespace, console: Console) -> int:
    spool = Spool(spool_file())
    with _session.connect(args) as client:
        running = _running(spool, client.url, _session.default_user(args, client))
        tz = zones.zone(running.tz) or zones.UTC_ZONE
        clock = _recording.MemberClock(running.user_id, tz)
        start = datetime.fromisoformat(running.start_time).astimezone(tz)
        end = clock.only_instant(_recording.read_end(args.time, start, clock.now()))
        period = _recording.Period(clock, start, end)
        _recording.check_length(period, args)
        try:
            _recording.record(client, period, console)
        except RefusedError as exc:
            if exc.status in KEEP_STATUSES:  # the period waits in the spool
                spool.end(running)
            raise
        spool.end(running)
    return 0


def _running(spool: Spool, url: str, user_id: str) -> Running:
    for running in spool.running():
        if (running.url, running.user_id) == (url, user_id):
            return running
    raise ConfigError(f"no period of {user_id} is running; begin one with: ftlclient start")
