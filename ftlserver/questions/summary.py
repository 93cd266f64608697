"""How long each member was active on each calendar day."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from ftlserver import clock, wall_clock
from ftlserver.clock import TimeFormat, Zone
from ftlserver.errors import InvalidRequestError
from ftlserver.intervals import Interval
from ftlserver.questions import Activity, seconds, who
from ftlserver.wall_clock import Piece
from ftlserver.window import Window, shown_in

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
        start, end = edges[user.id]
        if window.from_ is None:
            start = min(max(start, spans[0][0]), end - 1) if spans else end - 1
        tz = day_zone or clock.zone(user.tz)
        of_zone = wall_clock.recorded if day_zone is None else wall_clock.in_zone
        days: defaultdict[int, list[Piece]] = defaultdict(list)
        for day, piece in wall_clock.by_day(of_zone(spans, (start, end), tz)):
            days[day].append(piece)
        first, last = (wall_clock.number_of(clock.today(edge, tz)) for edge in (start, end - 1))
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
                **who(user),
                "active_seconds": seconds(sum(active for active, _ in listed)),
                "days": [day for _, day in listed if day["length_seconds"]],
            }
        )
    return answer


def _day(
    number: int, pieces: list[Piece], tz: Zone, window: Window, time_format: TimeFormat
) -> tuple[int, dict[str, Any]]:
    """Return how long a day was active, in microseconds, and what the answer says of it."""
    day = wall_clock.day_of(number)
    opens = clock.day_start(day, tz)
    closes = clock.day_start(day + timedelta(days=1), tz)
    active = sum(end - start for start, end, _ in pieces)
    answer: dict[str, Any] = {"date": day.isoformat(), "active_seconds": seconds(active)}
    if pieces:
        offset_to_show = shown_in(window.tz)
        (start, _, first), (_, end, last) = pieces[0], pieces[-1]
        # Recorded in another zone than today's: the day was as long as that clock made it.
        if first != clock.offset_at(start, tz):
            opens = number * wall_clock.DAY - first * clock.SECOND
        if last != clock.offset_at(end - 1, tz):
            closes = (number + 1) * wall_clock.DAY - last * clock.SECOND
        answer["first_start"] = clock.render(start, offset_to_show(start, first), time_format)
        answer["last_end"] = clock.render(end, offset_to_show(end, last), time_format)
    return active, {**answer, "length_seconds": seconds(closes - opens)}
