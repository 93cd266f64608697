"""The questions about several people at once: decode, validate, ask storage and the question, answer."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from ftlserver.domain import instants, time_formats, timezones
from ftlserver.domain.intervals import Interval
from ftlserver.domain.timezones import Zone
from ftlserver.domain.user import User
from ftlserver.domain.window import Window, read_edge, read_zone
from ftlserver.errors import InvalidRequestError, Problem
from ftlserver.questions.hours import hours as hours_of
from ftlserver.questions.hours import shares
from ftlserver.questions.meeting import changes, slots
from ftlserver.questions.overlap import overlap as overlap_of
from ftlserver.questions.presence import presence as presence_of
from ftlserver.questions.summary import summary as summary_of
from ftlserver.storage import Storage
from ftlserver.web import responses
from ftlserver.web.requests import Request

_ONCE = "half-open; only time within it counts, and time that overlaps counts once"
_HISTORY = timedelta(weeks=8)
_FURTHEST = timedelta(days=366)  # clock changes of later years are not known, and finding them takes long
_MOST_TO_MEET = 100  # the work grows with the pairs


def summary(storage: Storage, request: Request) -> dict[str, Any]:
    """Answer how long each member was active on each day."""
    asked = request.question()
    window = Window.of(asked, instants.now())
    name = asked.get("day_zone", "member")
    day_zone = None if name == "member" else timezones.zone(name)
    activities, edges = storage.periods.spans(asked.get("id_list"), window.edges)
    members = summary_of(activities, edges, window, day_zone, asked.get("time_format", "iso"))
    rule = f"{_ONCE}; days are those of {'each member' if day_zone is None else name}"
    return _answer(asked, activities, window=window.to_json(edges, rule), members=members)


def overlap(storage: Storage, request: Request) -> dict[str, Any]:
    """Answer when members were active at the same time."""
    asked = request.question()
    window = Window.of(asked, instants.now())
    members, edges = storage.periods.edges(asked.get("id_list"), window.edges)
    found = overlap_of(
        members, asked.get("min_members"), window.tz or timezones.zone("UTC"), asked.get("time_format", "iso")
    )
    return _answer(asked, members, window=window.to_json(edges, _ONCE), **found)


def presence(storage: Storage, request: Request) -> dict[str, Any]:
    """Answer who is active at an instant."""
    asked = request.question()
    tz = read_zone(asked)
    at = instants.now() if "at" not in asked else read_edge("/at", asked["at"], tz or timezones.zone("UTC"))
    activities = storage.periods.latest(asked.get("id_list"), at)
    members = presence_of(activities, at, tz, asked.get("time_format", "iso"))
    return _answer(asked, activities, at=time_formats.utc(at), members=members)


def hours(storage: Storage, request: Request) -> dict[str, Any]:
    """Answer in which hours of the week members are active."""
    asked = request.question()
    window = Window.of(asked, instants.now())
    activities, edges = storage.periods.spans(asked.get("id_list"), window.edges)
    rule = f"{_ONCE}; hours of the week are those of {'each member' if window.tz is None else window.tz.key}"
    members = hours_of(activities, edges, window, window.tz)
    return _answer(asked, activities, window=window.to_json(edges, rule), members=members)


def meeting(storage: Storage, request: Request) -> dict[str, Any]:
    """Answer with the best times to meet in a coming week."""
    asked = request.question()
    now = instants.now()
    tz = read_zone(asked) or timezones.zone("UTC")
    week = _week(asked.get("week"), now, tz)
    window = Window.of({"from": (timezones.date_at(now, tz) - _HISTORY).isoformat(), **asked}, now)
    activities, edges = storage.periods.spans(asked.get("id_list"), window.edges)
    if len(activities) > _MOST_TO_MEET:
        message = f"at most {_MOST_TO_MEET} members can be brought together at once"
        raise InvalidRequestError("too_many_ids", message, limit=_MOST_TO_MEET)
    habits = [(user, found) for user, found, _ in shares(activities, edges, window, None)]
    duration = asked.get("minutes", 60) * instants.MINUTE
    found = slots(
        habits, week, duration, most=asked.get("slots", 10), tz=tz, time_format=asked.get("time_format", "iso")
    )
    return _answer(
        asked,
        activities,
        window=window.to_json(edges, f"{_ONCE}; hours of the week are those of each member"),
        week={"from": time_formats.utc(week[0]), "to": time_formats.utc(week[1])},
        slots=found,
        changes=changes(habits, min(now, week[0]), week[1]),
        members=[user.to_json() for user, _ in habits],
    )


def _answer(asked: dict[str, Any], read: Sequence[tuple[User, Any]], **found: Any) -> dict[str, Any]:
    there = {user.id for user, _ in read}
    missing = (user_id for user_id in dict.fromkeys(asked.get("id_list", ())) if user_id not in there)
    return {"ok": True, **found} | responses.not_found(missing)


def _week(text: str | None, now: int, tz: Zone) -> Interval:
    """Return the seven days from the date *text* on, by default from next Monday, in *tz*."""
    today = timezones.date_at(now, tz)
    first = today + timedelta(days=7 - today.weekday())
    if text is not None:
        first = timezones.date_at(read_edge("/week", text, tz), tz)
        if first > today + _FURTHEST:
            problem = Problem("/week", "too_far", "expected a date within a year from today")
            raise InvalidRequestError("invalid_argument", "week lies too far ahead", [problem])
    return timezones.day_start(first, tz), timezones.day_start(first + timedelta(days=7), tz)
