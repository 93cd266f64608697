"""Show what was recorded last: your own last ten periods, or those of others, of the last 90 days."""

import argparse
from datetime import timedelta

from rich.console import Console

from ftlclient import time_ranges
from ftlclient.commands import _activity, _question
from ftlcommon.command_line import number

EXAMPLE = "ftlclient recent"

_FURTHEST = timedelta(days=90)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    _question.add_common_arguments(parser)
    _question.add_zone_argument(parser, "member")
    parser.add_argument("--last", metavar="N", type=number(1, 1_000), default=10, help="how many (%(default)s)")
    parser.set_defaults(default_members="me")


def handle(args: argparse.Namespace, console: Console) -> int:
    since = (time_ranges.now() - _FURTHEST).replace(microsecond=0)
    name = _question.zone_name(args)
    window = {"from": since.isoformat()} | ({"tz": name} if name else {})
    return _question.run(_activity.question(args, window, args.last), args, console)
