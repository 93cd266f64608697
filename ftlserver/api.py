"""One handler per endpoint: decode, validate, ask the store, answer."""

from typing import Any

from bottle import request

from ftlserver import clock, schemas, strict_json
from ftlserver.errors import InvalidRequestError
from ftlserver.store import Store

LARGEST_BODY = 1024 * 1024


class API:
    """The handlers, over one store."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def log_user_activity(self) -> dict[str, Any]:
        asked = schemas.validate(schemas.LOG_USER_ACTIVITY, read_json())
        members = self.store.members(asked["id_list"])
        time_format = asked.get("time_format", "display")
        answer = {"ok": True, "members": [member.to_json(time_format) for member in members]}
        found = {member.user.id for member in members}
        if missing := [user_id for user_id in dict.fromkeys(asked["id_list"]) if user_id not in found]:
            answer["not_found"] = missing
        return answer

    def health(self) -> dict[str, Any]:
        """Say that the process answers, whatever the database does."""
        return {"ok": True, "tzdata": clock.TZDATA_VERSION}

    def readiness(self) -> dict[str, Any]:
        """Say whether the database can be written."""
        self.store.check()
        return {"ok": True}


def read_json() -> Any:
    """Return the body of the request at hand; raise InvalidRequestError unless it is strict JSON."""
    length = request.content_length  # waitress has put chunks together and counted them
    if length > LARGEST_BODY:
        raise body_too_large()
    media_type = (request.content_type or "").split(";")[0].strip().lower()
    if media_type != "application/json":
        raise InvalidRequestError("unsupported_media_type", "the Content-Type must be application/json")
    body = request.environ["wsgi.input"].read(max(length, 0))
    return strict_json.loads(body)


def body_too_large() -> InvalidRequestError:
    return InvalidRequestError(
        "body_too_large",
        f"a body holds at most {LARGEST_BODY:,} bytes; ask for less at once",
        limit=LARGEST_BODY,
    )
