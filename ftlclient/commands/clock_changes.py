"""List the clock changes ahead, and show when, and for whom, a standing meeting moves."""

import argparse
from typing import Any

from rich.console import Console

from ftlclient import time_ranges
from ftlclient.api import answers
from ftlclient.commands import _calendars, _question
from ftlclient.errors import ConfigError
from ftlclient.views import clock_changes
from ftlcommon import calendars, csv_rows, drawing
from ftlcommon.zones import zone_of

EXAMPLE = 'ftlclient clock-changes --team backend --meeting "Tue 17:00 Europe/Berlin"'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    _question.add_common_arguments(parser)
    _question.add_window_arguments(parser, None, zone="local")
    parser.add_argument(
        "--weeks", metavar="N", type=int, help="how far to look ahead (default: 26, or 53 with --meeting)"
    )
    parser.add_argument(
        "--meeting",
        metavar="TIME",
        help='a standing meeting: weekday, time and zone, as "Tue 17:00 Europe/Berlin"',
    )
    parser.add_argument("--minutes", metavar="N", type=int, help="how long that meeting takes (default: 60)")
    _calendars.add_arguments(parser, "the changes, or with --meeting that meeting and the days on which it moves,")


def handle(args: argparse.Namespace, console: Console) -> int:
    if args.tz == "member":
        raise ConfigError("--tz member: the table shows each member's clock anyway; name a zone for its columns")
    if args.minutes is not None and args.meeting is None:
        raise ConfigError("--minutes is the length of a --meeting; add one, or drop it")
    given = {name: getattr(args, name) for name in ("weeks", "meeting", "minutes")}
    document = _question.window(args) | {name: value for name, value in given.items() if value is not None}
    has_meeting = args.meeting is not None
    question = _question.Question(
        "clock-changes",
        answers.CLOCK_CHANGES,
        clock_changes.ClockChanges,
        "Clock changes",
        drawing.clock_changes,
        csv_rows.STANDING_MEETING if has_meeting else csv_rows.CLOCK_CHANGES,
        csv_rows.standing_meeting if has_meeting else csv_rows.clock_changes,
        document,
        calendar=_calendar,
    )
    return _question.run(question, args, console)


def _calendar(answer: dict[str, Any]) -> bytes:
    now = time_ranges.now()
    if "meeting" not in answer:
        return calendars.calendar("Clock changes", calendars.clock_change_events(answer, now))
    meeting = answer["meeting"]
    name = f"{meeting['weekday']} {meeting['time']} {meeting['tz']}"
    return calendars.calendar(name, calendars.standing_meeting_events(answer, zone_of(meeting["tz"]), now))
