"""Show in which hours of the week each member is active, as a share of the weeks looked at."""

import argparse

from rich.console import Console

from ftlclient.commands import asking
from ftlclient.views import hours

EXAMPLE = "ftlclient hours jonas maya --from 2026-09-01 --tz member"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    asking.add_who_arguments(parser)
    asking.add_window_arguments(parser, "last-30-days")
    asking.add_zone_argument(parser, "local")
    asking.add_output_arguments(parser)


def handle(args: argparse.Namespace, console: Console) -> int:
    window = asking.window_asked(args)
    question = asking.Question("hours", hours.Hours, hours.COLUMNS, hours.rows, window)
    return asking.run(question, args, console)
