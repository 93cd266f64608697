"""ActivityWatch's export, of all buckets or of one: the time that somebody was not away."""

from collections.abc import Iterator
from typing import Any, BinaryIO

from ftlserver import clock
from ftlserver.errors import BadItemError, ImportFileError, InvalidValueError
from ftlserver.importers import Item, LeftOut
from ftlserver.importers.objects import Path, pointer, read_objects
from ftlserver.models import ActivityPeriod, User


def read(file: BinaryIO, user: User) -> Iterator[Item]:
    """Yield the not-afk events of the ``afkstatus`` buckets; those without length as LeftOut."""
    seen = False
    for path, bucket, event in read_objects(file, _is_bucket, "events", ("type",)):
        if _is_bucket(path):
            seen = seen or bucket.get("events") == [] or bucket.get("buckets") == {}
        elif bucket.get("type") == "afkstatus":
            try:
                if (item := _item(user, event)) is not None:
                    yield item
            except InvalidValueError as exc:
                yield BadItemError(pointer(path), exc.message)
    if not seen:
        raise ImportFileError('the file is not an export of ActivityWatch: it has no "buckets"')


def _is_bucket(path: Path) -> bool:
    return path == () or (len(path) == 2 and path[0] == "buckets")


def _item(user: User, event: Any) -> Item | None:
    data = event.get("data") if isinstance(event, dict) else None
    if not isinstance(data, dict):
        raise InvalidValueError("an event is an object with data")
    if data.get("status") != "not-afk":
        return None
    timestamp, duration = event.get("timestamp"), event.get("duration")
    if not isinstance(timestamp, str) or type(duration) not in (int, float) or not abs(duration) < 1e9:
        raise InvalidValueError("an event has a timestamp, a string, and a duration, a number")
    started_at, _ = clock.parse(timestamp, clock.zone("UTC"))
    length = round(duration * clock.SECOND)
    if length == 0:
        return LeftOut("without length")
    return ActivityPeriod.in_zone(user, started_at, started_at + length)
