"""Show when members were active at the same time, and how long each two of them."""

import argparse

from rich.console import Console

from ftlclient.commands import asking
from ftlclient.views import overlap

EXAMPLE = "ftlclient overlap jonas maya amara --min 2 --range week"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    asking.add_who_arguments(parser)
    asking.add_window_arguments(parser, "week")
    asking.add_zone_argument(parser, "local")
    parser.add_argument("--min", metavar="N", type=int, help="how many must be active (default: all)")
    asking.add_output_arguments(parser)


def handle(args: argparse.Namespace, console: Console) -> int:
    window = asking.window_asked(args)
    document = window | ({} if args.min is None else {"min_members": args.min})
    question = asking.Question("overlap", overlap.Overlap, overlap.COLUMNS, overlap.rows, document)
    return asking.run(question, args, console)
