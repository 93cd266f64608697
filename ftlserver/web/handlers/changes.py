"""Changes: taking one back, and following them."""

from typing import Any

from ftlserver.domain import time_formats
from ftlserver.errors import ChangeNotFoundError
from ftlserver.storage import Storage
from ftlserver.storage.mirroring import Position
from ftlserver.web import responses
from ftlserver.web.requests import Request, read_query

_LONGEST_NUMBER = 18  # digits


def undo(storage: Storage, request: Request, number: str) -> dict[str, Any]:
    """Take a change back, but for what later changes extended further."""
    request.document()  # a form of another site cannot send JSON
    if not (number.isascii() and number.isdigit() and len(number) <= _LONGEST_NUMBER):
        raise ChangeNotFoundError(number)
    return {"ok": True, **storage.changes.undo(int(number), request.caller).to_json()}


def follow(storage: Storage, request: Request) -> responses.Answer:
    """Answer what is stored now of the users and periods that changed since a cursor."""
    request.caller.allow_users(None)
    asked, _ = read_query()
    position = Position.of(asked["since"]) if "since" in asked else storage.mirroring.now()
    page = storage.mirroring.since(position)

    def pieces() -> responses.Pieces:
        yield from responses.items({"user_id": row[0], **responses.period_json(row[1:])} for row in page.periods)
        yield b'],"deleted_periods":['
        yield from responses.items(
            {"user_id": user_id, "start_time": time_formats.iso(start, offset)}
            for user_id, start, offset in page.gone_periods
        )
        return {"cursor": page.position.cursor, "more": page.more}

    opening = {
        "ok": True,
        "members": [user.to_json() for user in page.users],
        "deleted_members": page.gone_users,
    }
    return responses.stream(responses.JSON, responses.with_list(opening, "periods", pieces()))
