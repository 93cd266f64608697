"""How long each member was active on each calendar day."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from ftlserver.domain import days_and_hours, time_formats, timezones
from ftlserver.domain.days_and_hours import Piece
from ftlserver.domain.instants import DAY, SECOND
from ftlserver.domain.intervals import Interval
from ftlserver.domain.time_formats import TimeFormat
from ftlserver.domain.timezones import Zone
from ftlserver.domain.window import Window
from ftlserver.errors import InvalidRequestError
from ftlserver.questions import Activity, seconds

MOST_DAYS = 100_000


def summary(
    activities: Iterable[Activity],
    edges: Mapping[str, Interval],
    window: Window,
    day_zone: Zone | None,
    time_format: TimeFormat,
) -> list[dict[str, Any]]:
    """Return each member with their days, active seconds and total.

    Days are those of *day_zone*, or those that the member's own clock showed when the activity was recorded.
    Every day of the window is there, or every day from the first with activity when it has no beginning.
    Raise InvalidRequestError for more than MOST_DAYS days in all.
    """
    answer = []
    counted = 0
    for user, spans in activities:
        start, end = window.from_first_activity(edges[user.id], spans)
        tz = day_zone or timezones.zone(user.tz)
        on_clock = days_and_hours.recorded if day_zone is None else days_and_hours.in_zone
        days: defaultdict[int, list[Piece]] = defaultdict(list)
        for day, piece in days_and_hours.by_day(on_clock(spans, (start, end), tz)):
            days[day].append(piece)
        first, last = (days_and_hours.day_number(timezones.date_at(edge, tz)) for edge in (start, end - 1))
        if spans or window.from_ is not None:
            counted += last - first + 1
            if counted > MOST_DAYS:
                message = f"the window has more than {MOST_DAYS:,} days of members; ask about less at once"
                raise InvalidRequestError("too_many_days", message, limit=MOST_DAYS)
            for day in range(first, last + 1):
                days.setdefault(day, [])
        listed = [_day(day, days[day], tz, window, time_format) for day in sorted(days)]
        answer.append(
            {
                **user.to_json(),
                "active_seconds": seconds(sum(active for active, _ in listed)),
                "days": [day for _, day in listed if day["length_seconds"]],
            }
        )
    return answer


def _day(
    number: int, pieces: list[Piece], tz: Zone, window: Window, time_format: TimeFormat
) -> tuple[int, dict[str, Any]]:
    """Return how long the member was active on a day, in microseconds, and the entry of that day."""
    day = days_and_hours.date_of(number)
    opens = timezones.day_start(day, tz)
    closes = timezones.day_start(day + timedelta(days=1), tz)
    active = sum(end - start for start, end, _ in pieces)
    answer: dict[str, Any] = {"date": day.isoformat(), "active_seconds": seconds(active)}
    if pieces:
        (start, _, first), (_, end, last) = pieces[0], pieces[-1]
        # The activity was recorded in another zone than today's: the day is as long as on that clock.
        if first != timezones.offset_at(start, tz):
            opens = number * DAY - first * SECOND
        if last != timezones.offset_at(end - 1, tz):
            closes = (number + 1) * DAY - last * SECOND
        answer["first_start"] = _show(start, first, window.tz, time_format)
        answer["last_end"] = _show(end, last, window.tz, time_format)
    return active, {**answer, "length_seconds": seconds(closes - opens)}


def _show(instant: int, recorded: int, tz: Zone | None, time_format: TimeFormat) -> str:
    return time_formats.render(instant, timezones.offset_at(instant, tz) if tz else recorded, time_format)
