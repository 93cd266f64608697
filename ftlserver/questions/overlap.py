"""When enough members were active at the same time, and how long each two of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from ftlserver import clock, intervals
from ftlserver.clock import TimeFormat, Zone
from ftlserver.intervals import Interval
from ftlserver.questions import Activity, seconds, who


def overlap(
    activities: Sequence[Activity],
    edges: Mapping[str, Interval],
    min_members: int | None,
    tz: Zone,
    time_format: TimeFormat,
) -> dict[str, Any]:
    """Return the stretches in which at least *min_members*, or all, were active, and the matrix of pairs.

    A stretch ends when a member comes or goes. The matrix has the seconds that each two share, in the order
    of the members, and on its diagonal those of each alone.
    """
    groups = [
        intervals.merge(intervals.clip([(start, end) for start, end, _, _ in spans], *edges[user.id]))
        for user, spans in activities
    ]
    least = min_members or len(groups)
    swept = intervals.sweep(groups)
    found = intervals.cover(swept, least)
    ids = [user.id for user, _ in activities]

    def show(instant: int) -> str:
        return clock.render(instant, clock.offset_at(instant, tz), time_format)

    return {
        "min_members": least,
        "overlap_seconds": seconds(sum(end - start for start, end, _ in found)),
        "stretches": [
            {
                "start_time": show(start),
                "end_time": show(end),
                "seconds": seconds(end - start),
                "members": [ids[index] for index in which],
            }
            for start, end, which in found
        ],
        "members": [who(user) for user, _ in activities],
        "matrix": [[seconds(length) for length in row] for row in intervals.shared(swept)],
    }
