"""What a request may say: Cerberus schemas, and the one way to check against them."""

import threading
from collections.abc import Mapping
from typing import Any

import cerberus

from ftlserver.errors import InvalidRequestError, Problem
from ftlserver.models import USER_ID_RULE, is_user_id

MOST_IDS = 1_000
MOST_PROBLEMS = 10

# What each rule of Cerberus is called in an answer.
_CODES = {
    "required": "missing_argument",
    "allowed": "not_allowed",
    "type": "wrong_type",
    "nullable": "wrong_type",
}


class _Validator(cerberus.Validator):  # type: ignore[misc]  # cerberus is untyped
    """Cerberus, with checks that look at a whole list at once.

    Per-item rules cost 10 us an item, and their errors quadratic time: 10,000 bad items take minutes.
    """

    def _check_with_user_ids(self, field: str, value: object) -> None:
        if not isinstance(value, list):
            return  # the type rule says so
        if not value:
            self._problem(f"/{field}", "missing_argument", "No user provided as input")
        elif len(value) > MOST_IDS:
            self._problem(f"/{field}", "too_many_ids", f"at most {MOST_IDS:,} ids can be asked for at once")
        else:
            for index, item in enumerate(value):
                if not isinstance(item, str):
                    self._problem(f"/{field}/{index}", "not_a_string", "expected a string")
                elif not is_user_id(item):
                    self._problem(f"/{field}/{index}", "invalid_user_id", USER_ID_RULE)

    def _problem(self, pointer: str, code: str, message: str) -> None:
        self.problems: list[Problem]
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(pointer, code, message))

    def check(self, document: Mapping[str, Any]) -> list[Problem]:
        self.problems = []
        self.validate(document, normalize=False)
        for error in self._errors:
            pointer = "".join(f"/{step}" for step in error.document_path)
            code = _CODES.get(error.rule, error.rule)
            self._problem(pointer, code, _sentence(error))
        return self.problems


class Schema(threading.local):
    """The shape of one request; *message* says it in one sentence.

    A validator keeps what it is doing in itself, so each thread has its own.
    """

    def __init__(self, message: str, fields: Mapping[str, Mapping[str, Any]]) -> None:
        self.message = message
        self.fields = fields
        self._validator = _Validator(fields)

    def problems(self, document: Mapping[str, Any]) -> list[Problem]:
        return self._validator.check(document)


LOG_USER_ACTIVITY = Schema(
    "id_list must be a list of 1 to 1,000 user ids, and time_format display or iso",
    {
        "id_list": {"type": "list", "required": True, "check_with": "user_ids"},
        "time_format": {"type": "string", "allowed": ["display", "iso"]},
    },
)


def validate(schema: Schema, document: object) -> dict[str, Any]:
    """Return *document* if it has the shape of *schema*; raise InvalidRequestError, which says why not."""
    if not isinstance(document, dict):
        raise InvalidRequestError("json_not_object", "the body must be a JSON object")
    # Before Cerberus: its errors for a thousand unknown keys take seconds.
    if unknown := sorted(document.keys() - schema.fields.keys()):
        problems = [
            Problem("/" + name.replace("~", "~0").replace("/", "~1")[:64], "unknown_field", "unknown field")
            for name in unknown[:MOST_PROBLEMS]
        ]
        known = ", ".join(schema.fields)
        raise InvalidRequestError("unknown_field", f"the fields of this request are {known}", problems)
    if problems := schema.problems(document):
        first = problems[0]
        if first.code == "too_many_ids":
            raise InvalidRequestError(first.code, first.message, problems, MOST_IDS)
        if first.code == "missing_argument":
            raise InvalidRequestError(first.code, first.message, problems)
        raise InvalidRequestError("invalid_argument", schema.message, problems)
    return document


def _sentence(error: Any) -> str:
    names = {"list": "a list", "string": "a string", "integer": "an integer", "boolean": "true or false"}
    match error.rule:
        case "type":
            return f"expected {names[error.constraint]}"
        case "allowed":
            return f"expected one of {', '.join(error.constraint)}"
        case "nullable":
            return "expected a value, not null"
    return "No user provided as input"
