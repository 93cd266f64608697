"""When enough members were active at the same time, and how long each two of them."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any

from ftlserver.domain.time_formats import TimeFormat, render_in_zone
from ftlserver.domain.timezones import Zone
from ftlserver.domain.user import User
from ftlserver.errors import InvalidRequestError, Problem
from ftlserver.questions import limits, seconds
from ftlserver.questions.overlap_sweep import Groups, Shared, measure, shared_intervals


def least_of(asked: Mapping[str, Any], users: Sequence[User]) -> int:
    """Return how many members have to be active, by default all of *users*.

    Raise InvalidRequestError for more than the question is about; an id that is unknown counts as one.
    """
    least: int = asked.get("min_members", len(users))
    count = max(len(users), len(set(asked.get("id_list", ()))))
    if least > count > 0:
        members = "1 member" if count == 1 else f"{count:,} members"
        message = f"min_members is {least}, but the question is about {members}"
        raise InvalidRequestError("invalid_argument", message, [Problem("/min_members", "too_large", message)])
    return least


class Overlap:
    """The intervals in which at least *min_members* of *users*, or all, were active, and the matrix of pairs.

    *groups* are the users' disjoint intervals, and *min_members* is what ``least_of`` returns. Raise
    InvalidRequestError for too long an answer.
    """

    def __init__(self, users: Sequence[User], groups: Groups, min_members: int) -> None:
        self._users = users
        self._groups = groups
        self.min_members = min_members
        self._shared: Shared = measure(groups, self.min_members)
        instead = "ask about fewer members or a shorter window, or with a larger min_members"
        limits.check(self._shared.intervals, limits.INTERVALS, "intervals", instead)
        limits.check(
            self._shared.attendances,
            limits.ATTENDANCES,
            "active members, counted in each interval",
            instead,
        )

    @property
    def overlap_seconds(self) -> float | int:
        return seconds(self._shared.length)

    def at_least(self) -> list[float | int]:
        """Return the seconds with at least one member active, with at least two, and so on up to all."""
        totals = list(accumulate(reversed(self._shared.at_once[1:])))
        return [seconds(length) for length in reversed(totals)]

    def intervals(self, tz: Zone, time_format: TimeFormat) -> Iterator[dict[str, Any]]:
        """Yield the intervals; each ends when a member becomes active or inactive."""
        ids = [user.id for user in self._users]
        for start, end, active in shared_intervals(self._groups, self.min_members, self._shared):
            yield {
                "start_time": render_in_zone(start, tz, time_format),
                "end_time": render_in_zone(end, tz, time_format),
                "seconds": seconds(end - start),
                "members": [ids[index] for index in active],
            }

    def matrix(self) -> Iterator[list[float | int]]:
        """Yield, for each member, the seconds that they share with each; with themselves, those of their own."""
        for index in range(len(self._users)):
            yield [seconds(length) for length in self._shared.lengths(index)]
