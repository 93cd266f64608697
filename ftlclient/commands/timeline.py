"""Draw who was active when: a row for each member, a block for each day, one axis. Dots are night time."""

import argparse
from typing import Any

from rich.console import Console

from ftlclient import time_ranges
from ftlclient.api import answers
from ftlclient.api.models import members_from_json
from ftlclient.commands import _question
from ftlclient.views import activity, timeline

EXAMPLE = "ftlclient timeline --all --range week --tz Europe/Berlin"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    _question.add_common_arguments(parser)
    _question.add_window_arguments(parser, "today", zone="local")


def handle(args: argparse.Namespace, console: Console) -> int:
    window = _question.window(args)
    zone = _question.zone_name(args)

    def view(answer: dict[str, Any]) -> timeline.Timeline:
        members = members_from_json(answer)
        tz = time_ranges.zone(zone) if zone else None
        return timeline.Timeline(members, timeline.days(members, answer["window"], tz), tz, time_ranges.now())

    question = _question.Question(
        "loguseractivity",
        answers.TIMELINE,
        view,
        activity.COLUMNS,
        lambda answer: activity.rows(members_from_json(answer)),
        {"to": time_ranges.now().isoformat(), **window, "clip": True, "time_format": "iso"},
    )
    return _question.run(question, args, console)
