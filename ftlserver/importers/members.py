"""The API's own answer: ``{"members": [{"id", "real_name", "tz", "activity_periods": [...]}]}``."""

from collections.abc import Iterator
from typing import BinaryIO

from ftlserver.errors import BadItemError, ImportFileError, InvalidValueError
from ftlserver.importers import Item
from ftlserver.importers.objects import pointer, read_objects
from ftlserver.models import ActivityPeriod, User


def read(file: BinaryIO) -> Iterator[Item]:
    """Yield each member as a User, followed by their periods, times in either wire format."""
    seen = False
    user: User | None = None
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
        try:
            if len(path) == 2:
                user = None
                user = _user(fields)
                yield user
            elif user is not None:  # the periods of a bad member go with them
                yield _period(user, period)
        except InvalidValueError as exc:
            yield BadItemError(pointer(path), exc.message)
    if not seen:
        raise ImportFileError('the file is not an answer of this API: it has no "members"')


def _user(fields: dict[str, object]) -> User:
    id_, real_name, tz = (fields.get(name) for name in ("id", "real_name", "tz"))
    if not (isinstance(id_, str) and isinstance(real_name, str) and isinstance(tz, str)):
        raise InvalidValueError("a member has an id, a real_name and a tz, which are strings")
    if fields.get("activity_periods", []) != []:
        raise InvalidValueError("activity_periods must be a list")
    return User(id_, real_name, tz)


def _period(user: User, period: object) -> ActivityPeriod:
    if isinstance(period, dict):
        start, end = period.get("start_time"), period.get("end_time")
        if isinstance(start, str) and isinstance(end, str):
            return ActivityPeriod.from_text(user, start, end)
    raise InvalidValueError("a period has a start_time and an end_time, which are strings")
