"""Show who was active most: each member's time in the window, and their share of the time of all."""

import argparse

from rich.console import Console

from ftlclient.commands import _question, _summary

EXAMPLE = "ftlclient ranking --range 2019 --top 10"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    _question.add_common_arguments(parser)
    _question.add_window_arguments(parser, "last-30-days", zone="member")


def handle(args: argparse.Namespace, console: Console) -> int:
    return _question.run(_summary.question(args, _question.window(args), "total"), args, console)
