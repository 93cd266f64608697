"""Draw who was active when: a row for each member, one axis, a block for each day. Dots are their night."""

import argparse
from typing import Any

from rich.console import Console

from ftlclient import clock
from ftlclient.commands import asking
from ftlclient.models import members_from_json
from ftlclient.views import activity, timeline

EXAMPLE = "ftlclient timeline --all --range week --tz Europe/Berlin"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    asking.add_who_arguments(parser)
    asking.add_window_arguments(parser, "today")
    asking.add_zone_argument(parser, "local")
    asking.add_output_arguments(parser)


def handle(args: argparse.Namespace, console: Console) -> int:
    window = asking.window_asked(args)
    zone = asking.zone_asked(args)

    def view(answer: dict[str, Any]) -> timeline.Timeline:
        members = members_from_json(answer)
        tz = clock.zone(zone) if zone else None
        return timeline.Timeline(members, timeline.days(members, answer["window"], tz), tz, clock.now())

    question = asking.Question(
        "loguseractivity",
        view,
        activity.COLUMNS,
        lambda answer: activity.rows(members_from_json(answer)),
        {"to": clock.now().isoformat(), **window, "clip": True, "time_format": "iso"},
    )
    return asking.run(question, args, console)
