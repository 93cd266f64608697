"""What the commands share that record a period: the member's clock, its two times, and what was recorded."""

import argparse
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote

from rich.console import Console

from ftlclient import time_ranges
from ftlclient.api import answers
from ftlclient.api.client import Client
from ftlclient.commands import _session
from ftlclient.commands._window import read_day
from ftlclient.errors import ConfigError, NotThisAPIError, RefusedError, UnreachableError
from ftlclient.time_expressions import read_clock, read_moment, sent
from ftlcommon import zones
from ftlcommon.terminal import safe
from ftlcommon.wording import hours_and_minutes, time_of_day
from ftlcommon.zones import Zone

_LONG = timedelta(hours=12)
_NO_ZONE = "the server did not say where the user is"
_STATUSES = {
    "inserted": "recorded",
    "overlaps": "recorded",
    "extended": "extended",
    "duplicate": "already recorded",
}


@dataclass(frozen=True, slots=True)
class MemberClock:
    """The clock of a user; *doubt* says why it is this machine's, if the user's zone is not known."""

    user_id: str
    tz: Zone
    doubt: str = ""

    @classmethod
    def of(cls, client: Client, user_id: str) -> "MemberClock":
        """Return the clock in the zone that the server has for the user, or else in this machine's.

        Who is not found may have an alias, under which the server records, or be refused when recording.
        """
        try:
            answer = client.request("GET", f"/api/users/{quote(user_id, safe='')}/")
            answers.check(answer, answers.USER)
            if (tz := zones.zone(answer["member"]["tz"])) is not None:
                return cls(user_id, tz)
            reason = f"this machine does not know the zone {answer['member']['tz']}"
        except RefusedError as exc:
            reasons = {
                401: "the token may not read",
                403: "the token may not read",
                404: f"{user_id} is no user's own id",
            }
            reason = reasons.get(exc.status, _NO_ZONE)
        except (UnreachableError, NotThisAPIError):
            reason = _NO_ZONE
        name = time_ranges.local_zone()
        doubt = f"{reason}, so the day is that of this machine ({name})"
        return cls(user_id, zones.zone(name) or zones.UTC_ZONE, doubt)

    def now(self) -> datetime:
        return time_ranges.now().astimezone(self.tz)

    def instant(self, moment: datetime) -> datetime:
        """Return *moment*, which is on this clock if it has no offset, in UTC."""
        return (moment if moment.tzinfo else moment.replace(tzinfo=self.tz)).astimezone(UTC)

    def only_instant(self, moment: datetime) -> datetime:
        """Return *moment* as a time in this zone; raise ConfigError if the clock skips or repeats it."""
        if moment.tzinfo is not None:
            return moment
        found = sorted(moment.replace(tzinfo=self.tz, fold=fold).astimezone(UTC) for fold in (0, 1))
        shown = [instant.astimezone(self.tz) for instant in found]
        if found[0] != found[1]:
            what = "occurs twice" if shown[0].replace(tzinfo=None) == moment else "does not exist"
            choices = " or ".join(instant.isoformat() for instant in shown)
            raise ConfigError(f"{moment:%Y-%m-%d %H:%M} {what} in {self.tz.key}; write {choices}")
        return shown[0]


@dataclass(frozen=True, slots=True)
class Period:
    """A period to record; times without offset are on the member's clock."""

    clock: MemberClock
    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        return self.clock.instant(self.end) - self.clock.instant(self.start)

    def __str__(self) -> str:
        """Return the member, the date, the times, the zone and the length."""
        start, end = self._shown(self.start), self._shown(self.end)
        last = "" if end.date() == start.date() else f"{end:%a %Y-%m-%d} "
        times = f"{start:%a %Y-%m-%d} {time_of_day(start)} to {last}{time_of_day(end)}"
        return f"{self.clock.user_id}, {times} {self._zone} ({hours_and_minutes(self.length)})"

    @property
    def _zone(self) -> str:
        if isinstance(self.start.tzinfo, timezone):
            return str(self.start.tzinfo)
        if self.clock.doubt and not (self.start.tzinfo or self.end.tzinfo):
            return "on the user's own clock"
        return self.clock.tz.key

    def _shown(self, moment: datetime) -> datetime:
        tz = self.start.tzinfo if isinstance(self.start.tzinfo, timezone) else self.clock.tz
        return self.clock.instant(moment).astimezone(tz)


def read_start(text: str, now: datetime, on: str | None) -> datetime:
    """Return the moment at which a period starts, on the day *on* or on the one that *text* names.

    Raise ConfigError, also if these are two days.
    """
    day = None if on is None else read_day("--on", on, now)
    if day is not None and (clock := read_clock(text)) is not None:
        return datetime.combine(day, clock)
    start = read_moment(text, now)
    if day not in (None, start.date()):
        raise ConfigError(f"{text} is on {start.date()}, and --on says {day}; drop one")
    return start


def read_end(text: str, start: datetime, now: datetime) -> datetime:
    """Return the moment at which a period ends that starts at *start*; raise ConfigError.

    A time of day alone is on the day of the start, or on the next day if it is earlier.
    """
    if (clock := read_clock(text)) is None:
        return read_moment(text, now)
    end = datetime.combine(start.date(), clock)
    if end < start.replace(tzinfo=None):
        end = datetime.combine(time_ranges.day_after(start.date()), clock)
    return end.replace(tzinfo=start.tzinfo if isinstance(start.tzinfo, timezone) else None)


def add_yes_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="do not ask about a period of 12 hours or more")


def check_length(period: Period, args: argparse.Namespace) -> None:
    """Raise ConfigError if *period* has no length, or is long and neither ``--yes`` nor a person agrees."""
    if period.length <= timedelta():
        order = "at" if not period.length else "after"
        raise ConfigError(f"the period would start {order} its end: {period}; nothing was recorded")
    if period.length < _LONG or args.yes:
        return
    if not sys.stdin.isatty():
        raise ConfigError(f"this is long: {period}; add --yes if it is right; nothing was recorded")
    print(f"this is long: {safe(str(period))}\nrecord it? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise ConfigError("nothing was recorded")


def record(client: Client, period: Period, console: Console) -> None:
    """Send *period*, or save it while the server is unavailable, and show what was recorded.

    Raise RefusedError.
    """
    document = {
        "user_id": period.clock.user_id,
        "start_time": sent(period.start),
        "end_time": sent(period.end),
    }
    doubt = f"; {period.clock.doubt}" if period.clock.doubt else ""
    try:
        answer = _session.send(client, "POST", "/api/activity/", {"periods": [document]}, f": {period}{doubt}")
    except RefusedError as exc:
        match exc.answer.get("errors"):
            case [{"message": str(reason)}] if exc.code == "invalid_period":
                text = f"{reason}: {period}; nothing was recorded"
                raise RefusedError(text, exc.code, exc.status, exc.answer) from exc
        raise
    if answer is not None:
        _show(answer, period, console)
        warn(period.clock)


def warn(clock: MemberClock) -> None:
    """Say on standard error why the day may not be the user's, if so."""
    if clock.doubt:
        print(f"ftlclient: {safe(clock.doubt)}", file=sys.stderr)


def _show(answer: dict[str, Any], period: Period, console: Console) -> None:
    answers.check(answer, answers.recorded(1))
    verdict = answer["verdicts"][0]
    status = _STATUSES.get(verdict["verdict"], safe(verdict["verdict"]))
    console.print(f"{status}: {safe(str(period))}", markup=False, soft_wrap=True)
    lines = [f"it overlaps {other['start_time']} to {other['end_time']}" for other in verdict.get("overlaps", [])]
    stored = verdict.get("period")
    if stored and datetime.fromisoformat(stored["end_time"]) != period.clock.instant(period.end):
        lines.append(f"the stored period is {stored['start_time']} to {stored['end_time']}")
        lines.append(f"to shorten it: ftlclient edit {stored['start_time']} {stored['end_time']} --new-end TIME")
    for line in lines:
        console.print(safe(line), style="yellow", markup=False, soft_wrap=True)
