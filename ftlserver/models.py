"""Users and their activity periods, as values that cannot be wrong."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple

from ftlserver import clock
from ftlserver.clock import TimeFormat
from ftlserver.errors import InvalidPeriodError, InvalidUserError

USER_ID_RULE = "expected 1 to 120 characters of A-Z a-z 0-9 . _ @ + -"
REAL_NAME_RULE = "expected 1 to 200 characters without control characters"
# A question about a window must know how far back a period that reaches into it can have begun.
LONGEST_PERIOD = 7 * 24 * clock.HOUR

_USER_ID = re.compile(r"[A-Za-z0-9._@+-]{1,120}")
_REAL_NAME = re.compile(r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,200}")


def is_user_id(value: object) -> bool:
    """Tell whether *value* is 1 to 120 characters of ``A-Z a-z 0-9 . _ @ + -``."""
    return type(value) is str and _USER_ID.fullmatch(value) is not None


def is_real_name(value: object) -> bool:
    """Tell whether *value* is 1 to 200 characters without control characters and lone surrogates."""
    return type(value) is str and _REAL_NAME.fullmatch(value) is not None


# A period of somebody as the questions read it: started_at, ended_at, start_offset, end_offset.
Span = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class User:
    """A person; *tz* is an IANA name, kept as given.

    Raise InvalidUserError or UnknownZoneError.
    """

    id: str
    real_name: str
    tz: str

    def __post_init__(self) -> None:
        if not is_user_id(self.id):
            raise InvalidUserError(f"id: {USER_ID_RULE}")
        if not is_real_name(self.real_name):
            raise InvalidUserError(f"real_name: {REAL_NAME_RULE}")
        clock.zone(self.tz)


# A row of the periods' table: user_id, started_at, ended_at, start_offset, end_offset.
Row = tuple[str, int, int, int, int]


class _Row(NamedTuple):
    user_id: str
    started_at: int
    ended_at: int
    start_offset: int
    end_offset: int


class ActivityPeriod(_Row):
    """A stretch of activity of one user, [started_at, ended_at), in microseconds UTC.

    The offsets, in seconds, say what the user's clock showed. Raise InvalidPeriodError. It is a Row with names.
    """

    __slots__ = ()

    def __new__(
        cls, user_id: str, started_at: int, ended_at: int, start_offset: int, end_offset: int
    ) -> "ActivityPeriod":
        if started_at < 0 or ended_at > clock.END_OF_TIME:
            raise InvalidPeriodError("a period must lie between 1970 and 9999")
        if ended_at <= started_at:
            raise InvalidPeriodError("a period must end after it starts")
        if ended_at - started_at > LONGEST_PERIOD:
            raise InvalidPeriodError("a period must not last longer than 7 days")
        return super().__new__(cls, user_id, started_at, ended_at, start_offset, end_offset)

    @classmethod
    def in_zone(cls, user: User, started_at: int, ended_at: int) -> "ActivityPeriod":
        """Return a period of *user* with the offsets of the user's zone."""
        tz = clock.zone(user.tz)
        return cls(user.id, started_at, ended_at, clock.offset_at(started_at, tz), clock.offset_at(ended_at, tz))

    @classmethod
    def from_text(cls, user: User, start_time: str, end_time: str) -> "ActivityPeriod":
        """Return a period of *user* from two times in a wire format; raise InvalidValueError."""
        tz = clock.zone(user.tz)
        started_at, start_offset = clock.parse(start_time, tz)
        ended_at, end_offset = clock.parse(end_time, tz)
        return cls(user.id, started_at, ended_at, start_offset, end_offset)

    def to_json(self, time_format: TimeFormat) -> dict[str, str]:
        return {
            "start_time": clock.render(self.started_at, self.start_offset, time_format),
            "end_time": clock.render(self.ended_at, self.end_offset, time_format),
        }


def usual_rows(
    found: Sequence[tuple[str, str, str]], users: Mapping[str, User], latest: int = clock.END_OF_TIME
) -> list[Row] | None:
    """Return rows from user ids and times in text, if all of them are written as programs write them.

    None says that one is not, or is wrong, or ends after *latest*, or begins before WHOLE_MINUTES_SINCE, or
    is nobody's: ``ActivityPeriod.from_text`` knows which. 5,000 take 4 ms, one by one 50.
    """
    if not set(map(itemgetter(0), found)) <= users.keys():
        return None
    days, minutes, rests = clock.USUAL_DAYS, clock.USUAL_MINUTES, clock.USUAL_RESTS
    earliest, longest = clock.WHOLE_MINUTES_SINCE, LONGEST_PERIOD
    rows = []
    try:
        for user_id, start_time, end_time in found:
            start, start_offset = rests[start_time[16:]]
            end, end_offset = rests[end_time[16:]]
            start += days[start_time[:11]] + minutes[start_time[11:16]]
            end += days[end_time[:11]] + minutes[end_time[11:16]]
            if not earliest <= start < end <= latest or end - start > longest:
                return None
            if start_offset is None:
                start_offset = clock.offset_at(start, clock.zone(users[user_id].tz))
            if end_offset is None:
                end_offset = clock.offset_at(end, clock.zone(users[user_id].tz))
            rows.append((user_id, start, end, start_offset, end_offset))
    except KeyError:
        return None
    return rows


@dataclass(frozen=True, slots=True)
class UserSummary:
    """A user with the number of their periods and the end of the last one: an instant, and the offset then."""

    user: User
    periods: int
    last_active_at: int | None
    last_offset: int
