"""What ``timew export`` writes: a list of intervals in UTC."""

from typing import Any, BinaryIO

from ftlformats import BadItem, FormatError, FoundPeriod, Item, Items, LeftOut
from ftlformats.objects import pointer, read_objects


def read(file: BinaryIO) -> Items:
    """Yield the intervals; the one that is still running, and those without length, as LeftOut."""
    for path, interval, instead in read_objects(file, lambda path: len(path) < 2):
        if path == () and instead == []:
            continue
        if path == () or isinstance(path[0], str):
            raise FormatError("the file is not an export of Timewarrior: it is not a list")
        yield _item(pointer(path), interval)


def _item(position: str, interval: dict[str, Any]) -> Item:
    start, end = interval.get("start"), interval.get("end")
    if not isinstance(start, str) or not (end is None or isinstance(end, str)):
        return BadItem(position, "an interval has a start and an end, which are strings")
    if end is None:
        return LeftOut("still running")
    if start == end:
        return LeftOut("without length")
    return FoundPeriod(position, None, start, end)
