"""When a member is usually back: the next hour in which they usually are active."""

from ftlserver.domain import timezones
from ftlserver.domain.days_and_hours import WEEK, hour_of_week
from ftlserver.domain.instants import HOUR, SECOND
from ftlserver.questions.meeting import USUAL_SHARE, Habit


def usually_back(habit: Habit, at: int) -> int | None:
    """Return the first instant from *at* on, within a week, that lies in one of the member's usual hours.

    None if there is none, or not enough history. An hour is usual if the member is active in it for at least a
    quarter of the time, or for half of what they are in their busiest hours.
    """
    least = min(USUAL_SHARE, habit.busy_share / 2)
    if not habit.is_enough or least <= 0:
        return None
    for start, end, offset in timezones.offset_intervals(at, at + WEEK, habit.user.zone):
        instant = start
        while instant < end:
            if habit.shares[hour_of_week(instant, offset)] >= least:
                return instant
            instant += HOUR - (instant + offset * SECOND) % HOUR
    return None
