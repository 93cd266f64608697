"""Show what was recorded last: your own last ten periods, or those of others."""

import argparse
from dataclasses import replace
from datetime import timedelta
from typing import Any

from rich.console import Console

from ftlclient import time_ranges
from ftlclient.api import answers
from ftlclient.api.models import Member, members_from_json
from ftlclient.commands import _question
from ftlclient.views import activity
from ftlcommon.command_line import number

EXAMPLE = "ftlclient recent"

_FURTHEST = timedelta(days=90)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    _question.add_common_arguments(parser)
    _question.add_zone_argument(parser, "member")
    parser.add_argument("--last", metavar="N", type=number(1, 1_000), default=10, help="how many (%(default)s)")
    parser.set_defaults(default_members="me")


def handle(args: argparse.Namespace, console: Console) -> int:
    since = (time_ranges.now() - _FURTHEST).replace(microsecond=0)
    name = _question.zone_name(args)
    window = {"from": since.isoformat(), "time_format": "iso"} | ({"tz": name} if name else {})
    tz = _question.zone(args)

    def last(answer: dict[str, Any]) -> list[Member]:
        members = members_from_json(answer)
        return [replace(member, activity_periods=member.activity_periods[-args.last :]) for member in members]

    def view(answer: dict[str, Any]) -> activity.Activity:
        return activity.Activity(last(answer), time_ranges.now(), answer.get("window"), tz)

    question = _question.Question(
        "loguseractivity",
        answers.ACTIVITY,
        view,
        activity.COLUMNS,
        lambda answer: activity.rows(last(answer)),
        window,
    )
    return _question.run(question, args, console)
