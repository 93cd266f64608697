"""Show when too few members were active, who left before and came after, and how long hand-overs overlap."""

import argparse
from functools import partial

from rich.console import Console

from ftlclient.api import answers
from ftlclient.commands import _question
from ftlclient.config import Settings, check_setting
from ftlclient.errors import ConfigError
from ftlclient.views import coverage
from ftlcommon import csv_rows, drawing
from ftlcommon.command_line import number
from ftlcommon.wording import counted

EXAMPLE = "ftlclient coverage --team support --range month --quiet 'Sat-Sun, Mon-Fri 20:00-06:00'"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    _question.add_common_arguments(parser)
    _question.add_window_arguments(parser, "week", zone="local")
    parser.add_argument(
        "--max",
        metavar="N",
        type=number(0, 999),
        default=0,
        help="it is a gap when at most N members are active (default: %(default)s)",
    )
    parser.add_argument(
        "--quiet",
        metavar="HOURS",
        help="hours of the week in which gaps are meant, or none (default: that of ftlclient config)",
    )
    parser.add_argument(
        "--all-gaps",
        action="store_true",
        help=f"show all gaps, in order of time, not only the {coverage.MOST_GAPS} longest",
    )


def handle(args: argparse.Namespace, console: Console) -> int:
    if args.tz == "member":
        raise ConfigError("--tz member: a gap is about one clock for all; name a zone")
    quiet = Settings.load().quiet if args.quiet is None else args.quiet
    document = _question.window(args) | {"max_members": args.max}
    if quiet not in (None, "none"):
        document["quiet"] = check_setting("quiet", quiet)
    question = _question.Question(
        "coverage",
        answers.COVERAGE,
        partial(coverage.Coverage, all_gaps=args.all_gaps),
        "Coverage",
        drawing.coverage,
        csv_rows.COVERAGE,
        csv_rows.coverage,
        document,
        check_members=partial(_check_members, args.max),
    )
    return _question.run(question, args, console)


def _check_members(most: int, named: int) -> None:
    if most >= named > 0:
        raise ConfigError(
            f"--max {most}: the question is about {counted(named, 'member')}; name more, or lower --max"
        )
