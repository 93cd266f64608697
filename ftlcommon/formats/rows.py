"""Read the rows of a table, separated by commas, semicolons or tabs, in constant memory."""

import csv
import itertools
from collections.abc import Iterator
from typing import BinaryIO

from ftlcommon.formats import FormatError
from ftlcommon.formats.lines import LONGEST_LINE, read_lines


def read_rows(file: BinaryIO) -> Iterator[tuple[int, list[str]]]:
    """Yield each row with the number of the line it begins on; raise FormatError for what is no table."""
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
