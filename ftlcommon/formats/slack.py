"""The response of ``users.list`` in Slack's Web API: people without activity."""

from typing import Any, BinaryIO

from ftlcommon.formats import BadItem, FormatError, FoundUser, Item, Items, Skipped
from ftlcommon.formats.json_objects import pointer, read_objects

_SLACKBOT = "USLACKBOT"  # a bot without is_bot


def read(file: BinaryIO) -> Items:
    """Yield each person as a user; bots and deleted accounts are Skipped."""
    seen = False
    for path, fields, member in read_objects(file, lambda path: path == (), "members"):
        if path == ():
            seen = fields.get("members") == []  # members of a list that is not empty follow
        else:
            yield _person(pointer(path), member)
    if not seen:
        raise FormatError('the file is not a response of users.list: it has no "members"')


def _person(position: str, member: Any) -> Item:
    if not isinstance(member, dict):
        return BadItem(position, "a member must be an object")
    if member.get("is_bot") or member.get("id") == _SLACKBOT:
        return Skipped("bots")
    if member.get("deleted"):
        return Skipped("deleted")
    profile = member.get("profile")
    names = [
        profile.get("real_name") if isinstance(profile, dict) else None,
        member.get("real_name"),
        member.get("name"),
    ]
    id_, tz, name = member.get("id"), member.get("tz"), next((name for name in names if name), None)
    if not (isinstance(id_, str) and isinstance(tz, str) and isinstance(name, str)):
        return BadItem(position, "a member needs an id, a real_name and a tz, all strings")
    return FoundUser(position, id_, name, tz)
