"""The shapes of requests: Cerberus schemas, and checking a document against one."""

import threading
from collections.abc import Mapping
from typing import Any

import cerberus

from ftlcommon.weekly_pattern import EXAMPLE
from ftlserver.domain.user import REAL_NAME_RULE, USER_ID_PATTERN, USER_ID_RULE, is_real_name, is_user_id
from ftlserver.errors import InvalidRequestError, Problem

MOST_IDS = 1_000
MOST_PERIODS = 5_000
MOST_HEARTBEATS = 100  # a bulk of WakaTime: its own API takes 25, and editors with a backlog send more
MOST_PROBLEMS = 10
MOST_MEMBERS = 10_000  # the most that a question is about
MOST_PATTERNS = 20
LONGEST_GAP = 86_400  # seconds between two heartbeats
WAYS_TO_NAME_MEMBERS = ("id_list", "all", "team")

NO_USER = "No user provided as input"

# The code of each rule of Cerberus in an answer.
_CODES = {
    "allowed": "not_allowed",
    "type": "wrong_type",
    "nullable": "wrong_type",
    "min": "too_small",
    "max": "too_large",
    "required": "missing_argument",
}
_TYPES = {
    "list": "a list",
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
}


class _Validator(cerberus.Validator):  # type: ignore[misc]  # cerberus is untyped
    """Cerberus, with checks that look at a whole list at once.

    Per-item rules cost 10 us an item, and their errors quadratic time: 10,000 bad items take minutes.
    """

    def _check_with_user_ids(self, field: str, value: object) -> None:
        if not isinstance(value, list):
            return  # the type rule reports it
        if not value:
            self._problem(f"/{field}", "missing_argument", NO_USER)
        elif len(value) > MOST_IDS:
            self._problem(f"/{field}", "too_many_ids", f"at most {MOST_IDS:,} ids can be asked for at once")
        else:
            for index, item in enumerate(value):
                if not isinstance(item, str):
                    self._problem(f"/{field}/{index}", "not_a_string", "expected a string")
                elif not is_user_id(item):
                    self._problem(f"/{field}/{index}", "invalid_user_id", USER_ID_RULE)

    def _check_with_no_boolean(self, field: str, value: object) -> None:
        if isinstance(value, bool):  # an integer for Cerberus
            self._problem(f"/{field}", "wrong_type", "expected an integer")

    def _check_with_user_id(self, field: str, value: object) -> None:
        if not is_user_id(value):
            self._problem(f"/{field}", "invalid_user_id", USER_ID_RULE)

    def _check_with_real_name(self, field: str, value: object) -> None:
        if not is_real_name(value):
            self._problem(f"/{field}", "invalid_real_name", REAL_NAME_RULE)

    def _check_with_patterns(self, field: str, value: object) -> None:
        if isinstance(value, list) and not (
            len(value) <= MOST_PATTERNS and all(isinstance(item, str) and len(item) <= 200 for item in value)
        ):
            message = f"expected up to {MOST_PATTERNS} patterns of up to 200 characters, such as *[bot]*"
            self._problem(f"/{field}", "invalid_pattern", message)

    def _check_with_periods(self, field: str, value: object) -> None:
        if isinstance(value, list) and len(value) > MOST_PERIODS:
            message = f"at most {MOST_PERIODS:,} periods can be sent at once"
            self._problem(f"/{field}", "too_many_periods", message)

    def _problem(self, pointer: str, code: str, message: str) -> None:
        self.problems: list[Problem]
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(pointer, code, message))

    def check(self, document: Mapping[str, Any]) -> list[Problem]:
        self.problems = []
        self.validate(document, normalize=False)
        for error in self._errors:
            pointer = "".join(f"/{step}" for step in error.document_path)
            self._problem(pointer, _CODES[error.rule], _sentence(error))
        self.document = None  # it may be large, and would stay in memory until the next one
        return self.problems


class Schema(threading.local):
    """The shape of one request, which *names_members* or not. A validator has state: each thread has its own.

    With *allow_unknown*, other fields are left alone.
    """

    def __init__(
        self,
        fields: Mapping[str, Mapping[str, Any]],
        *,
        names_members: bool = False,
        allow_unknown: bool = False,
    ) -> None:
        self.fields = fields
        self.names_members = names_members
        self.allow_unknown = allow_unknown
        # Without what is for the reference: Cerberus hashes a schema, and cannot hash lists of lists.
        rules = {
            name: {rule: of for rule, of in field.items() if rule != "meta"} for name, field in fields.items()
        }
        self._validator = _Validator(rules, allow_unknown=allow_unknown)

    def problems(self, document: Mapping[str, Any]) -> list[Problem]:
        """Return what is wrong with *document*, at most MOST_PROBLEMS things."""
        found = _check_members(document) if self.names_members else []
        return [*found, *self._validator.check(document)][:MOST_PROBLEMS]


_Rules = dict[str, Any]
_Fields = dict[str, _Rules]


def _about(rules: _Rules, description: str, *examples: Any, **more: Any) -> _Rules:
    """Return *rules* with what JSON Schema says of the field beyond them, as ``meta``."""
    about = {"description": description} | ({"examples": list(examples)} if examples else {})
    return {**rules, "meta": {**rules.get("meta", {}), **about, **more}}


def _count(least: int, most: int, description: str, *examples: int, **more: Any) -> _Rules:
    rules = {"type": "integer", "check_with": "no_boolean", "min": least, "max": most}
    return _about(rules, description, *examples, **more)


def _choice(description: str, *allowed: str, **more: Any) -> _Rules:
    return _about({"type": "string", "allowed": list(allowed)}, description, **more)


def _needed(rules: _Rules) -> _Rules:
    return {"required": True, **rules}


# Rules of fields, with the JSON Schema of what they check.
_TEXT: _Rules = {"type": "string"}
_FLAG: _Rules = {"type": "boolean"}
USER_ID_SCHEMA = {"type": "string", "pattern": f"^{USER_ID_PATTERN}$"}
_USER_ID: _Rules = {"check_with": "user_id", "meta": USER_ID_SCHEMA}
_USER_IDS: _Rules = {
    "type": "list",
    "check_with": "user_ids",
    "meta": {"minItems": 1, "maxItems": MOST_IDS, "items": USER_ID_SCHEMA},
}
_REAL_NAME: _Rules = {
    "check_with": "real_name",
    "meta": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": r"^[^\x00-\x1f\x7f-\x9f]*$"},
}
_PATTERNS: _Rules = {
    "type": "list",
    "check_with": "patterns",
    "meta": {"maxItems": MOST_PATTERNS, "items": {"type": "string", "maxLength": 200}},
}

_EGON = "W012A3CDE"
_ZONE = _about(_TEXT, "an IANA zone", "America/Los_Angeles")
_TIME_FORMAT = _choice(
    "`display` (`Feb 01 2020 01:33PM`) or `iso` (`2020-02-01T13:33:00-08:00`, with a fraction if it is not zero)",
    *("display", "iso"),
    default="iso",
)
_MEMBERS: _Fields = {
    "id_list": _about(_USER_IDS, "users by id; one that is named twice is answered once", [_EGON, "W07QCRPA4"]),
    "all": _about(_FLAG | {"allowed": [True]}, "all users, in place of `id_list`", True),
    "team": _about(_USER_ID, "the members of this team by id, in place of `id_list`", "backend"),
    "active_only": _about(
        _FLAG,
        "only members who were active in the window; with `all`, members who left before it are left out too",
        default=False,
    ),
    "order": _choice(
        "`active` (the most active time in the window first, overlapping time counted once), `name` or `id`;"
        " without it the order asked, or by id",
        *("active", "name", "id"),
    ),
    "limit": _count(1, MOST_MEMBERS, "only the first members in that order", 10),
    "exclude": _about(
        _PATTERNS,
        "patterns with `*`, `?` and `[…]`; members whose id or name matches one, whatever the case, are left out",
        ["*[bot]*"],
    ),
    "tz": _about(_TEXT, "an IANA zone, in which the window is read and the answer is given", "Europe/Berlin"),
    "time_format": _TIME_FORMAT,
}
_MEMBERS_AND_WINDOW: _Fields = _MEMBERS | {
    "from": _about(
        _TEXT,
        "where the window begins: a date (its first instant) or a time, read in `tz` if it has no offset, or else"
        " in each member's own zone; without it the window has no beginning",
        "2020-02-01",
    ),
    "to": _about(_TEXT, "where the window ends, which is half-open; without it, now", "2020-04-01"),
}


def _question(fields: _Fields) -> Schema:
    return Schema(fields, names_members=True)


LOG_USER_ACTIVITY = _question(
    _MEMBERS_AND_WINDOW
    | {
        "time_format": _about(_TIME_FORMAT, _TIME_FORMAT["meta"]["description"], default="display"),
        "clip": _about(_FLAG, "cut periods at the edges of the window", default=False),
    }
)
SUMMARY = _question(
    _MEMBERS_AND_WINDOW
    | {
        "day_zone": _about(_TEXT, "whose days these are: `member`, or a zone", "member", default="member"),
        "per": _choice(
            "what is added up; a week is that of ISO 8601, which begins on Monday",
            *("day", "week", "month", "total"),
            default="day",
        ),
    }
)
OVERLAP = _question(
    _MEMBERS_AND_WINDOW
    | {
        "min_members": _count(
            1, MOST_IDS, "how many have to be active: at most as many as the question is about, and by default all"
        )
    }
)
COVERAGE = _question(
    _MEMBERS_AND_WINDOW
    | {
        "max_members": _count(
            0, MOST_IDS - 1, "how many may be active in a gap: fewer than the question is about", default=0
        ),
        "quiet": _about(
            _TEXT,
            f"hours of the week in which gaps are meant, such as `{EXAMPLE}` or `Fri 18:00-Mon 08:00`",
            EXAMPLE,
        ),
    }
)
REST = _question(_MEMBERS_AND_WINDOW)
PRESENCE = _question(
    _MEMBERS
    | {
        "at": _about(_TEXT, "a date or a time; without it, now", "2020-02-01T21:40:00Z"),
        "usually_back": _about(_FLAG, "also when those who are not active are usually back", default=False),
    }
)
HOURS = _question(_MEMBERS_AND_WINDOW)
_PAST = _about(
    _TEXT,
    "where the past begins that the answer is based on; without it 8 weeks ago, or 8 weeks before a `week` in the"
    " past",
    "2020-02-01",
)
MEETING = _question(
    _MEMBERS_AND_WINDOW
    | {
        "from": _PAST,
        "week": _about(
            _TEXT,
            "a date within a year from today: the seven days that begin on it; without it, on next Monday",
            "2020-04-06",
        ),
        "minutes": _count(15, 24 * 60, "how long the meeting takes", default=60),
        "slots": _count(1, 100, "how many slots to answer with", default=10),
        "rotate": _count(2, 12, "also answer with so many slots to be used in turn", 4),
    }
)
CLOCK_CHANGES = _question(
    _MEMBERS_AND_WINDOW
    | {
        "from": _PAST,
        "weeks": _count(1, 53, "how far to look ahead; without it 26, or 53 for a `meeting`", 26),
        "meeting": _about(_TEXT, "a standing meeting: a weekday, a time and a zone", "Tue 17:00 Europe/Berlin"),
        "minutes": _count(15, 24 * 60, "how long that meeting takes", default=60),
    }
)

_NEW_TIME = "a time with an offset, or a wall clock of the user's zone"
_ID: _Fields = {"id": _needed(_about(_USER_ID, "the id", _EGON))}
_NAME_AND_ZONE: _Fields = {
    "real_name": _needed(_about(_REAL_NAME, "the full name", "Egon Spengler")),
    "tz": _needed(_ZONE),
}
# An item of another shape is not refused by a schema, but has the status `rejected`.
NEW_PERIOD = {
    "type": "object",
    "description": "A period that is sent. It ends after it starts, lasts at most 7 days, and lies between 1970"
    " and an hour from now.",
    "properties": {
        "user_id": {**USER_ID_SCHEMA, "description": "the id of a user, or an alias of one"},
        "start_time": {"type": "string", "description": _NEW_TIME},
        "end_time": {"type": "string", "description": _NEW_TIME},
    },
    "required": ["user_id", "start_time", "end_time"],
    "additionalProperties": False,
    "examples": [
        {"user_id": _EGON, "start_time": "2020-02-01T13:33:00-08:00", "end_time": "2020-02-01T13:54:00-08:00"}
    ],
}
RECORD = Schema(
    {
        "periods": _needed(
            _about(
                {"type": "list", "check_with": "periods"},
                "the periods; what is not one is `rejected`",
                NEW_PERIOD["examples"],
                maxItems=MOST_PERIODS,
                items={"anyOf": [{"$ref": "#/components/schemas/NewPeriod"}, {}]},
            )
        ),
        "partial": _about(
            _FLAG, "store what can be stored; otherwise one rejected period makes the request fail", default=False
        ),
        "dry_run": _about(_FLAG, "store nothing, and answer with the statuses", default=False),
    }
)
EDIT = Schema(
    {
        "user_id": _needed(_about(_USER_ID, "the id of a user, or an alias of one", _EGON)),
        "start_time": _needed(_about(_TEXT, "exactly the start of a stored period", "2020-02-01T13:33:00-08:00")),
        "end_time": _needed(_about(_TEXT, "exactly its end", "2020-02-01T13:54:00-08:00")),
        "new_start_time": _needed(_about(_TEXT, _NEW_TIME, "2020-02-01T13:33:00-08:00")),
        "new_end_time": _needed(_about(_TEXT, _NEW_TIME, "2020-02-01T13:50:00-08:00")),
    }
)
UNDO = Schema({})
MERGE = Schema({"into": _needed(_about(_USER_ID, "the user to whom the periods move", "W07QCRPA4"))})
HEARTBEAT = Schema(
    {
        "user_id": _needed(_about(_USER_ID, "the id of a user, or an alias of one", _EGON)),
        "at": _about(_TEXT, "a time, at most an hour from now; without it, now"),
        "gap": _count(
            1, LONGEST_GAP, "heartbeats at most so many seconds apart count as unbroken activity", default=300
        ),
    }
)
WAKATIME_HEARTBEAT = Schema(
    {
        "time": _needed(
            _about({"type": "number", "min": 1}, "seconds since 1970, at most an hour from now", 1580592780.5)
        )
    },
    allow_unknown=True,
)
ADD_USER = Schema(_ID | _NAME_AND_ZONE)
PUT_USER = Schema(_NAME_AND_ZONE)
PATCH_USER = Schema(
    {name: rules | {"required": False} for name, rules in _NAME_AND_ZONE.items()}
    | {
        "left_at": _about(
            _TEXT | {"nullable": True}, "the date or time at which the user left, or null", "2020-04-01"
        )
    }
)
_TEAM_ID: _Fields = {
    "id": _needed(_about(_USER_ID, "the id, of the same characters as that of a user", "backend"))
}
_TEAM_NAME = _about(_REAL_NAME, "the name", "Backend")
ADD_TEAM = Schema(_TEAM_ID | {"name": _needed(_TEAM_NAME), "members": _about(_USER_IDS, "users by id", [_EGON])})
PATCH_TEAM = Schema(
    {
        "name": _TEAM_NAME,
        "add": _about(_USER_IDS, "users by id, who become members", ["W07QCRPA4"]),
        "remove": _about(_USER_IDS, "users by id, who are members no longer", [_EGON]),
    }
)
_LIMITS = {"too_many_ids": MOST_IDS, "too_many_periods": MOST_PERIODS}


def validate(schema: Schema, document: object) -> dict[str, Any]:
    """Return *document* if it has the shape of *schema*; raise InvalidRequestError."""
    if not isinstance(document, dict):
        raise InvalidRequestError("json_not_object", "the body must be a JSON object")
    # Before Cerberus: its errors for a thousand unknown keys take seconds.
    if not schema.allow_unknown and (unknown := sorted(document.keys() - schema.fields.keys())):
        problems = [
            Problem("/" + name.replace("~", "~0").replace("/", "~1")[:64], "unknown_field", "unknown field")
            for name in unknown[:MOST_PROBLEMS]
        ]
        known = ", ".join(schema.fields)
        raise InvalidRequestError("unknown_field", f"the fields of this request are {known}", problems)
    problems = schema.problems(document)
    if problems:
        first = problems[0]
        if first.code in ("missing_argument", *_LIMITS):
            raise InvalidRequestError(first.code, first.message, problems, _LIMITS.get(first.code))
        raise InvalidRequestError("invalid_argument", f"{first.pointer}: {first.message}", problems)
    return document


def _check_members(document: Mapping[str, Any]) -> list[Problem]:
    given = [name for name in WAYS_TO_NAME_MEMBERS if name in document]
    if not given:
        return [Problem("/id_list", "missing_argument", NO_USER)]
    if len(given) > 1:
        return [Problem(f"/{given[1]}", "not_allowed", "expected one of id_list, all and team")]
    return []


def _sentence(error: Any) -> str:
    sentences = {
        "type": lambda: f"expected {_TYPES[error.constraint]}",
        "allowed": lambda: f"expected {' or '.join(str(value).lower() for value in error.constraint)}",
        "min": lambda: f"expected at least {error.constraint}",
        "max": lambda: f"expected at most {error.constraint}",
        "required": lambda: f"{error.document_path[0]} is missing",
    }
    return sentences.get(error.rule, lambda: "expected a value, not null")()
