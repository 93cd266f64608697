"""Show whom the server knows, and what time it is for them."""

import argparse

from rich.console import Console

from ftlclient.commands import asking
from ftlclient.views import members

EXAMPLE = "ftlclient members --all"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    asking.add_who_arguments(parser)
    asking.add_output_arguments(parser)


def handle(args: argparse.Namespace, console: Console) -> int:
    question = asking.Question("presence", members.view, members.COLUMNS, members.rows)
    return asking.run(question, args, console)
