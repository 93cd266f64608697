"""Show when members were active at the same time, and for how long each pair was."""

import argparse
from functools import partial

from rich.console import Console

from ftlclient.api import answers
from ftlclient.commands import _question
from ftlclient.errors import ConfigError
from ftlclient.views import overlap
from ftlcommon import drawing
from ftlcommon.command_line import number
from ftlcommon.wording import counted

EXAMPLE = "ftlclient overlap jonas maya amara --min 2 --range week"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    _question.add_common_arguments(parser)
    _question.add_window_arguments(parser, "week", zone="local")
    parser.add_argument(
        "--min", metavar="N", type=number(1, 1_000), help="how many members must be active (default: all)"
    )
    parser.add_argument(
        "--all-intervals",
        action="store_true",
        help=f"show all intervals, in order of time, not only the {overlap.MOST_INTERVALS} longest",
    )


def handle(args: argparse.Namespace, console: Console) -> int:
    if args.tz == "member":
        raise ConfigError("--tz member: members are active at the same time on one clock; name a zone")
    window = _question.window(args)
    document = window | ({} if args.min is None else {"min_members": args.min})
    view = partial(overlap.Overlap, all_intervals=args.all_intervals)
    question = _question.Question(
        "overlap",
        answers.OVERLAP,
        view,
        "Time active together",
        drawing.overlap,
        overlap.COLUMNS,
        overlap.rows,
        document,
        check_members=partial(_check_members, args.min),
    )
    return _question.run(question, args, console)


def _check_members(least: int | None, named: int) -> None:
    if least is not None and least > named > 0:
        raise ConfigError(
            f"--min {least}: the question is about {counted(named, 'member')}; name more, or lower --min"
        )
