"""The ``users.list`` answer of Slack's Web API: people, without activity."""

from typing import Any, BinaryIO

from ftlformats import BadItem, FormatError, FoundUser, Item, Items, LeftOut
from ftlformats.objects import pointer, read_objects

_SLACKBOT = "USLACKBOT"  # a bot that does not say so


def read(file: BinaryIO) -> Items:
    """Yield each person as a user, and bots and deleted people as LeftOut."""
    seen = False
    for path, fields, member in read_objects(file, lambda path: path == (), "members"):
        if path == ():
            seen = fields.get("members") == []  # whatever it holds comes after
        else:
            yield _person(pointer(path), member)
    if not seen:
        raise FormatError('the file is not an answer of users.list: it has no "members"')


def _person(position: str, member: Any) -> Item:
    if not isinstance(member, dict):
        return BadItem(position, "a member is an object")
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
        return BadItem(position, "a member has an id, a real_name and a tz, which are strings")
    return FoundUser(position, id_, name, tz)
