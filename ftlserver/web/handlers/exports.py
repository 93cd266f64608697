"""Exports: a user with all their periods, or everything, as a stream."""

from collections.abc import Generator

import orjson

from ftlserver.domain.user import User
from ftlserver.storage import Storage
from ftlserver.web import responses
from ftlserver.web.requests import Request


def export_user(storage: Storage, request: Request, user_id: str) -> responses.Answer:
    """Answer with one user and all their periods, with exact times."""
    request.caller.allow_users([user_id])
    return responses.stream(responses.JSON, user_pieces(storage, storage.users.get(user_id)))


def export(storage: Storage, request: Request) -> responses.Answer:
    """Answer with everything, as lines of JSON."""
    request.caller.allow_users(None)
    return responses.stream(responses.NDJSON, lines(storage))


def lines(storage: Storage) -> Generator[bytes, None, None]:
    """Yield a line for each user and each period, and one that counts them: without it, some are missing.

    It also has the cursor from which changes can be followed, those during the export included.
    """
    cursor = storage.mirroring.now().cursor
    count = 0
    for user in storage.users.all():
        count += 1
        yield orjson.dumps(user.to_json(), option=orjson.OPT_APPEND_NEWLINE)
        for page in storage.periods.pages_of(user.id):
            count += len(page)
            rows = ({"user_id": user.id, **responses.period_json(span)} for span in page)
            yield b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)
    yield orjson.dumps({"ok": True, "count": count, "cursor": cursor}, option=orjson.OPT_APPEND_NEWLINE)


def user_pieces(storage: Storage, user: User) -> Generator[bytes, None, None]:
    """Yield the JSON of an answer about one user."""
    yield b'{"ok":true,"members":['
    pages = (responses.periods_json(page, "iso") for page in storage.periods.pages_of(user.id))
    yield from responses.long_member(user, pages)
    yield b"]}"
