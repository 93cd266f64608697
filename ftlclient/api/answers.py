"""The shapes of the server's answers, and checking an answer against one before it is used."""

import re
import reprlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from ftlclient.errors import unusable
from ftlclient.time_ranges import FIRST_TIME, LAST_TIME

LONGEST_TEXT = 1_000
_MOST = 2**53  # larger numbers are not exact in JSON
_MOST_SECONDS = 10_000 * 366 * 86_400
_USER_ID = re.compile(r"[A-Za-z0-9._@+-]{1,120}")


@dataclass(frozen=True, slots=True)
class Value:
    """What a value has to be: in words that follow "is not", and as a test."""

    words: str
    is_right: Callable[[Any], bool]


# A value; an object with at least these keys, of which those with a question mark may be missing; a list of one
# shape; or a tuple of shapes that all hold.
Shape = Value | dict[str, Any] | list[Any] | tuple[Any, ...]


def check(answer: Any, shape: Shape, place: str = "") -> None:
    """Raise NotThisAPIError unless *answer* has that shape."""
    match shape:
        case Value():
            if not shape.is_right(answer):
                shown = "" if isinstance(answer, dict | list) else f": {reprlib.repr(answer)}"
                raise unusable(f"{place or 'it'} is not {shape.words}{shown}")
        case dict():
            check(answer, _OBJECT, place)
            for key, inner in shape.items():
                name = key.removesuffix("?")
                if name in answer:
                    check(answer[name], inner, f"{place}/{name}")
                elif name == key:
                    raise unusable(f"{place}/{name} is missing")
        case list():
            check(answer, _LIST, place)
            for number, item in enumerate(answer):
                check(item, shape[0], f"{place}/{number}")
        case tuple():
            for part in shape:
                check(answer, part, place)


def is_text(value: Any) -> bool:
    """Tell whether *value* is a text that can be shown."""
    return isinstance(value, str) and len(value) <= LONGEST_TEXT


def _is_number(value: Any, least: float, most: float) -> bool:
    return type(value) in (int, float) and least <= value <= most  # true is no number, and NaN compares false


def _is_time(value: Any) -> bool:
    try:
        return FIRST_TIME <= datetime.fromisoformat(value) <= LAST_TIME
    except (TypeError, ValueError):  # also for a time without offset
        return False


def _is_date(value: Any) -> bool:
    try:
        return FIRST_TIME.date() <= date.fromisoformat(value) <= LAST_TIME.date()
    except (TypeError, ValueError):
        return False


def _begins(value: Any, mark: str, length: int, first_day: str) -> bool:
    """Tell whether *value* has that *length* and becomes a date with its *first_day*."""
    return isinstance(value, str) and len(value) == length and mark in value and _is_date(value + first_day)


def _is_window(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and _is_time(value.get("to"))
        and (value.get("from") is None or _is_time(value["from"]))
        and isinstance(by_member := value.get("by_member", {}), dict)
        and all(map(_is_window, by_member.values()))
    )


def _is_share(value: Any) -> bool:
    return _is_number(value, 0, 1)


def _is_week(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 168 and all(map(_is_share, value))


def _is_week_of_some(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 168 and all(one is None or _is_share(one) for one in value)


def _names_its_members(answer: Any) -> bool:
    """Tell whether an answer lists each member once and names no others."""
    ids = [member["id"] for member in answer["members"]]
    inner = [item for key in ("stretches", "changes") for item in answer.get(key, [])]
    named = {id_ for item in inner for id_ in item["members"]}
    named |= {id_ for gap in answer.get("gaps", []) for key in ("left_last", "came_first") for id_ in gap[key]}
    named |= {pair[key] for pair in answer.get("hand_overs", []) for key in ("from", "to")}
    named |= {member["id"] for slot in _slots(answer) for member in slot["members"]}
    named |= {member["id"] for member in answer.get("rotation", {}).get("members", [])}
    named |= {
        id_ for change in answer.get("changes", []) for pair in change.get("pairs", []) for id_ in pair["members"]
    }
    named |= {id_ for move in answer.get("meeting", {}).get("moves", []) for id_ in move["moved"]}
    return len(set(ids)) == len(ids) and named <= set(ids)


def _slots(answer: Any) -> Iterator[Any]:
    """Yield all slots of an answer."""
    yield from answer.get("slots", [])
    yield from answer.get("rotation", {}).get("slots", [])
    meeting = answer.get("meeting", {})
    yield from meeting.get("moves", [])
    if "first" in meeting:
        yield meeting["first"]


def _are_times(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_is_time, value.values()))


def _maps_ids(value: Any) -> bool:
    return isinstance(value, dict) and all(map(is_text, value.values()))


def _is_square(answer: Any) -> bool:
    sizes = [len(row) for row in answer["matrix"]]
    return [*sizes, len(answer["at_least"])] == [len(answer["members"])] * (len(answer["members"]) + 1)


def _or_null(shape: "Shape") -> Value:
    def is_right(value: Any) -> bool:
        if value is not None:
            check(value, shape)
        return True

    return Value("null", is_right)


def _is_in_order(interval: Any) -> bool:
    return datetime.fromisoformat(interval["start_time"]) <= datetime.fromisoformat(interval["end_time"])


def _knows_since_when(answer: Any) -> bool:
    at = datetime.fromisoformat(answer["at"])
    since = [member.get("since") for member in answer["members"] if member["active"]]
    return all(text is not None and datetime.fromisoformat(text) <= at for text in since)


_OBJECT = Value("an object", lambda value: isinstance(value, dict))
_LIST = Value("a list", lambda value: isinstance(value, list))
_TEXT = Value(f"a text of at most {LONGEST_TEXT:,} characters", is_text)
_TEXT_OR_NULL = Value(f"{_TEXT.words}, or null", lambda value: value is None or is_text(value))
_BOOLEAN = Value("true or false", lambda value: isinstance(value, bool))
COUNT = Value("a count", lambda value: type(value) is int and 0 <= value <= _MOST)
_NUMBER = Value("a number of at least 0", lambda value: _is_number(value, 0, _MOST))
_SECONDS = Value("a number of seconds", lambda value: _is_number(value, 0, _MOST_SECONDS))
_WEEKS = Value("a number of weeks", lambda value: _is_number(value, 0, _MOST_SECONDS / 604_800))
_SHARE = Value("a share from 0 to 1", _is_share)
_SHARE_OR_NULL = Value("a share from 0 to 1, or null", lambda value: value is None or _is_share(value))
_OFFSET = Value("an offset in seconds", lambda value: _is_number(value, -86_400, 86_400))
_TIME = Value("a time with an offset, from 1970 to 9999", _is_time)
_DATE = Value("a date from 1970 to 9999", _is_date)
_ISO_WEEK = Value("an ISO week from 1970 to 9999, such as 2019-W01", lambda value: _begins(value, "W", 8, "-1"))
_MONTH = Value("a month from 1970 to 9999, such as 2019-01", lambda value: _begins(value, "-", 7, "-01"))
_WEEK = Value("168 shares from 0 to 1", _is_week)
_WEEK_OF_SOME = Value("168 shares from 0 to 1, or null", _is_week_of_some)
_AT_LEAST_ONE = Value("a count of at least 1", lambda value: type(value) is int and 1 <= value <= _MOST)
_USER_IDS = Value(
    "a list of user ids, or null",
    lambda value: (
        value is None
        or (isinstance(value, list) and all(is_text(item) and _USER_ID.fullmatch(item) for item in value))
    ),
)

_MEMBER = {"id": _TEXT, "real_name": _TEXT, "tz": _TEXT}
_MEMBERS = Value("an answer that lists each member once and names no others", _names_its_members)
_INTERVAL = (
    {"start_time": _TIME, "end_time": _TIME},
    Value("an interval that ends after it starts", _is_in_order),
)
_WINDOW = Value("a window from 1970 to 9999", _is_window)

QUESTION: Shape = {
    "members": _LIST,
    "not_found?": [_TEXT],
    "omitted?": {"inactive": COUNT, "beyond_limit": COUNT},
    "window?": _WINDOW,
    "at?": _TIME,
}
ACTIVITY: Shape = {}  # api.models checks members and their periods
TIMELINE: Shape = {"window": _WINDOW}
_UNIT = {"active_seconds": _SECONDS, "length_seconds": _SECONDS, "first_start?": _TIME, "last_end?": _TIME}
_UNITS = {
    "day": {"days": [_UNIT | {"date": _DATE}]},
    "week": {"weeks": [_UNIT | {"week": _ISO_WEEK}]},
    "month": {"months": [_UNIT | {"month": _MONTH}]},
    "total": {},
}
SUMMARIES: dict[str, Shape] = {
    per: {"window": _WINDOW, "members": [_MEMBER | {"active_seconds": _SECONDS} | units]}
    for per, units in _UNITS.items()
}
HOURS: Shape = {
    "window": _WINDOW,
    "tz": _TEXT_OR_NULL,
    "members": [_MEMBER | {"hours": _WEEK, "weeks": _WEEKS}],
}
OVERLAP: Shape = (
    {
        "window": _WINDOW,
        "tz": _TEXT,
        "members": [_MEMBER],
        "min_members": COUNT,
        "overlap_seconds": _SECONDS,
        "at_least": [_SECONDS],
        "stretches": [(_INTERVAL, {"seconds": _SECONDS, "members": [_TEXT]})],
        "matrix": [[_SECONDS]],
    },
    Value("an answer with a row and a column of its matrix, and a total, for each member", _is_square),
    _MEMBERS,
)
COVERAGE: Shape = (
    {
        "window": _WINDOW,
        "tz": _TEXT,
        "members": [_MEMBER],
        "max_members": COUNT,
        "quiet": _TEXT_OR_NULL,
        "counted_seconds": _SECONDS,
        "covered_seconds": _SECONDS,
        "share": _SHARE_OR_NULL,
        "share_24h": _SHARE_OR_NULL,
        "hours": _WEEK_OF_SOME,
        "gaps": [(_INTERVAL, {"seconds": _SECONDS, "left_last": [_TEXT], "came_first": [_TEXT]})],
        "hand_overs": [{"from": _TEXT, "to": _TEXT, "count": _AT_LEAST_ONE, "seconds": _SECONDS}],
    },
    _MEMBERS,
)
PRESENCE: Shape = (
    {
        "at": _TIME,
        "members": [
            _MEMBER
            | {"active": _BOOLEAN, "local_time": _TIME, "since?": _TIME, "last_active?": _TIME}
            | {"left_at?": _TIME, "usually_back?": _TIME}
        ],
        "usually_back?": _TIME,
    },
    Value("an answer that says since when members are active", _knows_since_when),
)
UNDONE: Shape = {
    "periods": {"deleted": COUNT, "restored": COUNT, "set_back": COUNT, "kept": COUNT},
    "users_kept": COUNT,
    "set_back": [{"user_id": _TEXT, "start_time": _TIME, "end_time": _TIME, "previous_end_time": _TIME}],
    "kept": [{"user_id?": _TEXT, "start_time?": _TIME, "end_time?": _TIME, "id?": _TEXT}],
}
_LASTING = (_INTERVAL, {"seconds": _SECONDS})
REST: Shape = {
    "window": _WINDOW,
    "members": [
        _MEMBER
        | {"active_seconds": _SECONDS, "active_days": COUNT}
        | {"night_share": _SHARE_OR_NULL, "weekend_share": _SHARE_OR_NULL}
        | {"longest_active": _or_null(_LASTING), "shortest_rest": _or_null(_LASTING)}
        | {"days_in_a_row": _or_null({"days": COUNT, "first_date": _DATE, "last_date": _DATE})}
    ],
}
_SLOT = (
    _INTERVAL,
    {
        "expected_attendance": _NUMBER,
        "outside_usual_hours": COUNT,
        "members": [
            {
                "id": _TEXT,
                "local_time": _TIME,
                "expected": _SHARE,
                "usual": _BOOLEAN,
                "attendance": _TEXT,
            }
        ],
    },
)
_LOCAL_TIMES = Value("an object with times", _are_times)
_PAIR = Value("about two members", lambda pair: len(pair["members"]) == 2)
_CHANGE = {
    "tz": _TEXT,
    "at": _TIME,
    "offset_before": _OFFSET,
    "offset_after": _OFFSET,
    "members": [_TEXT],
    "overlap_before": _SECONDS,
    "overlap_after": _SECONDS,
}
_HABIT = _MEMBER | {"active_days": COUNT, "enough_history": _BOOLEAN}
MEETING: Shape = (
    {
        "window": _WINDOW,
        "tz": _TEXT,
        "week": _WINDOW,
        "members": [_HABIT],
        "slots": [_SLOT],
        "rotation?": {
            "slots": [_SLOT],
            "worst_share": _SHARE,
            "is_lowest": _BOOLEAN,
            "members": [{"id": _TEXT, "outside_share": _SHARE}],
        },
        "changes": [_CHANGE],
    },
    _MEMBERS,
)
CLOCK_CHANGES: Shape = (
    {
        "window": _WINDOW,
        "tz": _TEXT,
        "ahead": _WINDOW,
        "members": [_HABIT],
        "changes": [
            _CHANGE
            | {"pairs": [({"members": [_TEXT], "overlap_before": _SECONDS, "overlap_after": _SECONDS}, _PAIR)]}
        ],
        "meeting?": {
            "weekday": _TEXT,
            "time": _TEXT,
            "tz": _TEXT,
            "minutes": COUNT,
            "times": COUNT,
            "first?": _SLOT,
            "moves": [(_SLOT, {"moved": _LOCAL_TIMES})],
        },
    },
    _MEMBERS,
)
USER: Shape = {"member": _MEMBER}
WHOAMI: Shape = {"name?": _TEXT_OR_NULL, "scopes?": [_TEXT], "user_ids?": _USER_IDS, "team?": _TEXT}
USERS: Shape = {
    "members": [_MEMBER | {"aliases?": [_TEXT]}],
    "response_metadata?": {"next_cursor": _TEXT},
}
RENAMED: Shape = {"renamed_to?": Value("an object that maps ids to ids", _maps_ids)}
TEAMS: Shape = {"teams": [{"id": _TEXT, "name": _TEXT, "size": COUNT}]}
TEAM: Shape = {"team": {"id": _TEXT, "name": _TEXT, "members": [_MEMBER]}, "widened_tokens?": COUNT}


def recorded(count: int) -> Shape:
    """Return the shape of the answer to a request that records that many periods."""
    other = {"start_time": _TEXT, "end_time": _TEXT}
    verdicts = [{"verdict": _TEXT, "message?": _TEXT, "overlaps?": [other], "period?": _INTERVAL}]
    each = Value("a list with a verdict for each period", lambda value: len(value) == count)
    return {"verdicts": (verdicts, each), "inserted": COUNT, "extended?": COUNT, "duplicates": COUNT}
