"""The answer of this API: ``{"members": [{"id", "real_name", "tz", "activity_periods": [...]}]}``."""

from typing import BinaryIO

from ftlcommon.formats import BadItem, FormatError, FoundPeriod, FoundUser, Items
from ftlcommon.formats.json_objects import pointer, read_objects

_REQUIRED = ("id", "real_name", "tz")
_OPTIONAL: tuple[str, ...] = ()


def read(file: BinaryIO) -> Items:
    """Yield each member as a user, followed by their periods.

    A user whose optional fields follow the periods is yielded again, complete, after the periods.
    """
    seen = False
    user: FoundUser | BadItem | None = None
    for path, fields, period in read_objects(
        file,
        lambda path: path == () or (len(path) == 2 and path[0] == "members"),
        "activity_periods",
        _REQUIRED,
        _OPTIONAL,
    ):
        seen = True
        if path == ():
            seen = fields.get("members") == []
            break
        if len(path) == 2:
            user = _user(pointer(path), fields)
            yield user
        elif isinstance(user, FoundUser):  # the periods of a bad member are dropped
            yield _period(pointer(path), user.id, period)
    if not seen:
        raise FormatError('the file is not an answer of this API: it has no "members"')


def _user(position: str, fields: dict[str, object]) -> FoundUser | BadItem:
    id_, real_name, tz = (fields.get(name) for name in _REQUIRED)
    if not (isinstance(id_, str) and isinstance(real_name, str) and isinstance(tz, str)):
        return BadItem(position, "a member needs an id, a real_name and a tz, all strings")
    if fields.get("activity_periods", []) != []:
        return BadItem(position, "activity_periods must be a list")
    return FoundUser(position, id_, real_name, tz)


def _period(position: str, user_id: str, period: object) -> FoundPeriod | BadItem:
    if isinstance(period, dict):
        start, end = period.get("start_time"), period.get("end_time")
        if isinstance(start, str) and isinstance(end, str):
            return FoundPeriod(position, user_id, start, end)
    return BadItem(position, "a period needs a start_time and an end_time, both strings")
