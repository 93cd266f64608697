"""Record an activity period.

Times are on the user's own clock, wherever this machine is: 9, 9am, 09:00, "yesterday 14:00", now, -2h, or a
complete time with offset such as 2026-11-16T09:00+01:00. An END without a day is on the day of START, or on the
next day if it is earlier.
"""

import argparse

from rich.console import Console

from ftlclient.commands import _recording, _session
from ftlcommon.command_line import take_relative_times

EXAMPLE = "ftlclient log 09:00 12:30 --on yesterday"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    take_relative_times(parser)
    parser.add_argument("start", metavar="START")
    parser.add_argument("end", metavar="END")
    parser.add_argument("--on", metavar="DAY", help="the day of the start (default: today, where the user is)")
    _session.add_user_argument(parser)
    _recording.add_yes_argument(parser)


def handle(args: argparse.Namespace, console: Console) -> int:
    with _session.connect(args) as client:
        clock = _recording.MemberClock.of(client, _session.default_user(args, client))
        start = _recording.read_start(args.start, clock.now(), args.on)
        period = _recording.Period(clock, start, _recording.read_end(args.end, start, clock.now()))
        _recording.check_length(period, args)
        _recording.record(client, period, console)
    return 0
