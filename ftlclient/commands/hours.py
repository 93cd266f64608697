"""Show in which hours of the week each member is active, as the average share of each hour."""

import argparse

from rich.console import Console

from ftlclient.api import answers
from ftlclient.commands import _question
from ftlclient.views import hours
from ftlcommon import drawing

EXAMPLE = "ftlclient hours jonas maya --from 2026-09-01 --tz member"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    _question.add_common_arguments(parser)
    _question.add_window_arguments(parser, "last-30-days", zone="local")


def handle(args: argparse.Namespace, console: Console) -> int:
    window = _question.window(args)
    question = _question.Question(
        "hours",
        answers.HOURS,
        hours.Hours,
        "Active share of each hour of the week",
        drawing.hours,
        hours.COLUMNS,
        hours.rows,
        window,
    )
    return _question.run(question, args, console)
