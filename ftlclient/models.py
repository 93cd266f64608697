"""Members and their activity periods, as the server answers them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ftlclient.errors import NotThisAPIError


@dataclass(frozen=True, slots=True)
class ActivityPeriod:
    """A stretch of activity, [start_time, end_time): aware times that show what the member's clock showed."""

    start_time: datetime
    end_time: datetime

    @property
    def length(self) -> timedelta:
        return self.end_time - self.start_time

    @classmethod
    def from_json(cls, document: Any) -> "ActivityPeriod":
        """Return the period of an answer in iso times; raise NotThisAPIError."""
        try:
            start, end = (datetime.fromisoformat(document[key]) for key in ("start_time", "end_time"))
        except (TypeError, KeyError, ValueError) as exc:
            raise NotThisAPIError("the server answered a period without iso times") from exc
        if start.tzinfo is None or end.tzinfo is None or end < start:
            raise NotThisAPIError("the server answered a period that is not one")
        return cls(start, end)


@dataclass(frozen=True, slots=True)
class Member:
    """A person with their periods by start, then end; *tz* is an IANA time zone name."""

    id: str
    real_name: str
    tz: str
    activity_periods: list[ActivityPeriod]

    @property
    def active(self) -> timedelta:
        """Return the time of activity; where periods overlap it counts once."""
        return total(self.activity_periods)

    @classmethod
    def from_json(cls, document: Any) -> "Member":
        """Return the member of an answer in iso times; raise NotThisAPIError."""
        try:
            id_, real_name, tz, periods = (document[key] for key in ("id", "real_name", "tz", "activity_periods"))
        except (TypeError, KeyError) as exc:
            raise NotThisAPIError("the server answered a member without id, real_name, tz or periods") from exc
        if not all(isinstance(text, str) for text in (id_, real_name, tz)) or not isinstance(periods, list):
            raise NotThisAPIError("the server answered a member whose fields have other types")
        return cls(id_, real_name, tz, [ActivityPeriod.from_json(period) for period in periods])


def members_from_json(answer: Any) -> list[Member]:
    """Return the members of an answer in iso times; raise NotThisAPIError."""
    members = answer.get("members")
    if not isinstance(members, list):
        raise NotThisAPIError("the server answered without members")
    return [Member.from_json(member) for member in members]


def total(periods: Iterable[ActivityPeriod]) -> timedelta:
    """Return how long at least one of *periods*, given by start, lasted."""
    result = timedelta()
    reached: datetime | None = None
    for period in periods:
        start = period.start_time if reached is None else max(reached, period.start_time)
        if period.end_time > start:
            result += period.end_time - start
            reached = period.end_time
    return result
