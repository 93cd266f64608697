"""Record that somebody was active from one time to another.

Times are those of their own clock, wherever this machine is: 09:00, 9:00am, or a whole time with offset such as
2026-11-16T09:00+01:00. An end before the start is on the next day.
"""

import argparse
import re
from datetime import date, datetime, time, timedelta

from rich.console import Console

from ftlclient import clock
from ftlclient.commands import desk
from ftlclient.commands.asking import date_given
from ftlclient.text import safe

EXAMPLE = "ftlclient log 09:00 12:30 --on 2026-11-16"

_CLOCK = re.compile(r"(\d{1,2})(?::(\d\d))?(?::(\d\d))?\s*([ap]m)?", re.IGNORECASE | re.ASCII)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("start", metavar="START", type=_time_given)
    parser.add_argument("end", metavar="END", type=_time_given)
    parser.add_argument("--on", metavar="DATE", type=date_given, help="the day it began (default: today)")
    parser.add_argument("--user", metavar="ID", help="whose activity it is (default: as login has it)")


def handle(args: argparse.Namespace, console: Console) -> int:
    start, end = _times(args.start, args.end, args.on or clock.now().astimezone().date())
    with desk.connect(args) as client:
        user_id = desk.desk_user(args)
        period = {"user_id": user_id, "start_time": start, "end_time": end}
        answer = desk.send(client, "POST", "/api/activity/", {"periods": [period]})
    if answer is not None:
        verdict = answer["verdicts"][0]
        console.print(f"{_WORDS[verdict['verdict']]}: {user_id}, {start} to {end}", markup=False, soft_wrap=True)
        for other in verdict.get("overlaps", []):
            line = f"it overlaps {safe(other['start_time'])} to {safe(other['end_time'])}"
            console.print(line, style="yellow", markup=False, soft_wrap=True)
    return 0


_WORDS = {"inserted": "recorded", "overlaps": "recorded", "duplicate": "known already"}


def _times(start: time | str, end: time | str, on: date) -> tuple[str, str]:
    """Return both times as the API takes them; a wall clock stays one."""
    day_after = isinstance(start, time) and isinstance(end, time) and end <= start
    return _on(start, on), _on(end, on + timedelta(days=1) if day_after else on)


def _on(moment: time | str, day: date) -> str:
    return moment if isinstance(moment, str) else datetime.combine(day, moment).isoformat()


def _time_given(text: str) -> time | str:
    """Read a time of the command line: a wall clock, or a whole time, which stays text."""
    if match := _CLOCK.fullmatch(text.strip()):
        hour, minute, second, half = match.groups()
        try:
            if half is not None:
                return datetime.strptime(f"{hour}:{minute or '00'}{half}", "%I:%M%p").time()  # noqa: DTZ007
            if minute is not None:
                return time(int(hour), int(minute), int(second or 0))
        except ValueError:
            pass
    elif re.match(r"\d{4}-", text):
        return text
    raise argparse.ArgumentTypeError("expected a time such as 09:00, 9am or 2026-11-16T09:00+01:00")
