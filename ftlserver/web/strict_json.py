"""Reading JSON strictly: a text has one meaning, or is refused.

Stricter than RFC 8259 where it leaves a choice: no duplicate keys, no lone surrogates, bounded nesting and
numbers. orjson writes JSON, which needs no strictness.
"""

import json
import math
import re
from typing import Any, NoReturn

from ftlserver.errors import InvalidRequestError
from ftlserver.web import bulk_json

DEEPEST = 32
LONGEST_NUMBER = 18
MOST_VALUES = 100_000  # an empty object takes three bytes, and 64 in memory; 5,000 periods have 20,000

_ESCAPE = re.compile(rb"\\.", re.DOTALL)
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def loads(data: bytes) -> Any:
    """Return the value of a JSON text in UTF-8; raise InvalidRequestError ``invalid_json``."""
    # A text nests no deeper than it has opening brackets: most need no check.
    opening = data.count(b"[") + data.count(b"{")
    if opening > DEEPEST:
        if opening + data.count(b",") > MOST_VALUES:
            raise _invalid(f"it has more than {MOST_VALUES:,} values")
        if (value := bulk_json.loads(data)) is not bulk_json.REFUSED:
            return value
        _check_depth(data)
    try:
        text = data.decode()
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_number,
            parse_constant=_constant,
        )
        if _SURROGATE.search(text):
            # A pair has become one character; a lone one cannot be encoded.
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeError as exc:
        raise _invalid("it is not valid UTF-8") from exc
    except json.JSONDecodeError as exc:
        raise _invalid(f"{exc.msg} at line {exc.lineno}, column {exc.colno}") from exc
    return value


def _invalid(reason: str) -> InvalidRequestError:
    return InvalidRequestError("invalid_json", f"the body is not valid JSON: {reason}")


def _check_depth(data: bytes) -> None:
    # Without escapes every quote begins or ends a string, so that every other piece lies outside of them.
    if b"\\" in data:
        data = _ESCAPE.sub(b"", data)
    depth = 0
    for byte in b"".join(data.split(b'"')[::2]).translate(None, _NO_BRACKETS):
        if byte in b"[{":
            depth += 1
            if depth > DEEPEST:
                raise _invalid(f"it nests deeper than {DEEPEST} levels")
        else:
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _invalid("a key occurs twice in one object")
    return found


def _integer(text: str) -> int:
    if len(text.lstrip("-")) > LONGEST_NUMBER:
        raise _invalid(f"a number has more than {LONGEST_NUMBER} digits")
    return int(text)


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise _invalid("a number is too large")
    return value


def _constant(_text: str) -> NoReturn:
    raise _invalid("NaN and Infinity are not JSON")
