"""The best times to meet in a coming week, from the hours in which members were active."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from ftlserver.domain import timezones
from ftlserver.domain.days_and_hours import HOURS_OF_WEEK, WEEK, hours_of_week
from ftlserver.domain.instants import HOUR, MINUTE, SECOND
from ftlserver.domain.intervals import Interval
from ftlserver.domain.time_formats import TimeFormat, render_in_zone
from ftlserver.domain.timezones import Zone
from ftlserver.domain.user import User
from ftlserver.questions import seconds
from ftlserver.questions.hours import Shares

STEP = 30 * MINUTE
USUAL_SHARE = 0.25  # an hour in which a member is active for a quarter of the time is one of their usual hours
_QUARTER = 15 * MINUTE

Habits = Sequence[tuple[User, Shares]]


def slots(
    habits: Habits, week: Interval, duration: int, *, most: int, tz: Zone, time_format: TimeFormat
) -> list[dict[str, Any]]:
    """Return the best slots of *duration* within *week*, at most *most* and none overlapping a better one.

    The most expected attendance comes first, then the fewest members outside their usual hours, then the
    earliest. The hours of each member are projected with the offsets of that week.
    """
    # Offsets change seldom: one list of intervals for each zone, instead of a look-up for each slot.
    offsets = {user.tz: timezones.offset_intervals(*week, user.zone) for user, _ in habits}
    rated = []
    for start in range(week[0], week[1] - duration + 1, STEP):
        expected = [_expected(found, offsets[user.tz], start, start + duration) for user, found in habits]
        attendance = round(sum(share for share, _ in expected), 6)
        outside = sum(not usual for _, usual in expected)
        rated.append((-attendance, outside, start, expected))
    chosen: list[dict[str, Any]] = []
    taken: list[int] = []
    for attendance, outside, start, expected in sorted(rated):
        if len(chosen) == most or attendance == 0:
            break
        if any(abs(start - other) < duration for other in taken):
            continue
        taken.append(start)
        chosen.append(
            {
                "start_time": render_in_zone(start, tz, time_format),
                "end_time": render_in_zone(start + duration, tz, time_format),
                "expected_attendance": round(-attendance, 2),
                "outside_usual_hours": outside,
                "members": [
                    {
                        "id": user.id,
                        "local_time": render_in_zone(start, user.zone, time_format),
                        "expected": round(share, 2),
                        "usual": usual,
                    }
                    for (user, _), (share, usual) in zip(habits, expected, strict=True)
                ],
            }
        )
    return chosen


def changes(habits: Habits, now: int, until: int) -> list[dict[str, Any]]:
    """Return the clock changes in the members' zones from *now* to *until*, and the effect of each.

    ``overlap_before`` and ``overlap_after`` are the seconds of a week that the members whose clock changes can be
    expected to share with each of the others, added up over the pairs.
    """
    found = []
    for name in sorted({user.tz for user, _ in habits}):
        tz = timezones.zone_or_utc(name)
        for (_, at, before), (_, _, after) in pairwise(timezones.offset_intervals(now, until, tz)):
            moved = [habit for habit in habits if habit[0].tz == name]
            rest = [habit for habit in habits if habit[0].tz != name]
            found.append(
                {
                    "tz": name,
                    "at": render_in_zone(at, timezones.zone("UTC"), "iso"),
                    "offset_before": before,
                    "offset_after": after,
                    "members": [user.id for user, _ in moved],
                    "overlap_before": seconds(_shared(moved, before, rest, at)),
                    "overlap_after": seconds(_shared(moved, after, rest, at)),
                }
            )
    return sorted(found, key=lambda change: (change["at"], change["tz"]))


def _expected(found: Shares, offsets: Sequence[tuple[int, int, int]], start: int, end: int) -> tuple[float, bool]:
    """Return the expected share of [start, end) for which a member is active, and whether all of it is usual."""
    pieces = [(max(a, start), min(b, end), offset) for a, b, offset in offsets if a < end and b > start]
    spent = [(found[hour], length) for hour, length in enumerate(hours_of_week(pieces)) if length]
    attended = sum(share * length for share, length in spent) / (end - start)
    return attended, all(share >= USUAL_SHARE for share, _ in spent)


def _shared(moved: Habits, offset: int, rest: Habits, at: int) -> int:
    """Return the expected common time of a week of each of *moved*, at *offset*, with each of *rest*."""
    total = 0.0
    others = [(found, timezones.offset_at(at, user.zone)) for user, found in rest]
    for quarter in range(0, WEEK, _QUARTER):
        there = [found[_hour(quarter, other)] for found, other in others]
        for _, found in moved:
            share = found[_hour(quarter, offset)]
            if share:
                total += sum(min(share, other) for other in there) * _QUARTER
    return round(total / SECOND) * SECOND


def _hour(instant: int, offset: int) -> int:
    return (instant + offset * SECOND) // HOUR % HOURS_OF_WEEK
