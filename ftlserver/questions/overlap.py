"""When enough members were active at the same time, and how long each two of them."""

from collections.abc import Sequence
from typing import Any

from ftlserver import clock, intervals
from ftlserver.clock import TimeFormat, Zone
from ftlserver.models import User
from ftlserver.questions import seconds, who


def overlap(
    members: Sequence[tuple[User, list[int]]],
    min_members: int | None,
    tz: Zone,
    time_format: TimeFormat,
) -> dict[str, Any]:
    """Return the stretches in which at least *min_members*, or all, were active, and the matrix of pairs.

    *members* come with the starts and ends, in turn, of their periods within the window. A stretch ends when a
    member comes or goes. The matrix has the seconds that each two share, in the order of the members, and on its
    diagonal those of each alone.
    """
    least = min_members or len(members)
    stretches, shared = intervals.sweep([intervals.turns(active) for _, active in members], least)
    ids = [user.id for user, _ in members]

    def show(instant: int) -> str:
        return clock.render(instant, clock.offset_at(instant, tz), time_format)

    return {
        "min_members": least,
        "overlap_seconds": seconds(sum(end - start for start, end, _ in stretches)),
        "stretches": [
            {
                "start_time": show(start),
                "end_time": show(end),
                "seconds": seconds(end - start),
                "members": [ids[index] for index in which],
            }
            for start, end, which in stretches
        ],
        "members": [who(user) for user, _ in members],
        "matrix": [[seconds(length) for length in row] for row in shared],
    }
