"""The question about the periods of members, which several commands show."""

import argparse
from collections.abc import Callable
from typing import Any

from ftlclient import time_ranges
from ftlclient.api import answers
from ftlclient.api.models import Member, members_from_json
from ftlclient.commands._question import Question, zone
from ftlclient.views import activity


def question(
    args: argparse.Namespace,
    window: dict[str, Any],
    shown: Callable[[list[Member]], list[Member]] = lambda members: members,
) -> Question:
    """Return the question about *window*; *shown* makes of its members what is shown."""
    tz = zone(args)

    def members_of(answer: dict[str, Any]) -> list[Member]:
        return shown(members_from_json(answer))

    return Question(
        "loguseractivity",
        answers.ACTIVITY,
        lambda answer: activity.Activity(members_of(answer), time_ranges.now(), answer.get("window"), tz),
        activity.COLUMNS,
        lambda answer: activity.rows(members_of(answer)),
        window | {"time_format": "iso"},
        plain=window,
    )
