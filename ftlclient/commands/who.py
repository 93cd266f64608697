"""Show who is active, since when, and what time it is for everybody; the active first."""

import argparse

from rich.console import Console

from ftlclient.commands import asking
from ftlclient.views import who

EXAMPLE = "ftlclient who --all --watch 30"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    asking.add_who_arguments(parser)
    asking.add_zone_argument(parser, "local")
    parser.add_argument("--at", metavar="TIME", help="look at that moment instead of now")
    asking.add_output_arguments(parser)


def handle(args: argparse.Namespace, console: Console) -> int:
    name = asking.zone_asked(args)
    document = {key: value for key, value in (("tz", name), ("at", args.at)) if value}
    question = asking.Question("presence", who.view, who.COLUMNS, who.rows, document)
    return asking.run(question, args, console)
