"""List the activity periods of each member, on the member's own clock."""

import argparse
from typing import Any

from rich.console import Console

from ftlclient import time_ranges
from ftlclient.api import answers
from ftlclient.api.models import members_from_json
from ftlclient.commands import _question
from ftlclient.views import activity

EXAMPLE = "ftlclient activity W012A3CDE W07QCRPA4 --range week"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    _question.add_common_arguments(parser)
    _question.add_window_arguments(parser, None, zone="member")
    parser.set_defaults(default_members="me")


def handle(args: argparse.Namespace, console: Console) -> int:
    window = _question.window(args)
    tz = _question.zone(args)

    def view(answer: dict[str, Any]) -> activity.Activity:
        return activity.Activity(members_from_json(answer), time_ranges.now(), answer.get("window"), tz)

    question = _question.Question(
        "loguseractivity",
        answers.ACTIVITY,
        view,
        activity.COLUMNS,
        lambda answer: activity.rows(members_from_json(answer)),
        window | {"time_format": "iso"},
        plain=window,
    )
    return _question.run(question, args, console)
