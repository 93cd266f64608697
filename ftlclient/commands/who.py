"""Show who is active, since when, and each member's local time; active members first."""

import argparse

from rich.console import Console

from ftlclient.api import answers
from ftlclient.commands import _question, _window
from ftlclient.views import who
from ftlcommon import drawing
from ftlcommon.command_line import take_relative_times

EXAMPLE = "ftlclient who --all --watch 30"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    _question.add_common_arguments(parser)
    _question.add_zone_argument(parser, "local")
    take_relative_times(parser)
    parser.add_argument("--back", action="store_true", help="show when those who are away are usually back")
    parser.add_argument(
        "--at", metavar="TIME", help="show that moment instead of now: 9am, yesterday 14:00, -2h, ..."
    )


def handle(args: argparse.Namespace, console: Console) -> int:
    name = _question.zone_name(args)
    at = _window.moment("--at", args.at, _window.now_in(name)) if args.at else None
    tz = _question.zone(args)
    document = {key: value for key, value in (("tz", name), ("at", at), ("usually_back", args.back)) if value}
    question = _question.Question(
        "presence",
        answers.PRESENCE,
        lambda answer: who.view(answer, tz, is_sorted=args.sort is not None),
        "Who is active",
        drawing.board,
        who.COLUMNS,
        who.rows,
        document,
    )
    return _question.run(question, args, console)
