"""Show each member's periods of activity, on the member's own clock."""

import argparse

from rich.console import Console

from ftlclient import clock
from ftlclient.commands import asking
from ftlclient.models import members_from_json
from ftlclient.views import activity

EXAMPLE = "ftlclient activity W012A3CDE W07QCRPA4 --range week"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    asking.add_who_arguments(parser)
    asking.add_window_arguments(parser)
    asking.add_zone_argument(parser, "member")
    asking.add_output_arguments(parser)


def handle(args: argparse.Namespace, console: Console) -> int:
    window = asking.window_asked(args)
    question = asking.Question(
        "loguseractivity",
        lambda answer: activity.view(members_from_json(answer), clock.now()),
        activity.COLUMNS,
        lambda answer: activity.rows(members_from_json(answer)),
        window | {"time_format": "iso"},
        plain=window,
    )
    return asking.run(question, args, console)
