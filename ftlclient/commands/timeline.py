"""Draw who was active when, in the form that suits the window.

A few days are drawn hour by hour. For one member a month has a row for each day, and a year is a heat map.
For several members a week has their days side by side, and longer windows have a cell for each day, week or month.
"""

import argparse
from dataclasses import replace

from rich.console import Console, RenderableType

from ftlclient import time_ranges
from ftlclient.api import answers
from ftlclient.api.models import members_from_json
from ftlclient.commands import _question, _summary
from ftlclient.commands._length import days_in
from ftlclient.views import activity, cells, days, timeline, week, year
from ftlcommon import drawing

EXAMPLE = "ftlclient timeline --all --range week --tz Europe/Berlin"
TITLE = "Active time"
FEW_DAYS = 3  # drawn hour by hour
TWO_WEEKS = 14  # of a team, with parts of each day
TWO_MONTHS = 62  # of one member, with a row for each day; of a team, with a cell for each
WEEKS = 400  # days, beyond which cells are months


def add_arguments(parser: argparse.ArgumentParser) -> None:
    _question.add_common_arguments(parser)
    _question.add_window_arguments(parser, "today", zone="local")


def handle(args: argparse.Namespace, console: Console) -> int:
    window = _question.window(args)

    def question(is_one: bool) -> _question.Question:
        """Return the question whose answer is drawn, about one member or several."""
        length = days_in(window)
        if args.format != "table" or (length is not None and length <= (TWO_MONTHS if is_one else TWO_WEEKS)):
            return _periods(args, window, length, is_one=is_one)
        tz = _question.zone(args)
        per = "month" if length is None or length > WEEKS else "week" if length > TWO_MONTHS else "day"

        def view(answer: _question.Answer) -> RenderableType:
            if is_one:
                return year.Year(answer, tz, time_ranges.now())
            return cells.Cells(answer, per, tz, time_ranges.now())

        summed = _summary.question(args, window, "day" if is_one else per)
        return replace(summed, view=view, title=TITLE, picture=_picture)

    return _question.run(question, args, console)


def _picture(answer: _question.Answer, heading: drawing.Heading) -> drawing.Picture:
    return drawing.timeline(answer, heading, now=time_ranges.now())


def _periods(
    args: argparse.Namespace, window: _question.Answer, length: float | None, *, is_one: bool
) -> _question.Question:
    """Return the question about the periods themselves, for a window short enough to draw the hours."""
    tz = _question.zone(args)

    def view(answer: _question.Answer) -> RenderableType:
        members, edges = members_from_json(answer), answer["window"]
        shown = timeline.days(members, edges, tz)
        if length is not None and length <= FEW_DAYS:
            return timeline.Timeline(members, shown, tz, time_ranges.now(), edges)
        return (
            days.Days(members[0], shown, tz, time_ranges.now(), edges)
            if is_one
            else week.Week(members, shown, tz, edges)
        )

    return _question.Question(
        "loguseractivity",
        answers.TIMELINE,
        view,
        TITLE,
        _picture,
        activity.COLUMNS,
        lambda answer: activity.rows(members_from_json(answer)),
        {"to": time_ranges.now().isoformat(), **window, "clip": True, "time_format": "iso"},
    )
