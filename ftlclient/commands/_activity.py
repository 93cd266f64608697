"""The question about the periods of members, which several commands show."""

import argparse
from typing import Any

from ftlclient import time_ranges
from ftlclient.api import answers
from ftlclient.api.models import Member, members_from_json
from ftlclient.commands._question import Question, zone
from ftlclient.views import activity
from ftlcommon import drawing


def question(args: argparse.Namespace, window: dict[str, Any], most: int = 0) -> Question:
    """Return the question about *window*, of which the last periods of each member are shown, at most *most*."""
    tz = zone(args)

    def members_of(answer: dict[str, Any]) -> list[Member]:
        return members_from_json(last(answer))

    def last(answer: dict[str, Any]) -> dict[str, Any]:
        if not most:
            return answer
        members_from_json(answer)
        shown = [m | {"activity_periods": m["activity_periods"][-most:]} for m in answer["members"]]
        return answer | {"members": shown}

    return Question(
        "loguseractivity",
        answers.ACTIVITY,
        lambda answer: activity.Activity(members_of(answer), time_ranges.now(), answer.get("window"), tz),
        "Activity",
        lambda answer, heading: drawing.timeline(last(answer), heading, now=time_ranges.now()),
        activity.COLUMNS,
        lambda answer: activity.rows(members_of(answer)),
        window | {"time_format": "iso"},
        plain=window,
    )
