"""Heartbeats of editor plugins, which speak the API of WakaTime: https://wakatime.com/developers#heartbeats.

Who and when are kept; the file, the project and all else that a plugin sends is dropped.
"""

from collections.abc import Iterator
from typing import Any

from ftlserver.domain import instants
from ftlserver.domain.period import ActivityPeriod
from ftlserver.domain.user import User
from ftlserver.errors import InvalidRequestError, Problem, RefusedError
from ftlserver.storage import Storage
from ftlserver.storage.heartbeats import HEARTBEAT
from ftlserver.web import responses
from ftlserver.web.handlers.periods import FURTHEST_AHEAD
from ftlserver.web.requests import Request
from ftlserver.web.schemas import MOST_HEARTBEATS

# WakaTime's own: plugins send a heartbeat every two minutes at most, while there are keystrokes, and who reads or
# thinks in between is at work.
GAP = 15 * instants.MINUTE


def heartbeat(storage: Storage, request: Request) -> dict[str, Any]:
    """Record one heartbeat of the user that the key is bound to."""
    user = _user(storage, request)
    (data,) = _record(storage, request, user, [_single(user, request.document(), storage.oldest())])
    return {"ok": True, "data": data}


def heartbeats(storage: Storage, request: Request) -> dict[str, Any]:
    """Record a list of heartbeats, and answer with the status of each."""
    # wakatime-cli drops a heartbeat that gets 400 and sends others again. Newer versions look for each heartbeat
    # in the answer by its time and entity if these are there, and by its place if not: they are left out.
    user = _user(storage, request)
    sent = request.json()
    if not isinstance(sent, list):
        raise InvalidRequestError("invalid_argument", "the body must be a list of heartbeats")
    if len(sent) > MOST_HEARTBEATS:
        message = f"at most {MOST_HEARTBEATS} heartbeats can be sent at once"
        raise InvalidRequestError("too_many_heartbeats", message, limit=MOST_HEARTBEATS)
    oldest = storage.oldest()
    read = [_read(user, request, item, oldest) for item in sent]
    recorded = iter(_record(storage, request, user, [item for item in read if isinstance(item, ActivityPeriod)]))
    return {
        "ok": True,
        "responses": [
            ({"data": next(recorded)}, 201) if isinstance(item, ActivityPeriod) else (item, 400) for item in read
        ],
    }


def _user(storage: Storage, request: Request) -> User:
    bound = request.caller.user_ids
    if bound is None or len(bound) != 1:
        message = "the user of this key was deleted; ask for a key of another"
        raise RefusedError("missing_scope", message, needed="a user", provided=[])
    return storage.users.get(next(iter(bound)))


def _read(user: User, request: Request, sent: object, oldest: int) -> ActivityPeriod | dict[str, Any]:
    """Return one of several heartbeats as a period, or the error that it gets."""
    if not isinstance(sent, dict):
        return responses.error_document(400, "invalid_argument", "a heartbeat must be a JSON object")
    try:
        return _single(user, request.validated(sent), oldest)
    except InvalidRequestError as exc:
        return responses.error_document(400, exc.code, exc.message)


def _single(user: User, sent: dict[str, Any], oldest: int) -> ActivityPeriod:
    """Return the period of a heartbeat by itself."""
    if sent["time"] * instants.SECOND > instants.now() + FURTHEST_AHEAD:
        message = "lies more than an hour in the future"
        raise InvalidRequestError(
            "invalid_argument", f"/time: {message}", [Problem("/time", "too_large", message)]
        )
    if sent["time"] * instants.SECOND <= oldest:
        message = "lies before the oldest time that this server keeps"
        raise InvalidRequestError("invalid_argument", f"/time: {message}", [Problem("/time", "too_old", message)])
    at = round(sent["time"] * instants.SECOND)
    return ActivityPeriod.in_zone(user, at - HEARTBEAT, at)


def _record(
    storage: Storage, request: Request, user: User, singles: list[ActivityPeriod]
) -> Iterator[dict[str, Any]]:
    for result in storage.heartbeats.record_all(user.id, singles, GAP, request.caller.token_id):
        yield {"verdict": result.status, "period": result.period.to_json("iso"), "change": result.change}
