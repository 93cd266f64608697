"""A table of periods: the columns ``user_id,start_time,end_time``, and optionally ``real_name,tz``."""

from typing import BinaryIO

from ftlcommon.formats import BadItem, FormatError, FoundPeriod, FoundUser, Items
from ftlcommon.formats.rows import read_rows

_PERIOD = ("user_id", "start_time", "end_time")
_USER = ("real_name", "tz")
_KNOWN = {*_PERIOD, *_USER, "seconds"}  # ftlclient activity writes seconds; they are ignored


def read(file: BinaryIO) -> Items:
    """Yield the period of each row, and before the first period of a user the user.

    Without the columns real_name and tz no users are yielded, so that an import leaves the stored ones alone.
    Columns can be in any order, separated by commas, semicolons or tabs.
    """
    rows = read_rows(file)
    columns = _columns(next(rows, (1, []))[1])
    users: dict[str, tuple[str, str]] = {}
    for number, row in rows:
        position = f"line {number}"
        if not row:
            continue
        if len(row) != len(columns):
            yield BadItem(position, f"the header has {len(columns)} columns, the row has {len(row)}")
            continue
        if any("\0" in field for field in row):
            yield BadItem(position, "the row contains a NUL byte")
            continue
        fields = dict(zip(columns, row, strict=True))
        user_id = fields["user_id"]
        if "tz" in fields:
            user = fields["real_name"], fields["tz"]
            if user_id not in users:
                users[user_id] = user
                yield FoundUser(position, user_id, *user)
            elif users[user_id] != user:
                yield BadItem(position, "the user has another real_name or tz in an earlier line")
                continue
        yield FoundPeriod(position, user_id, fields["start_time"], fields["end_time"])


def _columns(header: list[str] | None) -> list[str]:
    columns = header or []
    if missing := [name for name in _PERIOD if name not in columns]:
        raise FormatError(f"the header has no column {', '.join(missing)}; it needs {','.join(_PERIOD)}")
    if unknown := [name for name in columns if name not in _KNOWN]:
        names = ", ".join(ascii(name[:40]) for name in unknown)
        raise FormatError(f"the header has unknown columns: {names}; known are {','.join((*_PERIOD, *_USER))}")
    if len(set(columns)) < len(columns):
        raise FormatError("the header has a column twice")
    if sum(name in columns for name in _USER) == 1:
        raise FormatError("the header has only one of the columns real_name and tz; a user needs both")
    return columns
