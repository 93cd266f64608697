"""Show the share of nights and weekends, the longest unbroken activity, the shortest rest and the days in a row.

A token that is bound to users sees these; for others it takes the scope admin.
"""

import argparse

from rich.console import Console

from ftlclient.api import answers
from ftlclient.commands import _question
from ftlclient.views import rest
from ftlcommon import csv_rows, drawing

EXAMPLE = "ftlclient rest me --range quarter"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    _question.add_common_arguments(parser)
    _question.add_window_arguments(parser, "last-30-days", zone="member")
    parser.set_defaults(default_members="me")


def handle(args: argparse.Namespace, console: Console) -> int:
    tz = _question.zone(args)
    question = _question.Question(
        "rest",
        answers.REST,
        lambda answer: rest.view(answer, tz),
        "Rest and load",
        drawing.rest,
        csv_rows.REST,
        csv_rows.rest,
        _question.window(args),
    )
    return _question.run(question, args, console)
