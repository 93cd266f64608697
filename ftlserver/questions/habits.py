"""When members are usually active: the hours of the week in which they were, and what to expect of a time."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

from ftlserver.domain import days_and_hours
from ftlserver.domain.days_and_hours import HOURS_OF_WEEK, WEEK, Piece, hours_of_week
from ftlserver.domain.instants import HOUR, MINUTE, SECOND
from ftlserver.domain.user import User
from ftlserver.questions import Activity
from ftlserver.questions.hours import Shares, shares_of

Value = TypeVar("Value")

USUAL_SHARE = 0.25  # an hour in which a member is active for a quarter of the time is one of their usual hours
ENOUGH_DAYS = 5  # on fewer days with activity, nothing can be said about a member
BUSIEST_HOURS = 10
_QUARTER = 15 * MINUTE  # all offsets of today are whole quarters


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

    @property
    def usual_hours(self) -> list[bool]:
        """Tell for each hour of the week whether the user is usually active in it; without enough history, never.

        Who is active for a small part of the time, because only commits are known of them, say, is compared with
        their own busiest hours.
        """
        least = min(USUAL_SHARE, self.busy_share / 2)
        return [self.is_enough and share >= least > 0 for share in self.shares]

    def to_json(self) -> dict[str, Any]:
        return {**self.user.to_json(), "active_days": self.active_days, "enough_history": self.is_enough}


Habits = Sequence[Habit]


class Expected(NamedTuple):
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


def counted(habits: Habits) -> list[bool]:
    """Tell which members count: those with enough history, or all if no one has it."""
    return [one.is_enough for one in habits] if any(one.is_enough for one in habits) else [True] * len(habits)


def expected(shares: Shares, offsets: Sequence[Piece], start: int, end: int) -> Expected:
    """Return how much of [*start*, *end*) a user with those *shares* will be active, on the clock of *offsets*."""
    spent = list(_spent(shares, offsets, start, end))
    attended = sum(share * length for share, length in spent) / (end - start)
    return Expected(attended, min(share for share, _ in spent))


def outside_length(usual: Sequence[bool], offsets: Sequence[Piece], start: int, end: int) -> int:
    """Return how much of [*start*, *end*) lies outside the *usual* hours of a user on the clock of *offsets*."""
    return sum(length for is_usual, length in _spent(usual, offsets, start, end) if not is_usual)


def _spent(
    by_hour: Sequence[Value], offsets: Sequence[Piece], start: int, end: int
) -> Iterator[tuple[Value, int]]:
    """Yield what *by_hour* has for each hour of the week in [*start*, *end*), and how much of it lies in that."""
    pieces = [(max(a, start), min(b, end), offset) for a, b, offset in offsets if a < end and b > start]
    return ((by_hour[hour], length) for hour, length in enumerate(hours_of_week(pieces)) if length)


def attendance(habit: Habit, found: Expected) -> str:
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


def usual_intervals(habit: Habit) -> list[tuple[int, int]]:
    """Return the hours of the week in which a user is usually active, as (start, end) of disjoint intervals.

    They start from Monday 00; one that goes beyond the end of the week ends after hour 168.
    """
    usual = habit.usual_hours
    if all(usual):
        return [(0, HOURS_OF_WEEK)]
    starts = [hour for hour in range(HOURS_OF_WEEK) if usual[hour] and not usual[hour - 1]]
    found = []
    for start in starts:
        end = start
        while usual[end % HOURS_OF_WEEK]:
            end += 1
        found.append((start, end))
    return found


def shared(one: Shares, offset: int, other: Shares, other_offset: int) -> float:
    """Return for how much of a week two users on clocks with those offsets can be expected to be active together.

    Whether one is active says nothing about the other, so both are with the product of their shares.
    """
    ahead = (other_offset - offset) * SECOND // _QUARTER % (WEEK // _QUARTER)
    if ahead % 4 == 0:  # whole hours
        shift = ahead // 4
        pairs = zip(one, [*other[shift:], *other[:shift]], strict=True)
        return sum(share * there for share, there in pairs) * HOUR
    quarters = ((one[at // 4], other[(at + ahead) // 4 % HOURS_OF_WEEK]) for at in range(WEEK // _QUARTER))
    return sum(share * there for share, there in quarters) * _QUARTER
