"""The question how long members were active, as the commands ask it that draw its answer."""

import argparse
from collections.abc import Callable
from functools import partial

from rich.console import RenderableType

from ftlclient import time_ranges
from ftlclient.api import answers
from ftlclient.commands import _question
from ftlclient.views import ranking, summary
from ftlcommon import drawing

View = Callable[[_question.Answer], RenderableType]
Draw = Callable[[_question.Answer, drawing.Heading], drawing.Picture]


def question(
    args: argparse.Namespace,
    window: _question.Answer,
    per: str,
    view: View | None = None,
    picture: Draw | None = None,
) -> _question.Question:
    """Return the question about a *window*, *per* day, week, month or total.

    Without *view* it draws a table, and without *picture* bars.
    """
    document = dict(window)
    if "tz" in window:
        document["day_zone"] = window["tz"]
    if per != "day":
        document["per"] = per
    tz = _question.zone(args)

    def bars(answer: _question.Answer, heading: drawing.Heading) -> drawing.Picture:
        return drawing.summary(answer, heading, now=time_ranges.now())

    ask = partial(_question.Question, "summary", answers.SUMMARIES[per])
    if per == "total":
        return ask(
            lambda answer: ranking.Ranking(answer, tz),
            "Most active",
            bars,
            ranking.COLUMNS,
            ranking.rows,
            document,
        )
    draw: View = view or (lambda answer: summary.Summary(answer, per, tz, time_ranges.now()))
    title = f"Active time per {per}"
    return ask(
        draw, title, picture or bars, summary.columns(per), lambda answer: summary.rows(answer, per), document
    )
