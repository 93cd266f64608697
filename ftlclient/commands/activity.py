"""List the activity periods of each member, on the member's own clock."""

import argparse

from rich.console import Console

from ftlclient.commands import _activity, _question

EXAMPLE = "ftlclient activity W012A3CDE W07QCRPA4 --range week"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    _question.add_common_arguments(parser)
    _question.add_window_arguments(parser, None, zone="member")
    parser.set_defaults(default_members="me")


def handle(args: argparse.Namespace, console: Console) -> int:
    return _question.run(_activity.question(args, _question.window(args)), args, console)
