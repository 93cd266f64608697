"""Show when members were active at the same time, and for how long each pair was."""

import argparse

from rich.console import Console

from ftlclient.api import answers
from ftlclient.commands import _question
from ftlclient.views import overlap

EXAMPLE = "ftlclient overlap jonas maya amara --min 2 --range week"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    _question.add_common_arguments(parser)
    _question.add_window_arguments(parser, "week", zone="local")
    parser.add_argument("--min", metavar="N", type=int, help="how many members must be active (default: all)")


def handle(args: argparse.Namespace, console: Console) -> int:
    window = _question.window(args)
    document = window | ({} if args.min is None else {"min_members": args.min})
    question = _question.Question(
        "overlap", answers.OVERLAP, overlap.Overlap, overlap.COLUMNS, overlap.rows, document
    )
    return _question.run(question, args, console)
