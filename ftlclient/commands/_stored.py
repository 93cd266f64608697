"""Finding the stored period that a person names by its times, to the minute as screens show them."""

import argparse
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ftlclient.api.client import Client
from ftlclient.api.models import ActivityPeriod, members_from_json
from ftlclient.commands import _recording, _session
from ftlclient.commands._recording import MemberClock, Period
from ftlclient.errors import ConfigError
from ftlcommon.command_line import take_relative_times

_MINUTE = timedelta(minutes=1)
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored period: as the server says its times, and as a person reads it."""

    document: dict[str, str]
    period: Period


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the start and the end of a stored period, and its user."""
    take_relative_times(parser)
    parser.add_argument("start", metavar="START", help="when the period starts")
    parser.add_argument("end", metavar="END", help="when it ends")
    parser.add_argument("--on", metavar="DAY", help="the day of the start (default: today, where the user is)")
    _session.add_user_argument(parser)


def find(client: Client, args: argparse.Namespace) -> Stored:
    """Return the stored period that *args* name; raise ConfigError, which names those that are there."""
    clock = MemberClock.of(client, _session.default_user(args, client))
    start = _recording.read_start(args.start, clock.now(), args.on)
    wanted = Period(clock, start, _recording.read_end(args.end, start, clock.now()))
    begin, end = clock.instant(wanted.start), clock.instant(wanted.end)
    found = _periods_between(client, clock, begin - _MINUTE, max(begin, end) + _MINUTE)
    same = [
        stored for stored in found if _is_same(stored.period.start, begin) and _is_same(stored.period.end, end)
    ]
    exact = [stored for stored in same if (stored.period.start, stored.period.end) == (begin, end)]
    if len(exact or same) == 1:
        return (exact or same)[0]
    if same:
        times = " or ".join(f"{stored.document['start_time']} {stored.document['end_time']}" for stored in same)
        raise ConfigError(f"there are {len(same)} such periods; write {times}")
    there = "; ".join(str(stored.period) for stored in found[:_MOST_NAMED])
    raise ConfigError(f"there is no such period: {wanted}{f'; there is: {there}' if there else ''}")


def _periods_between(client: Client, clock: MemberClock, begin: datetime, end: datetime) -> list[Stored]:
    document = {
        "id_list": [clock.user_id],
        "from": begin.astimezone(UTC).isoformat(),
        "to": end.astimezone(UTC).isoformat(),
        "time_format": "iso",
    }
    members = members_from_json(client.ask("loguseractivity", document))
    return [_stored(clock, period) for member in members for period in member.activity_periods]


def _stored(clock: MemberClock, period: ActivityPeriod) -> Stored:
    start, end = period.start_time, period.end_time
    document = {"user_id": clock.user_id, "start_time": start.isoformat(), "end_time": end.isoformat()}
    return Stored(document, Period(clock, start.astimezone(clock.tz), end.astimezone(clock.tz)))


def _is_same(stored: datetime, wanted: datetime) -> bool:
    """Tell whether *wanted*, which may be without seconds, means the instant *stored*."""
    instant = stored.astimezone(UTC)
    return instant == wanted or instant.replace(second=0, microsecond=0) == wanted
