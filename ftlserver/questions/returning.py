"""When a member is usually back: the next hour in which they usually are active."""

from ftlserver.domain import timezones
from ftlserver.domain.days_and_hours import WEEK, hour_of_week
from ftlserver.domain.instants import HOUR, SECOND
from ftlserver.questions.habits import Habit

_FURTHEST = 2 * WEEK + HOUR  # a clock change may skip the only usual hour of a week


def usually_back(habit: Habit, at: int) -> int | None:
    """Return the first instant from *at* on that lies in an hour in which a member is usually active.

    None if there is none, or not enough history.
    """
    usual = habit.usual_hours
    if not any(usual):
        return None
    for start, end, offset in timezones.offset_intervals(at, at + _FURTHEST, habit.user.zone):
        instant = start
        while instant < end:
            if usual[hour_of_week(instant, offset)]:
                return instant
            instant += HOUR - (instant + offset * SECOND) % HOUR
    return None
