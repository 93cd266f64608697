"""A table of periods: the columns ``user_id,start_time,end_time``, and optionally ``real_name,tz``."""

import csv
import itertools
from collections.abc import Iterator
from typing import BinaryIO

from ftlcommon.formats import BadItem, FormatError, FoundPeriod, FoundUser, Items
from ftlcommon.formats.lines import LONGEST_LINE, read_lines

_PERIOD = ("user_id", "start_time", "end_time")
_USER = ("real_name", "tz")
_KNOWN = {*_PERIOD, *_USER, "seconds"}  # ftlclient activity writes seconds; they are ignored


def read(file: BinaryIO) -> Items:
    """Yield the period of each row, and before the first period of a user the user.

    Without the columns real_name and tz no users are yielded, so that an import leaves the stored ones alone.
    Columns can be in any order, separated by commas, semicolons or tabs.
    """
    rows = _rows(file)
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


def _rows(file: BinaryIO) -> Iterator[tuple[int, list[str]]]:
    """Yield each row with the number of the line it begins on."""
    lines = _Lines(file)
    header = next(lines, "")
    delimiter = max(",;\t", key=header.count)
    reader = csv.reader(itertools.chain([header], lines), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            yield lines.row, row
            lines.begin_row()
    except csv.Error as exc:
        raise FormatError(f"the row that begins on line {lines.row} is not CSV: {exc}") from exc


class _Lines:
    """The lines of a file as text; *row* is the number of the line on which the current row begins."""

    def __init__(self, file: BinaryIO) -> None:
        self.row = 1
        self._line = 0
        self._length = 0
        self._lines = read_lines(file)

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._line += 1
        self._length += LONGEST_LINE + 1 if line is None else len(line)
        if line is None or self._length > LONGEST_LINE:
            raise FormatError(
                f"the row that begins on line {self.row} is longer than 64 KiB; is a quote left open?"
            )
        try:
            return line.decode()
        except UnicodeDecodeError as exc:
            raise FormatError(f"line {self._line} is not UTF-8; save the table as UTF-8") from exc

    def begin_row(self) -> None:
        self.row = self._line + 1
        self._length = 0
