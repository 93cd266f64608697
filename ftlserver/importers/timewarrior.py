"""What ``timew export`` writes: a list of intervals in UTC."""

from collections.abc import Iterator
from typing import Any, BinaryIO

from ftlserver import clock
from ftlserver.errors import BadItemError, ImportFileError, InvalidValueError
from ftlserver.importers import Item, LeftOut
from ftlserver.importers.objects import pointer, read_objects
from ftlserver.models import ActivityPeriod, User


def read(file: BinaryIO, user: User) -> Iterator[Item]:
    """Yield the intervals; the one that is still running, and those without length, as LeftOut."""
    for path, interval, instead in read_objects(file, lambda path: len(path) < 2):
        if path == () and instead == []:
            continue
        if path == () or isinstance(path[0], str):
            raise ImportFileError("the file is not an export of Timewarrior: it is not a list")
        try:
            yield _item(user, interval)
        except InvalidValueError as exc:
            yield BadItemError(pointer(path), exc.message)


def _item(user: User, interval: dict[str, Any]) -> Item:
    start, end = interval.get("start"), interval.get("end")
    if not isinstance(start, str) or not (end is None or isinstance(end, str)):
        raise InvalidValueError("an interval has a start and an end, which are strings")
    if end is None:
        return LeftOut("still running")
    started_at, _ = clock.parse(start, clock.zone("UTC"))
    ended_at, _ = clock.parse(end, clock.zone("UTC"))
    if started_at == ended_at:
        return LeftOut("without length")
    return ActivityPeriod.in_zone(user, started_at, ended_at)
