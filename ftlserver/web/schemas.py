"""The shapes of requests: Cerberus schemas, and checking a document against one."""

import threading
from collections.abc import Mapping
from typing import Any

import cerberus

from ftlserver.domain.user import REAL_NAME_RULE, USER_ID_RULE, is_real_name, is_user_id
from ftlserver.errors import InvalidRequestError, Problem

MOST_IDS = 1_000
MOST_PERIODS = 5_000
MOST_HEARTBEATS = 100  # a bulk of WakaTime: its own API takes 25, and editors with a backlog send more
MOST_PROBLEMS = 10
MOST_MEMBERS = 10_000  # the most that a question is about
MOST_PATTERNS = 20
LONGEST_GAP = 86_400  # seconds between two heartbeats

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
        self._validator = _Validator(fields, allow_unknown=allow_unknown)

    def problems(self, document: Mapping[str, Any]) -> list[Problem]:
        """Return what is wrong with *document*, at most MOST_PROBLEMS things."""
        return (_check_members(document) if self.names_members else []) + self._validator.check(document)


_Fields = dict[str, dict[str, Any]]


def _count(least: int, most: int) -> dict[str, Any]:
    return {"type": "integer", "check_with": "no_boolean", "min": least, "max": most}


_MEMBERS: _Fields = {
    "id_list": {"type": "list", "check_with": "user_ids"},
    "all": {"type": "boolean", "allowed": [True]},
    "team": {"check_with": "user_id"},
    "active_only": {"type": "boolean"},
    "order": {"type": "string", "allowed": ["active", "name", "id"]},
    "limit": _count(1, MOST_MEMBERS),
    "exclude": {"type": "list", "check_with": "patterns"},
    "tz": {"type": "string"},
    "time_format": {"type": "string", "allowed": ["display", "iso"]},
}
_MEMBERS_AND_WINDOW: _Fields = _MEMBERS | {"from": {"type": "string"}, "to": {"type": "string"}}


def _question(fields: _Fields) -> Schema:
    return Schema(fields, names_members=True)


LOG_USER_ACTIVITY = _question(_MEMBERS_AND_WINDOW | {"clip": {"type": "boolean"}})
SUMMARY = _question(
    _MEMBERS_AND_WINDOW
    | {"day_zone": {"type": "string"}, "per": {"type": "string", "allowed": ["day", "week", "month", "total"]}}
)
OVERLAP = _question(_MEMBERS_AND_WINDOW | {"min_members": _count(1, MOST_IDS)})
COVERAGE = _question(_MEMBERS_AND_WINDOW | {"max_members": _count(0, MOST_IDS - 1), "quiet": {"type": "string"}})
PRESENCE = _question(_MEMBERS | {"at": {"type": "string"}})
REST = _question(_MEMBERS_AND_WINDOW)
HOURS = _question(_MEMBERS_AND_WINDOW)
MEETING = _question(
    _MEMBERS_AND_WINDOW | {"week": {"type": "string"}, "minutes": _count(15, 24 * 60), "slots": _count(1, 100)}
)

_ID: _Fields = {"id": {"required": True, "check_with": "user_id"}}
_NAME_AND_ZONE: _Fields = {
    "real_name": {"required": True, "check_with": "real_name"},
    "tz": {"required": True, "type": "string"},
}
RECORD = Schema(
    {
        "periods": {"required": True, "type": "list", "check_with": "periods"},
        "partial": {"type": "boolean"},
        "dry_run": {"type": "boolean"},
    }
)
EDIT = Schema(
    {"user_id": {"required": True, "check_with": "user_id"}}
    | {
        name: {"required": True, "type": "string"}
        for name in ("start_time", "end_time", "new_start_time", "new_end_time")
    }
)
UNDO = Schema({})
MERGE = Schema({"into": {"required": True, "check_with": "user_id"}})
HEARTBEAT = Schema(
    {
        "user_id": {"required": True, "check_with": "user_id"},
        "at": {"type": "string"},
        "gap": _count(1, LONGEST_GAP),
    }
)
WAKATIME_HEARTBEAT = Schema({"time": {"required": True, "type": "number", "min": 1}}, allow_unknown=True)
ADD_USER = Schema(_ID | _NAME_AND_ZONE)
PUT_USER = Schema(_NAME_AND_ZONE)
PATCH_USER = Schema(
    {name: rules | {"required": False} for name, rules in _NAME_AND_ZONE.items()}
    | {"left_at": {"type": "string", "nullable": True}}
)
_TEAM_NAME: _Fields = {"name": {"required": True, "check_with": "real_name"}}
ADD_TEAM = Schema(_ID | _TEAM_NAME | {"members": {"type": "list", "check_with": "user_ids"}})
PATCH_TEAM = Schema(
    {
        "name": {"check_with": "real_name"},
        "add": {"type": "list", "check_with": "user_ids"},
        "remove": {"type": "list", "check_with": "user_ids"},
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
    given = [name for name in ("id_list", "all", "team") if name in document]
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
