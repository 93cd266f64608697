"""Show how long each member was active each day; overlapping time counts once."""

import argparse

from rich.console import Console

from ftlclient.api import answers
from ftlclient.commands import _question
from ftlclient.views import summary

EXAMPLE = "ftlclient summary --all --range last-week"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    _question.add_common_arguments(parser)
    _question.add_window_arguments(parser, "week", zone="member")


def handle(args: argparse.Namespace, console: Console) -> int:
    window = _question.window(args)
    document = window | ({"day_zone": window["tz"]} if "tz" in window else {})
    question = _question.Question(
        "summary", answers.SUMMARY, summary.Summary, summary.COLUMNS, summary.rows, document
    )
    return _question.run(question, args, console)
