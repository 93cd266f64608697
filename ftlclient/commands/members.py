"""List members and their local time."""

import argparse

from rich.console import Console

from ftlclient.api import answers
from ftlclient.commands import _question
from ftlclient.views import members

EXAMPLE = "ftlclient members --all"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    _question.add_common_arguments(parser)


def handle(args: argparse.Namespace, console: Console) -> int:
    question = _question.Question("presence", answers.PRESENCE, members.view, members.COLUMNS, members.rows)
    return _question.run(question, args, console)
