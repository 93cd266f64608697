"""Propose the best times to meet in a coming week, from the hours in which members were active."""

import argparse
from typing import Any

from rich.console import Console

from ftlclient import time_ranges
from ftlclient.api import answers
from ftlclient.commands import _calendars, _question, _window
from ftlclient.errors import ConfigError
from ftlclient.views import meeting
from ftlcommon import calendars, csv_rows, drawing
from ftlcommon.command_line import number
from ftlcommon.wording import counted
from ftlcommon.zones import zone_of

EXAMPLE = "ftlclient meeting --all --minutes 45 --week 2026-11-30"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    _question.add_common_arguments(parser)
    _question.add_window_arguments(parser, None, zone="local")
    parser.add_argument(
        "--week", metavar="DAY", help="the first of seven days, or next-week (default: next Monday)"
    )
    parser.add_argument(
        "--minutes", metavar="N", type=int, default=60, help="how long the meeting takes (default: %(default)s)"
    )
    parser.add_argument(
        "--slots", metavar="N", type=int, default=5, help="how many times to propose (default: %(default)s)"
    )
    parser.add_argument(
        "--rotate",
        metavar="N",
        type=int,
        help="also propose N times in turn that are fair to those who are far away",
    )
    _calendars.add_arguments(parser, "the best time, or with --rotate those in turn,")
    parser.add_argument(
        "--slot",
        metavar="N",
        type=number(1, 100),
        default=1,
        help="which time --ics writes (default: the best one)",
    )


def handle(args: argparse.Namespace, console: Console) -> int:
    if args.tz == "member":
        raise ConfigError("--tz member: the table shows each member's clock anyway; name a zone for its columns")
    document = _question.window(args) | {"minutes": args.minutes, "slots": args.slots}
    if args.week:
        document["week"] = _window.coming_week(args.week, _window.now_in(_question.zone_name(args)))
    if args.rotate is not None:
        document["rotate"] = args.rotate
    question = _question.Question(
        "meeting",
        answers.MEETING,
        meeting.Meeting,
        "Best times to meet",
        drawing.meeting,
        csv_rows.MEETING if args.rotate is None else csv_rows.ROTATION,
        csv_rows.meeting if args.rotate is None else csv_rows.rotation,
        document,
        calendar=lambda answer: _calendar(answer, args.slot),
    )
    return _question.run(question, args, console)


def _calendar(answer: dict[str, Any], number: int) -> bytes:
    """Return the calendar of one slot, or of all that are in turn; raise ConfigError."""
    slots = answer.get("rotation", answer)["slots"]
    if not slots:
        raise ConfigError("there is too little activity to propose a time, so --ics wrote nothing")
    if "rotation" not in answer:
        if number > len(slots):
            raise ConfigError(
                f"--slot {number}: the answer has {counted(len(slots), 'time')}; ask for more with --slots"
            )
        slots = [slots[number - 1]]
    members = sorted(member["id"] for member in answer["members"])
    tz, now = zone_of(answer["tz"]), time_ranges.now()
    events = [
        calendars.meeting_event(slot, answer["members"], tz, now, (slot["start_time"], *members), is_held=True)
        for slot in slots
    ]
    return calendars.calendar("Meeting", events)
