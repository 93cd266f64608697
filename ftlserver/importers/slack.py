"""The ``users.list`` answer of Slack's Web API: people, without activity."""

from collections.abc import Iterator
from typing import Any, BinaryIO

from ftlserver.errors import BadItemError, ImportFileError, InvalidValueError
from ftlserver.importers import Item, LeftOut
from ftlserver.importers.objects import pointer, read_objects
from ftlserver.models import User

_SLACKBOT = "USLACKBOT"  # a bot that does not say so


def read(file: BinaryIO) -> Iterator[Item]:
    """Yield each person as a User, and bots and deleted people as LeftOut."""
    seen = False
    for path, fields, member in read_objects(file, lambda path: path == (), "members"):
        if path == ():
            seen = fields.get("members") == []  # whatever it holds comes after
            continue
        try:
            yield _person(member)
        except InvalidValueError as exc:
            yield BadItemError(pointer(path), exc.message)
    if not seen:
        raise ImportFileError('the file is not an answer of users.list: it has no "members"')


def _person(member: Any) -> User | LeftOut:
    if not isinstance(member, dict):
        raise InvalidValueError("a member is an object")
    if member.get("is_bot") or member.get("id") == _SLACKBOT:
        return LeftOut("bots")
    if member.get("deleted"):
        return LeftOut("deleted")
    profile = member.get("profile")
    names = [
        profile.get("real_name") if isinstance(profile, dict) else None,
        member.get("real_name"),
        member.get("name"),
    ]
    id_, tz, name = member.get("id"), member.get("tz"), next((name for name in names if name), None)
    if not (isinstance(id_, str) and isinstance(tz, str) and isinstance(name, str)):
        raise InvalidValueError("a member has an id, a real_name and a tz, which are strings")
    return User(id_, name, tz)
