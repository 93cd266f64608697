"""Read the lines of a file in constant memory, however long they are."""

from collections.abc import Iterator
from typing import BinaryIO

LONGEST_LINE = 64 * 1024

_CHUNK = 128 * 1024


def read_chunks(file: BinaryIO) -> Iterator[bytes]:
    """Yield chunks of complete lines, about 128 KiB each; a longer line is cut, but to more than 64 KiB."""
    rest = b""
    read = getattr(file, "read1", file.read)  # returns what a pipe has without waiting for more
    while data := read(_CHUNK):
        data = rest + data
        end = data.rfind(b"\n") + 1
        if end:
            yield data[:end]
        rest = data[end : end + LONGEST_LINE + 1]
    if rest:
        yield rest


def has_long_line(chunk: bytes) -> bool:
    """Tell whether a line of a chunk of complete lines is longer than 64 KiB."""
    begin = 0
    while begin < len(chunk):
        end = chunk.rfind(b"\n", begin, begin + LONGEST_LINE)
        if end < 0:
            return True
        begin = end + 1
    return False


def split_lines(chunk: bytes) -> Iterator[bytes | None]:
    """Yield each line of a chunk with its line end, or None if it is longer than 64 KiB."""
    *lines, last = chunk.split(b"\n")
    for line in lines:
        yield line + b"\n" if len(line) < LONGEST_LINE else None
    if last:
        yield last if len(last) <= LONGEST_LINE else None


def read_lines(file: BinaryIO) -> Iterator[bytes | None]:
    """Yield each line with its line end, or None if it is longer than 64 KiB."""
    for chunk in read_chunks(file):
        yield from split_lines(chunk)
