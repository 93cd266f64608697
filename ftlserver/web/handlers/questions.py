"""The questions about several people at once."""

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from itertools import chain
from typing import Any

import orjson

from ftlserver.domain import instants, time_formats, timezones
from ftlserver.domain.intervals import Interval
from ftlserver.domain.period import Span
from ftlserver.domain.time_formats import render_in_zone
from ftlserver.domain.timezones import Zone
from ftlserver.domain.window import BEGINNING, Window, read_edge, read_zone
from ftlserver.errors import InvalidRequestError, InvalidValueError, Problem, UnknownZoneError
from ftlserver.questions import Activity, limits
from ftlserver.questions import standing_meeting as standing
from ftlserver.questions.clock_changes import changes
from ftlserver.questions.coverage import Coverage, most_of, read_quiet
from ftlserver.questions.habits import counted, habit
from ftlserver.questions.hours import hours as hours_of
from ftlserver.questions.meeting import best, slots_of
from ftlserver.questions.overlap import Overlap, least_of
from ftlserver.questions.overlap_sweep import disjoint_edges
from ftlserver.questions.presence import presence as presence_of
from ftlserver.questions.rest import rest as rest_of
from ftlserver.questions.returning import usually_back
from ftlserver.questions.rotation import rotation
from ftlserver.questions.standing_meeting import StandingMeeting
from ftlserver.questions.summary import summary as summary_of
from ftlserver.questions.summary import units_of
from ftlserver.storage import Storage, packing
from ftlserver.storage.periods import Extent
from ftlserver.web import responses, selection
from ftlserver.web.requests import Request
from ftlserver.web.selection import Chosen
from ftlserver.web.turns import in_turn

_ONCE = "half-open; only time within it counts, and time that overlaps counts once"
_HOURS_OF_EACH = f"{_ONCE}; hours of the week are those of each member"
_HISTORY = timedelta(weeks=8)
_FURTHEST = timedelta(days=366)  # clock changes of later years are not known, and finding them takes long

_WEEKS_OF_CHANGES = 26
_WEEKS_OF_A_MEETING = 53  # a year, and the clock changes at both ends of it

_FEWER = "ask about fewer members or a shorter window"


def summary(storage: Storage, request: Request) -> responses.Answer:
    """Answer how long each member was active on each day, in each week or month, or altogether."""
    asked = request.question()
    per = asked.get("per", "day")
    window = Window.of(asked, instants.now())
    name = asked.get("day_zone", "member")
    day_zone = None if name == "member" else timezones.zone(name)
    extents = _extents(storage, asked, window)
    units = sum(len(units_of(_activity(extent, window), window, day_zone, per)) for extent in extents)
    limits.check(units, limits.DAYS, f"{per}s, counted for each member", _FEWER)

    def member(activity: Activity) -> Iterator[bytes]:
        opening, units = summary_of(activity, window, day_zone, asked.get("time_format", "iso"), per)
        if per == "total":
            return iter([orjson.dumps(opening)])
        return responses.with_list(opening, f"{per}s", responses.items(units))

    days = "" if per == "total" else f"; {per}s are those of {'each member' if day_zone is None else name}"
    rule = f"{_ONCE}{days}"
    members = (member(activity) for activity in _activities(storage, extents, window))
    return _answer(extents, members, window=_shown(window, extents, rule))


def overlap(storage: Storage, request: Request) -> responses.Answer:
    """Answer when enough members were active at the same time, and how long each two of them were."""
    asked = request.question()
    window = Window.of(asked, instants.now())
    extents = _extents(storage, asked, window, limits.MEMBERS_OF_OVERLAP)
    _check_comparisons(extents)
    users = [extent.user for extent in extents]
    least = least_of(asked, users)
    shown_in = window.tz or timezones.zone("UTC")

    def pieces() -> Generator[bytes, None, None]:
        read = storage.periods.read(packing.EDGES, extents)
        groups = [
            disjoint_edges(_on_own_clock(storage, window, extent, pages), extent.window) for extent, pages in read
        ]
        found = Overlap(users, groups, least)
        yield from responses.object_pieces(
            {
                "ok": True,
                "window": _shown(window, extents, _ONCE),
                "tz": shown_in.key,
                "min_members": least,
                "overlap_seconds": found.overlap_seconds,
                "at_least": found.at_least(),
            }
        )
        yield b',"stretches":['
        yield from responses.items(found.intervals(shown_in, asked.get("time_format", "iso")))
        yield b'],"members":['
        yield from responses.items(user.to_json() for user in users)
        yield b'],"matrix":['
        for index, row in enumerate(found.matrix()):
            yield (b"," if index else b"") + orjson.dumps(row)
        yield b"]" + responses.last_keys(extents.last_keys)

    return responses.stream(responses.JSON, in_turn(extents, pieces()))


def coverage(storage: Storage, request: Request) -> responses.Answer:
    """Answer when too few members were active, and how they handed over."""
    asked = request.question()
    window = Window.of({"tz": "UTC", **asked}, instants.now()).past()
    quiet = read_quiet(asked.get("quiet"))
    extents = _extents(storage, asked, window, limits.MEMBERS_OF_OVERLAP)
    _check_comparisons(extents)
    users = [extent.user for extent in extents]
    most = most_of(asked, users)
    tz = window.tz or timezones.zone("UTC")
    starts = [extent.first_start for extent in extents if extent.first_start is not None]
    edges = window.from_first_activity(extents[0].window, min(starts, default=None)) if extents else (0, 1)

    def pieces() -> Generator[bytes, None, None]:
        read = storage.periods.read(packing.EDGES, extents)
        groups = [disjoint_edges(pages, edges) for _, pages in read]
        found = Coverage(users, groups, edges, most=most, quiet=quiet, tz=tz)
        yield from responses.object_pieces(
            {
                "ok": True,
                "window": _shown(window, extents, f"{_ONCE}; hours of the week are those of {tz.key}"),
                "tz": tz.key,
                "max_members": most,
                "quiet": asked.get("quiet"),
                **found.totals(),
            }
        )
        yield b',"gaps":['
        yield from responses.items(found.gaps(asked.get("time_format", "iso")))
        yield b'],"hand_overs":['
        yield from responses.items(found.hand_overs())
        yield b'],"members":['
        yield from responses.items(user.to_json() for user in users)
        yield b"]" + responses.last_keys(extents.last_keys)

    return responses.stream(responses.JSON, in_turn(extents, pieces()))


def presence(storage: Storage, request: Request) -> responses.Answer:
    """Answer who is active at an instant.

    This question takes no window. ``active_only`` looks at the 7 days before ``at``, and with ``order: active``
    those who are active come first, then those who were active last.
    """
    asked = request.question()
    tz = read_zone(asked)
    at = instants.now() if "at" not in asked else read_edge("/at", asked["at"], tz or timezones.zone("UTC"))
    chosen = selection.choose(storage, asked, selection.week_before(at), rank=selection.latest)
    extents = _counted(storage, chosen, storage.periods.latest(chosen.users, at), moved={})
    time_format = asked.get("time_format", "iso")
    left_at = storage.users.departures() if "all" in asked else {}
    recent = _recent(storage, chosen, at) if asked.get("usually_back") and at > BEGINNING else None

    def members() -> Iterator[Iterator[bytes]]:
        habits = [] if recent is None else map(habit, _activities(storage, *recent))
        backs = {one.user.id: back for one in habits if (back := usually_back(one, at)) is not None}
        is_away, coming = True, []
        for activity in _activities(storage, extents):
            id_ = activity.user.id
            member = presence_of(activity, at, tz, time_format, left_at=left_at.get(id_), back=backs.get(id_))
            is_away = is_away and not member["active"]
            if "usually_back" in member:
                coming.append(backs[id_])
            yield iter([orjson.dumps(member)])
        if is_away and coming:
            extents.last_keys["usually_back"] = render_in_zone(
                min(coming), tz or timezones.zone("UTC"), time_format
            )

    return _answer(extents, members(), recent[0] if recent else (), at=time_formats.utc(at))


def hours(storage: Storage, request: Request) -> responses.Answer:
    """Answer in which hours of the week members are active."""
    asked = request.question()
    window = Window.of(asked, instants.now())
    extents = _extents(storage, asked, window)
    rule = f"{_ONCE}; hours of the week are those of {'each member' if window.tz is None else window.tz.key}"
    activities = _activities(storage, extents, window.past())
    members = (iter([orjson.dumps(hours_of(activity, window.tz))]) for activity in activities)
    tz = None if window.tz is None else window.tz.key
    return _answer(extents, members, window=_shown(window, extents, rule), tz=tz)


def rest(storage: Storage, request: Request) -> responses.Answer:
    """Answer what leaves members time to rest."""
    request.caller.allow_own_or_all()
    asked = request.question()
    window = Window.of(asked, instants.now())
    extents = _extents(storage, asked, window)
    time_format = asked.get("time_format", "iso")
    activities = _activities(storage, extents, window)
    members = (iter([orjson.dumps(rest_of(activity, window, time_format))]) for activity in activities)
    rule = f"{_ONCE}; nights (22:00 to 06:00), weekends and days are those of each member"
    return _answer(extents, members, window=_shown(window, extents, rule))


def meeting(storage: Storage, request: Request) -> responses.Answer:
    """Answer with the best times to meet in a coming week, from when members were active in the past."""
    asked = request.question()
    now = instants.now()
    tz = read_zone(asked) or timezones.zone("UTC")
    week = _week(asked.get("week"), now, tz)
    window = Window.of(_history(asked, week, now, tz), now)
    extents = _extents(storage, asked, window, limits.MEMBERS_OF_MEETING)

    def pieces() -> Generator[bytes, None, None]:
        habits = [habit(activity) for activity in _activities(storage, extents, window.past())]
        shown: dict[str, Any] = {"tz": tz, "time_format": asked.get("time_format", "iso")}
        slots = slots_of(habits, week, asked.get("minutes", 60) * instants.MINUTE)
        found = best(slots, counted(habits), asked.get("slots", 10))
        answer = {
            "ok": True,
            "window": _shown(window, extents, _HOURS_OF_EACH),
            "tz": tz.key,
            "week": {"from": time_formats.utc(week[0]), "to": time_formats.utc(week[1])},
            "slots": [slot.to_json(habits, **shown) for slot in found],
            **({"rotation": rotation(habits, slots, week, asked["rotate"], **shown)} if "rotate" in asked else {}),
            "changes": changes(habits, min(now, week[0]), week[1]),
            "members": [one.to_json() for one in habits],
            **extents.last_keys,
        }
        yield orjson.dumps(answer)

    return responses.stream(responses.JSON, in_turn(extents, pieces()))


def clock_changes(storage: Storage, request: Request) -> responses.Answer:
    """Answer with the clock changes ahead, and what they do to a standing meeting."""
    asked = request.question()
    now = instants.now()
    tz = read_zone(asked) or timezones.zone("UTC")
    meeting = _standing_meeting(asked)
    weeks = asked.get("weeks", _WEEKS_OF_CHANGES if meeting is None else _WEEKS_OF_A_MEETING)
    today = timezones.date_at(now, tz)
    ahead = timezones.day_start(today, tz), timezones.day_start(today + timedelta(weeks=weeks), tz)
    window = Window.of(_history(asked, (now, now), now, tz), now)
    extents = _extents(storage, asked, window, limits.MEMBERS_OF_MEETING)

    def pieces() -> Generator[bytes, None, None]:
        habits = [habit(activity) for activity in _activities(storage, extents, window.past())]
        shown: dict[str, Any] = {"tz": tz, "time_format": asked.get("time_format", "iso")}
        answer = {
            "ok": True,
            "window": _shown(window, extents, _HOURS_OF_EACH),
            "tz": tz.key,
            "ahead": {"from": time_formats.utc(ahead[0]), "to": time_formats.utc(ahead[1])},
            "changes": changes(habits, *ahead, by_pair=True),
            **({} if meeting is None else {"meeting": standing.moves(habits, meeting, ahead, **shown)}),
            "members": [one.to_json() for one in habits],
            **extents.last_keys,
        }
        yield orjson.dumps(answer)

    return responses.stream(responses.JSON, in_turn(extents, pieces()))


def activities(
    storage: Storage, asked: dict[str, Any], window: Window
) -> tuple[Iterator[Activity], dict[str, Any]]:
    """Return the activity of the members that are *asked* about, one by one, and the last keys of an answer."""
    extents = _extents(storage, asked, window)
    return _activities(storage, extents, window), extents.last_keys


class _Extents(list[Extent]):
    """What a question reads of each of its members, and the keys with which its answer ends."""

    def __init__(self, last_keys: dict[str, Any]) -> None:
        super().__init__()
        self.last_keys = last_keys


def _extents(storage: Storage, asked: dict[str, Any], window: Window, most: int = limits.MEMBERS) -> _Extents:
    """Return what a question reads of each user; raise InvalidRequestError if it is too much."""
    chosen = selection.choose(storage, asked, partial(storage.periods.reach, window=window), most)
    moved = storage.periods.moved(chosen.users, window)
    return _counted(storage, chosen, window.edges_of_all(chosen.users), moved)


def _counted(
    storage: Storage, chosen: Chosen, edges: Mapping[str, Interval], moved: Mapping[str, Interval]
) -> _Extents:
    extents = _Extents(chosen.last_keys)
    periods = 0
    for extent in storage.periods.extents(chosen.users, edges, moved):
        periods += extent.periods
        limits.check(periods, limits.PERIODS, "periods", _FEWER)
        extents.append(extent)
    return extents


def _check_comparisons(extents: Sequence[Extent]) -> None:
    """Raise InvalidRequestError if each period with each member is too much."""
    comparisons = len(extents) * sum(extent.periods for extent in extents)
    limits.check(comparisons, limits.COMPARISONS, "pairs of a period and a member", _FEWER)


def _activities(storage: Storage, extents: Iterable[Extent], window: Window | None = None) -> Iterator[Activity]:
    """Yield the activity of the members of *extents*, one after the other."""
    for extent, pages in storage.periods.read(packing.SPANS, extents):
        yield _activity(extent, window, chain.from_iterable(pages))


def _activity(extent: Extent, window: Window | None, spans: Iterable[Span] = ()) -> Activity:
    user = extent.user
    edges = reach = extent.window
    if window is not None:
        edges = window.from_first_activity(window.edges(user), extent.first_start)
        reach = window.from_first_activity(window.limited(reach), extent.first_start)
        if extent.moved:
            spans = window.cut(user, spans, reach)
    return Activity(user, edges, reach, spans, has_any=extent.periods > 0)


def _on_own_clock(
    storage: Storage, window: Window, extent: Extent, pages: Iterable[list[int]]
) -> Iterable[list[int]]:
    """Return *pages* of starts and ends, or those in the window on the clock that a user who has moved had."""
    if not extent.moved:
        return pages
    spans = chain.from_iterable(storage.periods.pages_of(extent.user.id, extent.window))
    return ([start, end] for start, end, *_ in window.cut(extent.user, spans, extent.window))


def _shown(window: Window, extents: Iterable[Extent], rule: str) -> dict[str, Any]:
    return window.to_json({extent.user.id: window.edges(extent.user) for extent in extents}, rule)


def _answer(
    extents: _Extents, members: Iterable[Iterator[bytes]], also: Iterable[Extent] = (), **opening: Any
) -> responses.Answer:
    """Answer with *members*, each as the pieces of its JSON, one by one; *also* is read besides *extents*."""

    def pieces() -> responses.Pieces:
        separator = b""
        for member in members:
            yield separator
            yield from member
            separator = b","
        return extents.last_keys

    answer = responses.with_list({"ok": True, **opening}, "members", pieces())
    return responses.stream(responses.JSON, in_turn([*extents, *also], answer))


def _recent(storage: Storage, chosen: Chosen, at: int) -> tuple[_Extents, Window]:
    """Return what is read to tell when members are usually active: the eight weeks until *at*, or until now."""
    count = len(chosen.users)
    limits.check(count, limits.MEMBERS_OF_RETURN, "members of whom to tell when they are back", "name fewer")
    now = instants.now()
    window = Window.of(_history({}, (at, at), now, timezones.zone("UTC")), now)
    return _counted(storage, chosen, window.edges_of_all(chosen.users), moved={}), window


def _standing_meeting(asked: Mapping[str, Any]) -> StandingMeeting | None:
    if "meeting" not in asked:
        return None
    try:
        return StandingMeeting.from_text(asked["meeting"], asked.get("minutes", 60) * instants.MINUTE)
    except UnknownZoneError:
        raise
    except InvalidValueError as exc:
        problem = Problem("/meeting", exc.code, exc.message)
        raise InvalidRequestError("invalid_argument", "meeting cannot be read", [problem]) from exc


def _history(asked: Mapping[str, Any], week: Interval, now: int, tz: Zone) -> dict[str, Any]:
    """Return the window of a meeting: by default the eight weeks until now, or until a week in the past."""
    window = dict(asked)
    if "to" not in window and week[0] < now:
        window["to"] = time_formats.utc(week[0])
    if "from" not in window:
        end = read_edge("/to", window["to"], tz) if "to" in window else now
        start = timezones.day_start(timezones.date_at(end, tz) - _HISTORY, tz)
        window["from"] = time_formats.utc(max(start, BEGINNING))
    return window


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
