"""An activity period, as a value that cannot be wrong."""

from typing import NamedTuple

from ftlserver.domain import time_formats, timezones
from ftlserver.domain.instants import DAY, END_OF_TIME
from ftlserver.domain.time_formats import TimeFormat
from ftlserver.domain.user import User
from ftlserver.errors import InvalidPeriodError

# A question about a window must know how far back a period that reaches into it can have begun.
LONGEST_PERIOD = 7 * DAY

# The period of a given user: started_at, ended_at, start_offset, end_offset.
Span = tuple[int, int, int, int]
# A row of the table of periods: user_id, started_at, ended_at, start_offset, end_offset.
Row = tuple[str, int, int, int, int]


class _Row(NamedTuple):
    user_id: str
    started_at: int
    ended_at: int
    start_offset: int
    end_offset: int


class ActivityPeriod(_Row):
    """One period of activity of one user, [started_at, ended_at), in microseconds UTC.

    The offsets, in seconds, say what the user's clock showed. A Row with names. Raise InvalidPeriodError.
    """

    __slots__ = ()

    def __new__(
        cls, user_id: str, started_at: int, ended_at: int, start_offset: int, end_offset: int
    ) -> "ActivityPeriod":
        if started_at < 0 or ended_at > END_OF_TIME:
            raise InvalidPeriodError("a period must lie between 1970 and 9999")
        if ended_at <= started_at:
            raise InvalidPeriodError("a period must end after it starts")
        if ended_at - started_at > LONGEST_PERIOD:
            raise InvalidPeriodError("a period must not last longer than 7 days")
        return super().__new__(cls, user_id, started_at, ended_at, start_offset, end_offset)

    @classmethod
    def in_zone(cls, user: User, started_at: int, ended_at: int) -> "ActivityPeriod":
        """Return a period of *user* with the offsets of the user's zone."""
        tz = timezones.zone(user.tz)
        offsets = timezones.offset_at(started_at, tz), timezones.offset_at(ended_at, tz)
        return cls(user.id, started_at, ended_at, *offsets)

    @classmethod
    def from_text(cls, user: User, start_time: str, end_time: str) -> "ActivityPeriod":
        """Return a period of *user* from two times in a wire format; raise InvalidValueError."""
        tz = timezones.zone(user.tz)
        started_at, start_offset = time_formats.parse(start_time, tz)
        ended_at, end_offset = time_formats.parse(end_time, tz)
        return cls(user.id, started_at, ended_at, start_offset, end_offset)

    def to_json(self, time_format: TimeFormat) -> dict[str, str]:
        """Return the period as it stands in an answer."""
        return {
            "start_time": time_formats.render(self.started_at, self.start_offset, time_format),
            "end_time": time_formats.render(self.ended_at, self.end_offset, time_format),
        }
