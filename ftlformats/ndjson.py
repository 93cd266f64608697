"""What ``GET /api/export/`` writes and ``POST /api/activity/`` reads: a user or a period on each line."""

from typing import Any, BinaryIO

import orjson

from ftlformats import BadItem, FormatError, FoundPeriod, FoundUser, Item, Items
from ftlformats.lines import read_lines

_USER = {"id", "real_name", "tz"}
_PERIOD = {"user_id", "start_time", "end_time"}
_CLOSING = {"ok", "count"}


def read(file: BinaryIO) -> Items:
    """Yield the user or the period of each line.

    A last line ``{"ok": true, "count": N}`` says that N lines stand before it. Without one, a file that was
    cut off between two lines cannot be told from a whole one.
    """
    count = 0
    closed = False
    for number, line in enumerate(read_lines(file), 1):
        if line is not None and line.isspace():
            continue
        if closed:
            raise FormatError(f"line {number} stands behind the line that closes the file")
        value = _value(line)
        if count == 0 and not isinstance(value, dict):
            raise FormatError("the file is not NDJSON: its first line is not a JSON object of at most 64 KiB")
        if value is None and line is not None and not line.endswith(b"\n"):
            raise FormatError(f"the file is cut off: line {number} breaks off")
        if isinstance(value, dict) and value.keys() == _CLOSING and type(value["count"]) is int:
            if value["count"] != count:
                raise FormatError(f"the file is cut off: line {number} counts {value['count']} lines, not {count}")
            closed = True
        else:
            count += 1
            yield _item(f"line {number}", line, value)
    if count == 0 and not closed:
        raise FormatError("the file is not NDJSON: it is empty")


def _value(line: bytes | None) -> Any:
    """Return what is on a line, None if that is not JSON."""
    if line is None:
        return None
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return None


def _item(position: str, line: bytes | None, value: Any) -> Item:
    if line is None:
        return BadItem(position, "a line is at most 64 KiB long")
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
        "a line is a user, of id, real_name and tz, or a period, of user_id, start_time and end_time, all strings",
    )
