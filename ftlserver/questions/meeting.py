"""The best times to meet in a coming week, from the hours in which members were active."""

from collections.abc import Iterator, Sequence
from itertools import compress, pairwise
from typing import Any, NamedTuple

from ftlserver.domain import days_and_hours, timezones
from ftlserver.domain.days_and_hours import HOURS_OF_WEEK, WEEK, Piece, hours_of_week
from ftlserver.domain.instants import HOUR, MINUTE, SECOND
from ftlserver.domain.intervals import Interval
from ftlserver.domain.time_formats import TimeFormat, render_in_zone
from ftlserver.domain.timezones import Zone
from ftlserver.domain.user import User
from ftlserver.questions import Activity, seconds
from ftlserver.questions.hours import Shares, shares_of

STEP = 30 * MINUTE
USUAL_SHARE = 0.25  # an hour in which a member is active for a quarter of the time is one of their usual hours
ENOUGH_DAYS = 5  # on fewer days with activity, nothing can be said about a member
BUSIEST_HOURS = 10
_QUARTER = 15 * MINUTE


class Habit(NamedTuple):
    """In which hours of the week a user was active, and on how many days."""

    user: User
    shares: Shares
    active_days: int

    @property
    def is_enough(self) -> bool:
        """Tell whether there is enough history to say when the user is likely to be there."""
        return self.active_days >= ENOUGH_DAYS

    @property
    def busy_share(self) -> float:
        """Return the mean share of the user's busiest hours."""
        return sum(sorted(self.shares)[-BUSIEST_HOURS:]) / BUSIEST_HOURS

    def to_json(self) -> dict[str, Any]:
        return {**self.user.to_json(), "active_days": self.active_days, "enough_history": self.is_enough}


Habits = Sequence[Habit]


class _Expected(NamedTuple):
    """The share of a slot for which a user is expected to be active, and the lowest share of its hours."""

    share: float
    lowest: float

    @property
    def is_usual(self) -> bool:
        return self.lowest >= USUAL_SHARE


def habit(activity: Activity) -> Habit:
    """Return when a user was active, on the clock that they had."""
    user = activity.user
    days = set()

    def pieces() -> Iterator[Piece]:
        for day, piece in days_and_hours.by_day(
            days_and_hours.recorded(activity.spans, activity.reach, user.zone)
        ):
            days.add(day)
            yield piece

    shares = shares_of(pieces(), activity.edges, user.zone)
    return Habit(user, shares, len(days))


def slots(
    habits: Habits, week: Interval, duration: int, *, most: int, tz: Zone, time_format: TimeFormat
) -> list[dict[str, Any]]:
    """Return the best slots of *duration* within *week*, at most *most* and none overlapping a better one.

    The most expected attendance comes first, then the fewest members outside their usual hours, then the
    earliest; members without enough history do not count, unless no one has more. The hours of each member are
    projected with the offsets of that week.
    """
    counted = [one.is_enough for one in habits] if any(one.is_enough for one in habits) else [True] * len(habits)
    # Offsets change seldom: one list of intervals for each zone, instead of a look-up for each slot.
    offsets = {user.tz: timezones.offset_intervals(*week, user.zone) for user, *_ in habits}
    rated = []
    for start in range(week[0], week[1] - duration + 1, STEP):
        expected = [_expected(shares, offsets[user.tz], start, start + duration) for user, shares, _ in habits]
        attendance = round(sum(found.share for found in compress(expected, counted)), 6)
        outside = sum(not found.is_usual for found in compress(expected, counted))
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
                        "id": one.user.id,
                        "local_time": render_in_zone(start, one.user.zone, time_format),
                        "expected": round(found.share, 2),
                        "usual": found.is_usual,
                        "attendance": _attendance(one, found),
                    }
                    for one, found in zip(habits, expected, strict=True)
                ],
            }
        )
    return chosen


def changes(habits: Habits, now: int, until: int) -> list[dict[str, Any]]:
    """Return the clock changes in the members' zones from *now* to *until*, and the effect of each.

    ``overlap_before`` and ``overlap_after`` are the seconds of a week that the members whose clock changes can be
    expected to share with each of the others, added up over the pairs. Others whose clock changes at the same
    instant are on their old clock before it, and on their new one after it.
    """
    found = []
    for name in sorted({user.tz for user, *_ in habits}):
        tz = timezones.zone_or_utc(name)
        for (_, at, before), (_, _, after) in pairwise(timezones.offset_intervals(now, until, tz)):
            moved = [one for one in habits if one.user.tz == name]
            rest = [one for one in habits if one.user.tz != name]
            found.append(
                {
                    "tz": name,
                    "at": render_in_zone(at, timezones.zone("UTC"), "iso"),
                    "offset_before": before,
                    "offset_after": after,
                    "members": [user.id for user, *_ in moved],
                    "overlap_before": seconds(_shared(moved, before, rest, at - 1)),
                    "overlap_after": seconds(_shared(moved, after, rest, at)),
                }
            )
    return sorted(found, key=lambda change: (change["at"], change["tz"]))


def _attendance(habit: Habit, found: _Expected) -> str:
    """Return whether a user will be there: ``likely``, ``possible``, ``unlikely``, or ``unknown`` without history.

    Who is active for a small part of the time, because only commits are known of them, say, is compared with
    their own busiest hours.
    """
    if not habit.is_enough:
        return "unknown"
    half = habit.busy_share / 2
    if found.lowest < min(USUAL_SHARE, half):
        return "unlikely"
    return "likely" if found.share >= half else "possible"


def _expected(shares: Shares, offsets: Sequence[tuple[int, int, int]], start: int, end: int) -> _Expected:
    """Return how much of [start, end) a user with those *shares* can be expected to be active."""
    pieces = [(max(a, start), min(b, end), offset) for a, b, offset in offsets if a < end and b > start]
    spent = [(shares[hour], length) for hour, length in enumerate(hours_of_week(pieces)) if length]
    attended = sum(share * length for share, length in spent) / (end - start)
    return _Expected(attended, min(share for share, _ in spent))


def _shared(moved: Habits, offset: int, rest: Habits, at: int) -> int:
    """Return the expected common time of a week of each of *moved*, at *offset*, with each of *rest*.

    Whether one is active says nothing about the other, so both are with the product of their shares.
    """
    total = 0.0
    others = [(shares, timezones.offset_at(at, user.zone)) for user, shares, _ in rest]
    for quarter in range(0, WEEK, _QUARTER):
        there = sum(shares[_hour(quarter, other)] for shares, other in others)
        if there:
            total += sum(shares[_hour(quarter, offset)] for _, shares, _ in moved) * there * _QUARTER
    return round(total / SECOND) * SECOND


def _hour(instant: int, offset: int) -> int:
    return (instant + offset * SECOND) // HOUR % HOURS_OF_WEEK
