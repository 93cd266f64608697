"""Feeds: a view that is fetched again and again, at an address that contains the secret of its token.

A calendar is fetched every few hours, so it never says who is active now; and it says the same all day or all
week, so that it need not be sent again.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from heapq import nlargest
from typing import Any

import orjson
from bottle import HTTPResponse

from ftlcommon import calendars, drawing
from ftlcommon.calendars import Event
from ftlcommon.drawing import Heading, Picture
from ftlserver import __version__
from ftlserver.domain import instants, time_formats, timezones
from ftlserver.domain.days_and_hours import WEEK
from ftlserver.domain.instants import DAY
from ftlserver.domain.intervals import merge_sorted
from ftlserver.domain.window import Window
from ftlserver.questions import Activity, limits
from ftlserver.questions.habits import Habit, habit, usual_intervals
from ftlserver.storage import Storage
from ftlserver.web import responses
from ftlserver.web.handlers import questions
from ftlserver.web.requests import Request
from ftlserver.web.turns import turn_of_events

_DAYS = 90
_HISTORY = 8 * WEEK
_WEEKS_AHEAD = 53
_REFRESH = timedelta(hours=6)
_SVG = "image/svg+xml"
_SVG_POLICY = f"default-src 'none'; style-src {drawing.STYLE_HASH}; frame-ancestors 'none'"
_UTC = timezones.zone("UTC")

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Question(Request):
    """A question about the members of a feed, as the API asks it."""

    asked: Answer

    def question(self) -> Answer:
        return dict(self.asked)


def activity(storage: Storage, request: Request) -> HTTPResponse:
    """Answer with when members were active, of the last 90 days that are over in UTC."""
    today = _today()
    window = Window.of(_between(today - _DAYS * DAY, today), today)
    found, last_keys = questions.activities(storage, _members(request), window)
    latest = nlargest(limits.EVENTS + 1, _over(found, window))
    events = [_active(*item) for item in reversed(latest[: limits.EVENTS])]
    about = [f"The {_DAYS} days until {_shown(today)}", *_left_out(last_keys)]
    if len(latest) > limits.EVENTS:
        about.append(f"the latest {limits.EVENTS:,} times of activity")
    return _calendar("Activity", events, about)


def usual_hours(storage: Storage, request: Request) -> HTTPResponse:
    """Answer with the hours of the week in which members are usually active, by the eight weeks before."""
    monday = _monday()
    window = Window.of(_between(monday - _HISTORY, monday), monday)
    found, last_keys = questions.activities(storage, _members(request), window)
    events = [event for one in map(habit, found) for event in _weekly(one, monday)]
    return _calendar("Usual hours", events, [f"By the 8 weeks until {_shown(monday)}", *_left_out(last_keys)])


def meeting(storage: Storage, request: Request) -> HTTPResponse:
    """Answer with the best time to meet in this week and in the next.

    Each is by the eight weeks that end a week before it begins, so that a time stays where it was announced.
    """
    events = []
    monday = _monday()
    for week in (monday, monday + WEEK):
        known = week - WEEK
        day = timezones.date_at(week, _UTC).isoformat()
        asked = {**_between(known - _HISTORY, known), "week": day, "slots": 1}
        answer = _answer(questions.meeting, storage, request, asked)
        events += [
            calendars.meeting_event(slot, answer["members"], UTC, _datetime(known), (day,), is_held=False)
            for slot in answer["slots"]
        ]
    return _calendar("Best times to meet", events, [f"The weeks from {_shown(monday)} on", *_left_out(answer)])


def clock_changes(storage: Storage, request: Request) -> HTTPResponse:
    """Answer with the clock changes of the coming half year."""
    monday = _monday()
    answer = _answer(questions.clock_changes, storage, request, _between(monday - _HISTORY, monday))
    events = calendars.clock_change_events(answer, _datetime(monday))
    return _calendar("Clock changes", events, ["The 26 weeks ahead", *_left_out(answer)])


def board(storage: Storage, request: Request) -> HTTPResponse:
    """Answer with a picture of who is active, since when, and when the others are usually back."""
    answer = _answer(questions.presence, storage, request, {"usually_back": True})
    heading = Heading.of("Who is active", answer, None, request.caller.team_id)
    return _picture(drawing.board(answer, heading))


def badge(storage: Storage, request: Request) -> HTTPResponse:
    """Answer with a picture of how many members are active."""
    answer = _answer(questions.presence, storage, request, {"limit": limits.MEMBERS})
    active = sum(member["active"] for member in answer["members"])
    label = request.caller.team_id or "FTL Activity"
    return _picture(drawing.badge(label, f"{active:,} active", is_active=active > 0))


def _answer(
    handler: Callable[[Storage, Request], responses.Answer], storage: Storage, request: Request, asked: Answer
) -> Answer:
    """Return what a *handler* of the API answers about the members of the feed."""
    question = _Question(request.caller, None, request.teams, _members(request) | asked)
    answer = handler(storage, question)
    document: Answer = orjson.loads(answer if isinstance(answer, bytes) else b"".join(answer))
    return document


def _members(request: Request) -> Answer:
    """Return the members that the token of a feed may see, the most active of them if they are many."""
    user_ids = request.caller.user_ids
    members: Answer = {"all": True} if user_ids is None else {"id_list": sorted(user_ids)}
    return {**members, "active_only": True, "order": "active", "limit": limits.MEMBERS_OF_FEED}


def _over(found: Iterator[Activity], window: Window) -> Iterator[tuple[int, int, str, str, timezones.Zone]]:
    """Yield the times of activity that lie within *window*: one that is not over may go on."""
    for activity in found:
        user = activity.user
        opens, closes = window.edges(user)
        for start, end in merge_sorted(span[:2] for span in activity.spans):
            if opens <= start and end < closes:
                yield start, end, user.id, user.real_name, user.zone


def _active(start: int, end: int, user_id: str, real_name: str, tz: timezones.Zone) -> Event:
    clocks = [_datetime(edge).astimezone(tz) for edge in (start, end)]
    own = f"{clocks[0]:%H:%M} to {clocks[1]:%H:%M}, {tz.key}"
    return Event(("active", user_id, str(start)), real_name, _datetime(start), _datetime(end), _datetime(end), own)


def _weekly(one: Habit, monday: int) -> Iterator[Event]:
    """Yield an event that recurs for each time of day at which a user's usual hours begin."""
    days: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for start, end in usual_intervals(one):
        days[start % 24, end - start].append(start // 24)
    user = one.user
    first = timezones.date_at(monday, _UTC)
    for (hour, length), weekdays in days.items():
        begin = datetime.combine(first + timedelta(weekdays[0]), time(hour), user.zone)
        yield Event(
            *(("usual", user.id, str(hour), str(length)), user.real_name, begin, begin + timedelta(hours=length)),
            changed_at=_datetime(monday),
            description=f"usually active, {user.zone.key}",
            weekdays=tuple(weekdays),
            until=_datetime(monday + _WEEKS_AHEAD * WEEK),
        )


def _calendar(name: str, events: list[Event], about: list[str]) -> HTTPResponse:
    description = "; ".join(about)

    def body() -> bytes:
        with turn_of_events(len(events)):
            return calendars.calendar(name, events, about=description, refresh=_REFRESH)

    key = repr((__version__, timezones.TZDATA_VERSION, description, events)).encode()
    return responses.revalidated(key, body, calendars.MEDIA_TYPE)


def _picture(picture: Picture) -> HTTPResponse:
    svg = picture.svg().encode()
    return responses.revalidated(svg, lambda: svg, _SVG, {"Content-Security-Policy": _SVG_POLICY})


def _left_out(last_keys: Answer) -> list[str]:
    beyond = last_keys["omitted"]["beyond_limit"]
    return [f"the {limits.MEMBERS_OF_FEED} most active members, without {beyond:,} others"] if beyond else []


def _between(start: int, end: int) -> Answer:
    return {"from": time_formats.utc(start), "to": time_formats.utc(end)}


def _today() -> int:
    return timezones.day_start(timezones.date_at(instants.now(), _UTC), _UTC)


def _monday() -> int:
    today = _today()
    return today - timezones.date_at(today, _UTC).weekday() * DAY


def _shown(day: int) -> date:
    return timezones.date_at(day, _UTC)


def _datetime(instant: int) -> datetime:
    return instants.wall_clock(instant, 0).replace(tzinfo=UTC)
