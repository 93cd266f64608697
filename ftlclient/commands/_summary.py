"""The question how long members were active, as the commands ask it that draw its answer."""

import argparse
from functools import partial

from ftlclient import time_ranges
from ftlclient.api import answers
from ftlclient.commands import _question
from ftlclient.views import ranking, summary
from ftlcommon import drawing


def question(args: argparse.Namespace, window: _question.Answer, per: str) -> _question.Question:
    """Return the question about a *window*, *per* day, week, month or total, drawn as a table and as bars."""
    document = dict(window)
    if "tz" in window:
        document["day_zone"] = window["tz"]
    if per != "day":
        document["per"] = per
    tz = _question.zone(args)
    ask = partial(
        _question.Question,
        "summary",
        answers.SUMMARIES[per],
        picture=lambda answer, heading: drawing.summary(answer, heading, now=time_ranges.now()),
        document=document,
    )
    if per == "total":
        return ask(
            view=lambda answer: ranking.Ranking(answer, tz),
            title="Most active",
            columns=ranking.COLUMNS,
            rows=ranking.rows,
        )
    return ask(
        view=lambda answer: summary.Summary(answer, per, tz, time_ranges.now()),
        title=f"Active time per {per}",
        columns=summary.columns(per),
        rows=lambda answer: summary.rows(answer, per),
    )
