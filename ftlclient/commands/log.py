"""Record an activity period.

Times are on the user's own clock, wherever this machine is: 09:00, 9:00am, or a complete time with offset such as
2026-11-16T09:00+01:00. An end before the start is on the next day.
"""

import argparse
import re
from datetime import date, datetime, time

from rich.console import Console

from ftlclient import time_ranges
from ftlclient.api import answers
from ftlclient.commands import _session
from ftlcommon.command_line import iso_date
from ftlcommon.terminal import safe

EXAMPLE = "ftlclient log 09:00 12:30 --on 2026-11-16"

_CLOCK = re.compile(r"(\d{1,2})(?::(\d\d))?(?::(\d\d))?\s*([ap]m)?", re.IGNORECASE | re.ASCII)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("start", metavar="START", type=_time)
    parser.add_argument("end", metavar="END", type=_time)
    parser.add_argument("--on", metavar="DATE", type=iso_date, help="the day of the start (default: today)")
    parser.add_argument("--user", metavar="ID", help="the user (default: as saved by login)")


def handle(args: argparse.Namespace, console: Console) -> int:
    start, end = _times(args.start, args.end, args.on or time_ranges.now().astimezone().date())
    with _session.connect(args) as client:
        user_id = _session.default_user(args, client)
        period = {"user_id": user_id, "start_time": start, "end_time": end}
        answer = _session.send(client, "POST", "/api/activity/", {"periods": [period]})
    if answer is not None:
        answers.check(answer, answers.recorded(1))
        verdict = answer["verdicts"][0]
        status = _STATUSES.get(verdict["verdict"], safe(verdict["verdict"]))
        line = f"{status}: {user_id}, {start} to {end}"
        console.print(line, markup=False, soft_wrap=True)
        for other in verdict.get("overlaps", []):
            line = f"it overlaps {safe(other['start_time'])} to {safe(other['end_time'])}"
            console.print(line, style="yellow", markup=False, soft_wrap=True)
    return 0


_STATUSES = {
    "inserted": "recorded",
    "overlaps": "recorded",
    "extended": "extended",
    "duplicate": "already recorded",
}


def _times(start: time | str, end: time | str, on: date) -> tuple[str, str]:
    """Return both times for the API; wall-clock times stay without an offset."""
    day_after = isinstance(start, time) and isinstance(end, time) and end <= start
    return _on(start, on), _on(end, time_ranges.day_after(on) if day_after else on)


def _on(moment: time | str, day: date) -> str:
    return moment if isinstance(moment, str) else datetime.combine(day, moment).isoformat()


def _time(text: str) -> time | str:
    """Read a wall-clock time, or a complete time, which stays text; an argument type."""
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
