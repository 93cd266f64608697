"""Show how long each member was active, per day, week or month or in total; overlapping time counts once."""

import argparse

from rich.console import Console

from ftlclient.commands import _question, _summary
from ftlclient.commands._length import days_in

EXAMPLE = "ftlclient summary --all --range last-week"
PER = ("day", "week", "month", "total")
MOST_DAYS, MOST_WEEKS = 14, 10  # as many columns fit beside names and totals in 120


def add_arguments(parser: argparse.ArgumentParser) -> None:
    _question.add_common_arguments(parser)
    _question.add_window_arguments(parser, "week", zone="member")
    parser.add_argument(
        "--per",
        choices=PER,
        help="what is added up (default: day; in a table of more than 14 days week, of more than 70 month)",
    )


def handle(args: argparse.Namespace, console: Console) -> int:
    window = _question.window(args)
    per = args.per or (_per(days_in(window)) if args.format == "table" else "day")
    return _question.run(_summary.question(args, window, per), args, console)


def _per(days: float | None) -> str:
    """Return the unit whose columns fit the terminal."""
    if days is None or days > MOST_WEEKS * 7:
        return "month"
    return "week" if days > MOST_DAYS else "day"
