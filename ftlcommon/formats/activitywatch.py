"""ActivityWatch's export of all buckets or of one; only the time at the computer (not-afk) is activity."""

from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO

from ftlcommon.formats import BadItem, FormatError, FoundPeriod, Item, Items, Skipped
from ftlcommon.formats.json_objects import Path, pointer, read_objects


def read(file: BinaryIO) -> Items:
    """Yield the not-afk events of the ``afkstatus`` buckets; those with zero length are Skipped."""
    seen = False
    for path, bucket, event in read_objects(file, _is_bucket, "events", ("type",)):
        if _is_bucket(path):
            seen = seen or bucket.get("events") == [] or bucket.get("buckets") == {}
        elif bucket.get("type") == "afkstatus" and (item := _item(pointer(path), event)) is not None:
            yield item
    if not seen:
        raise FormatError('the file is not an export of ActivityWatch: it has no "buckets"')


def _is_bucket(path: Path) -> bool:
    return path == () or (len(path) == 2 and path[0] == "buckets")


def _item(position: str, event: Any) -> Item | None:
    data = event.get("data") if isinstance(event, dict) else None
    if not isinstance(data, dict):
        return BadItem(position, "an event must be an object with data")
    if data.get("status") != "not-afk":
        return None
    timestamp, duration = event.get("timestamp"), event.get("duration")
    if not isinstance(timestamp, str) or type(duration) not in (int, float) or not abs(duration) < 1e9:
        return BadItem(position, "an event needs a timestamp, a string, and a duration, a number")
    length = timedelta(microseconds=round(duration * 1_000_000))
    if not length:
        return Skipped("with zero length")
    try:
        start = datetime.fromisoformat(timestamp)
        return FoundPeriod(position, None, _utc(start), _utc(start + length))
    except (ValueError, OverflowError):
        return BadItem(position, "expected a timestamp such as 2026-11-02T04:40:36.123000+00:00")


def _utc(moment: datetime) -> str:
    """Return a time with Z, which says nothing about the wall clock, as ActivityWatch records UTC everywhere."""
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.replace(tzinfo=None).isoformat() + "Z"
