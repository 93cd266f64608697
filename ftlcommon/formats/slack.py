"""The response of ``users.list`` in Slack's Web API: people without activity."""

from typing import Any, BinaryIO

from ftlcommon.formats import BadItem, FormatError, FoundLeaver, FoundUser, Item, Items, Notice, Skipped
from ftlcommon.formats.json_objects import pointer, read_objects

_SLACKBOT = "USLACKBOT"  # a bot without is_bot
_CURSOR = "response_metadata.next_cursor"


def read(file: BinaryIO) -> Items:
    """Yield each person as a user, and deleted accounts as leavers.

    Bots, and people without a time zone, are Skipped. A Notice says that the list goes on.
    """
    seen = goes_on = False
    for path, fields, member in read_objects(file, lambda path: path == (), "members", optional=(_CURSOR,)):
        if path == ():
            seen = seen or fields.get("members") == []  # members of a list that is not empty follow
            goes_on = goes_on or bool(fields.get(_CURSOR))
        else:
            yield _person(pointer(path), member)
    if not seen:
        raise FormatError('the file is not a response of users.list: it has no "members"')
    if goes_on:
        yield Notice(
            "the list goes on: this file has a next_cursor; ask users.list for the next page with it, and import"
            " each page"
        )


def _person(position: str, member: Any) -> Item:
    if not isinstance(member, dict) or not isinstance(id_ := member.get("id"), str):
        return BadItem(position, "a member must be an object with an id, a string")
    if member.get("is_bot") or id_ == _SLACKBOT:
        return Skipped("bots")
    if member.get("deleted"):
        return FoundLeaver(position, id_)
    profile = member.get("profile")
    names = [
        profile.get("real_name") if isinstance(profile, dict) else None,
        member.get("real_name"),
        member.get("name"),
    ]
    name, tz = next((name for name in names if name), None), member.get("tz")
    if not tz:
        return Skipped("without a time zone")
    if not (isinstance(name, str) and isinstance(tz, str)):
        return BadItem(position, "a member needs a real_name and a tz, both strings")
    return FoundUser(position, id_, name, tz)
