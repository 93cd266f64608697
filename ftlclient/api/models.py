"""Members and their activity periods, read from answers of the server."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ftlclient.errors import NotThisAPIError


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
            raise NotThisAPIError("the server answered with a period without iso times") from exc
        if start.tzinfo is None or end.tzinfo is None or end < start:
            raise NotThisAPIError("the server answered with an invalid period")
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
        return total(self.activity_periods)

    @classmethod
    def from_json(cls, document: Any) -> "Member":
        """Return the member of *document*, which has iso times; raise NotThisAPIError."""
        try:
            id_, real_name, tz, periods = (document[key] for key in ("id", "real_name", "tz", "activity_periods"))
        except (TypeError, KeyError) as exc:
            raise NotThisAPIError(
                "the server answered with a member without id, real_name, tz or periods"
            ) from exc
        if not all(isinstance(text, str) for text in (id_, real_name, tz)) or not isinstance(periods, list):
            raise NotThisAPIError("the server answered with a member whose fields have wrong types")
        return cls(id_, real_name, tz, [ActivityPeriod.from_json(period) for period in periods])


def members_from_json(answer: Any) -> list[Member]:
    """Return the members of an answer with iso times; raise NotThisAPIError."""
    members = answer.get("members")
    if not isinstance(members, list):
        raise NotThisAPIError("the server answered without members")
    return [Member.from_json(member) for member in members]


def total(periods: Iterable[ActivityPeriod]) -> timedelta:
    """Return the length of the union of *periods*, which are sorted by start."""
    result = timedelta()
    reached: datetime | None = None
    for period in periods:
        start = period.start_time if reached is None else max(reached, period.start_time)
        if period.end_time > start:
            result += period.end_time - start
            reached = period.end_time
    return result
