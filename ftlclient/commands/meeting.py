"""Propose the best times to meet in a coming week, from the hours in which members were active."""

import argparse

from rich.console import Console

from ftlclient.api import answers
from ftlclient.commands import _question, _window
from ftlclient.errors import ConfigError
from ftlclient.views import meeting
from ftlcommon import drawing

EXAMPLE = "ftlclient meeting --all --minutes 45 --week 2026-11-30"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    _question.add_common_arguments(parser)
    _question.add_window_arguments(parser, None, zone="local")
    parser.add_argument(
        "--week", metavar="DAY", help="the first of seven days, or next-week (default: next Monday)"
    )
    parser.add_argument(
        "--minutes", metavar="N", type=int, default=60, help="how long the meeting takes (default: %(default)s)"
    )
    parser.add_argument(
        "--slots", metavar="N", type=int, default=5, help="how many times to propose (default: %(default)s)"
    )


def handle(args: argparse.Namespace, console: Console) -> int:
    if args.tz == "member":
        raise ConfigError("--tz member: the table shows each member's clock anyway; name a zone for its columns")
    document = _question.window(args) | {"minutes": args.minutes, "slots": args.slots}
    if args.week:
        document["week"] = _window.coming_week(args.week, _window.now_in(_question.zone_name(args)))
    question = _question.Question(
        "meeting",
        answers.MEETING,
        meeting.Meeting,
        "Best times to meet",
        drawing.meeting,
        meeting.COLUMNS,
        meeting.rows,
        document,
    )
    return _question.run(question, args, console)
