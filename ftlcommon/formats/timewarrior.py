"""The output of ``timew export``: a list of intervals in UTC."""

from typing import Any, BinaryIO

from ftlcommon.formats import BadItem, FormatError, FoundPeriod, Item, Items, Skipped
from ftlcommon.formats.json_objects import pointer, read_objects


def read(file: BinaryIO) -> Items:
    """Yield the intervals; a running one and those with zero length are Skipped."""
    for path, interval, value in read_objects(file, lambda path: len(path) < 2):
        if path == () and value == []:
            continue
        if path == () or isinstance(path[0], str):
            raise FormatError("the file is not an export of Timewarrior: it is not a list")
        yield _item(pointer(path), interval)


def _item(position: str, interval: dict[str, Any]) -> Item:
    start, end = interval.get("start"), interval.get("end")
    if not isinstance(start, str) or not (end is None or isinstance(end, str)):
        return BadItem(position, "an interval needs a start and an end, both strings")
    if end is None:
        return Skipped("still running")
    if start == end:
        return Skipped("with zero length")
    return FoundPeriod(position, None, start, end)
