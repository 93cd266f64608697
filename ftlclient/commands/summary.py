"""Show how long each member was active on each day; time that overlaps counts once."""

import argparse

from rich.console import Console

from ftlclient.commands import asking
from ftlclient.views import summary

EXAMPLE = "ftlclient summary --all --range last-week"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    asking.add_who_arguments(parser)
    asking.add_window_arguments(parser, "week")
    asking.add_zone_argument(parser, "member")
    asking.add_output_arguments(parser)


def handle(args: argparse.Namespace, console: Console) -> int:
    window = asking.window_asked(args)
    document = window | ({"day_zone": window["tz"]} if "tz" in window else {})
    question = asking.Question("summary", summary.Summary, summary.COLUMNS, summary.rows, document)
    return asking.run(question, args, console)
