"""Members and their activity periods, read from answers of the server."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from ftlclient.api.answers import is_text
from ftlclient.errors import unusable
from ftlclient.time_ranges import FIRST_TIME, LAST_TIME


@dataclass(frozen=True, slots=True)
class ActivityPeriod:
    """An activity period [start_time, end_time), as aware datetimes with the offsets of the member's clock."""

    start_time: datetime
    end_time: datetime

    @property
    def length(self) -> timedelta:
        return self.end_time - self.start_time

    @classmethod
    def from_json(cls, document: Any) -> "ActivityPeriod":
        """Return the period of *document*, which has iso times; raise NotThisAPIError."""
        try:
            start, end = (datetime.fromisoformat(document[key]) for key in ("start_time", "end_time"))
        except (TypeError, KeyError, ValueError) as exc:
            raise unusable("it has a period without iso times") from exc
        if start.tzinfo is None or end.tzinfo is None or not FIRST_TIME <= start <= end <= LAST_TIME:
            raise unusable("it has a period that does not end after it starts, from 1970 to 9999, with offsets")
        return cls(start, end)


@dataclass(frozen=True, slots=True)
class Member:
    """A member with their periods, sorted by start and end; *tz* is an IANA time zone name."""

    id: str
    real_name: str
    tz: str
    activity_periods: list[ActivityPeriod]

    @property
    def active(self) -> timedelta:
        """Return the total time of activity; overlapping time counts once."""
        return sum((period.length for period in union(self.activity_periods)), timedelta())

    @classmethod
    def from_json(cls, document: Any) -> "Member":
        """Return the member of *document*, which has iso times; raise NotThisAPIError."""
        try:
            id_, real_name, tz, periods = (document[key] for key in ("id", "real_name", "tz", "activity_periods"))
        except (TypeError, KeyError) as exc:
            raise unusable("it has a member without id, real_name, tz or activity_periods") from exc
        if not all(map(is_text, (id_, real_name, tz))) or not isinstance(periods, list):
            raise unusable("it has a member whose fields are not short texts and a list")
        return cls(id_, real_name, tz, [ActivityPeriod.from_json(period) for period in periods])


def members_from_json(answer: Any) -> list[Member]:
    """Return the members of an answer with iso times; raise NotThisAPIError."""
    members = answer.get("members")
    if not isinstance(members, list):
        raise unusable("it has no members")
    return [Member.from_json(member) for member in members]


def union(periods: Iterable[ActivityPeriod]) -> list[ActivityPeriod]:
    """Return the time that *periods* cover as periods that neither overlap nor touch, in order."""
    found: list[ActivityPeriod] = []
    for period in sorted(periods, key=attrgetter("start_time")):
        if found and period.start_time <= found[-1].end_time:
            found[-1] = ActivityPeriod(found[-1].start_time, max(found[-1].end_time, period.end_time))
        else:
            found.append(period)
    return found
