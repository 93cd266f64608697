"""Lines of a file, one at a time, however long they are."""

from collections.abc import Iterator
from typing import BinaryIO

LONGEST_LINE = 64 * 1024


def read_lines(file: BinaryIO) -> Iterator[bytes | None]:
    """Yield each line with its end, and None in place of one that is longer than 64 KiB."""
    while line := file.readline(LONGEST_LINE + 1):
        if len(line) <= LONGEST_LINE:
            yield line
        else:
            while line and not line.endswith(b"\n"):
                line = file.readline(LONGEST_LINE)
            yield None
