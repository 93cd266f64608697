"""The API's own answer: ``{"members": [{"id", "real_name", "tz", "activity_periods": [...]}]}``."""

from typing import BinaryIO

from ftlformats import BadItem, FormatError, FoundPeriod, FoundUser, Items
from ftlformats.objects import pointer, read_objects


def read(file: BinaryIO) -> Items:
    """Yield each member as a user, followed by their periods."""
    seen = False
    user: FoundUser | BadItem | None = None
    for path, fields, period in read_objects(
        file,
        lambda path: path == () or (len(path) == 2 and path[0] == "members"),
        "activity_periods",
        ("id", "real_name", "tz"),
    ):
        seen = True
        if path == ():
            seen = fields.get("members") == []
            break
        if len(path) == 2:
            user = _user(pointer(path), fields)
            yield user
        elif isinstance(user, FoundUser):  # the periods of a bad member go with them
            yield _period(pointer(path), user.id, period)
    if not seen:
        raise FormatError('the file is not an answer of this API: it has no "members"')


def _user(position: str, fields: dict[str, object]) -> FoundUser | BadItem:
    id_, real_name, tz = (fields.get(name) for name in ("id", "real_name", "tz"))
    if not (isinstance(id_, str) and isinstance(real_name, str) and isinstance(tz, str)):
        return BadItem(position, "a member has an id, a real_name and a tz, which are strings")
    if fields.get("activity_periods", []) != []:
        return BadItem(position, "activity_periods must be a list")
    return FoundUser(position, id_, real_name, tz)


def _period(position: str, user_id: str, period: object) -> FoundPeriod | BadItem:
    if isinstance(period, dict):
        start, end = period.get("start_time"), period.get("end_time")
        if isinstance(start, str) and isinstance(end, str):
            return FoundPeriod(position, user_id, start, end)
    return BadItem(position, "a period has a start_time and an end_time, which are strings")
