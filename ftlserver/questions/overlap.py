"""When enough members were active at the same time, and how long each two of them."""

from collections.abc import Sequence
from typing import Any

from ftlserver.domain.time_formats import TimeFormat, render_in_zone
from ftlserver.domain.timezones import Zone
from ftlserver.domain.user import User
from ftlserver.questions import seconds
from ftlserver.questions.overlap_sweep import disjoint_edges, sweep


def overlap(
    members: Sequence[tuple[User, list[int]]], min_members: int | None, tz: Zone, time_format: TimeFormat
) -> dict[str, Any]:
    """Return the intervals in which at least *min_members*, or all, were active, and the matrix of pairs.

    *members* come with the starts and ends, in turn, of their periods within the window. An interval ends when a
    member becomes active or inactive. The matrix has the seconds that each two share, in the order of the members,
    and on its diagonal those of each alone.
    """
    least = min_members or len(members)
    intervals, shared = sweep([disjoint_edges(edges) for _, edges in members], least)
    ids = [user.id for user, _ in members]
    return {
        "min_members": least,
        "overlap_seconds": seconds(sum(end - start for start, end, _ in intervals)),
        "stretches": [
            {
                "start_time": render_in_zone(start, tz, time_format),
                "end_time": render_in_zone(end, tz, time_format),
                "seconds": seconds(end - start),
                "members": [ids[index] for index in active],
            }
            for start, end, active in intervals
        ],
        "members": [user.to_json() for user, _ in members],
        "matrix": [[seconds(length) for length in row] for row in shared],
    }
