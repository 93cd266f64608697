"""The format of ``GET /api/export/`` and ``POST /api/activity/``: a user or a period on each line."""

from itertools import chain
from operator import itemgetter
from typing import Any, BinaryIO

import orjson

from ftlcommon.formats import BadItem, FormatError, FoundPeriod, FoundPeriods, FoundUser, Item, Items
from ftlcommon.formats.lines import has_long_line, read_chunks, split_lines

_USER = frozenset(("id", "real_name", "tz"))
_PERIOD = frozenset(("user_id", "start_time", "end_time"))
_PERIOD_FIELDS = itemgetter("user_id", "start_time", "end_time")
_CLOSING = ({"ok", "count"}, {"ok", "count", "cursor"})


def read(file: BinaryIO) -> Items:
    """Yield the user or the period of each line.

    A last line ``{"ok": true, "count": N}`` says that N lines precede it. Without it, truncation between two lines
    cannot be noticed.
    """
    number = count = 0
    closed = False
    for chunk in read_chunks(file):
        if not closed and (fast := _canonical(number + 1, chunk)) is not None:
            yield from fast
            number += (lines := chunk.count(b"\n"))
            count += lines
            continue
        for line in split_lines(chunk):
            number += 1
            if line is not None and line.isspace():
                continue
            if closed:
                raise FormatError(f"line {number} follows the closing line of the file")
            value = _value(line)
            if count == 0 and not isinstance(value, dict):
                raise FormatError("the file is not NDJSON: its first line is not a JSON object of at most 64 KiB")
            if value is None and line is not None and not line.endswith(b"\n"):
                raise FormatError(f"the file is cut off: line {number} is incomplete")
            if isinstance(value, dict) and value.keys() in _CLOSING and type(value["count"]) is int:
                if value["count"] != count:
                    message = f"line {number} counts {value['count']} lines, not {count}"
                    raise FormatError(f"the file is cut off: {message}")
                closed = True
            else:
                count += 1
                yield _item(f"line {number}", line, value)
    if count == 0 and not closed:
        raise FormatError("the file is not NDJSON: it is empty")


def _canonical(first: int, chunk: bytes) -> list[FoundUser | FoundPeriods] | None:
    """Return the items of *chunk*, or None unless each line is a user or a period in canonical form.

    This fast path replaces ``_value`` and ``_item`` for each line; test_ndjson compares the two.
    """
    values = _values(chunk)
    found: list[FoundUser | FoundPeriods] = []
    begin = 0
    try:
        for end in [*(index for index, value in enumerate(values) if "id" in value), len(values)]:
            if begin < end:
                periods = list(map(_PERIOD_FIELDS, values[begin:end]))
                "".join(chain.from_iterable(periods))  # TypeError unless all are strings; nothing checks it faster
                if sum(map(len, values[begin:end])) != len(_PERIOD) * len(periods):
                    return None
                found.append(FoundPeriods(first + begin, periods))
            if end < len(values):
                user = _item(f"line {first + end}", b"", values[end])
                if not isinstance(user, FoundUser):
                    return None
                found.append(user)
            begin = end + 1
    except (KeyError, TypeError):
        return None
    return found or None


def _values(chunk: bytes) -> list[dict[str, Any]]:
    """Return the objects on the lines of *chunk*, or an empty list unless all lines are in canonical form.

    Decoding them as one JSON list takes a tenth of the time. Each line begins with its only opening brace and
    ends with its only closing brace, so it is one object on its own too.
    """
    lines = chunk.count(b"\n")
    listed = chunk[:-1].replace(b"}\n{", b"},\n{")
    if not (
        chunk.startswith(b"{")
        and chunk.endswith(b"}\n")
        and chunk.count(b"{") == chunk.count(b"}") == lines
        and len(listed) == len(chunk) + lines - 2
        and not has_long_line(chunk)
    ):
        return []
    try:
        values: list[dict[str, Any]] = orjson.loads(b"[%b]" % listed)
    except orjson.JSONDecodeError:
        return []
    return values


def _value(line: bytes | None) -> Any:
    """Return the JSON value of a line, or None if it has none."""
    if line is None:
        return None
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return None


def _item(position: str, line: bytes | None, value: Any) -> Item:
    if line is None:
        return BadItem(position, "the line is longer than 64 KiB")
    keys = value.keys() if isinstance(value, dict) else ()
    if keys == _PERIOD:
        user_id, start, end = value["user_id"], value["start_time"], value["end_time"]
        if isinstance(user_id, str) and isinstance(start, str) and isinstance(end, str):
            return FoundPeriod(position, user_id, start, end)
    elif keys == _USER:
        id_, real_name, tz = value["id"], value["real_name"], value["tz"]
        if isinstance(id_, str) and isinstance(real_name, str) and isinstance(tz, str):
            return FoundUser(position, id_, real_name, tz)
    return BadItem(
        position,
        "expected a user (id, real_name and tz) or a period (user_id, start_time and end_time), all strings",
    )
