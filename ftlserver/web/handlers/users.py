"""Users: listing, reading, adding, changing, deleting."""

from collections.abc import Mapping
from typing import Any

from ftlserver.domain import time_formats, timezones
from ftlserver.domain.user import MATCHES, USER_ID_RULE, User, is_real_name, is_user_id
from ftlserver.domain.window import read_edge
from ftlserver.errors import InvalidRequestError, Problem
from ftlserver.storage import Storage
from ftlserver.storage.users import Written
from ftlserver.web.requests import Request, cursor_after, read_page, read_query


def list_users(storage: Storage, request: Request) -> dict[str, Any]:
    """Answer with a page of all users, or of those whom a text names."""
    asked, page = read_query()
    if "query" in asked:
        return _search(storage, request, asked["query"], page)
    request.caller.allow_users(None)
    users, paging = read_page_of_users(storage, page)
    departed = storage.users.departures_of(users)
    return {"ok": True, "members": [_member(user, departed) for user in users]} | paging


def _search(storage: Storage, request: Request, text: str, page: dict[str, str]) -> dict[str, Any]:
    """Answer with a page of the users whose id, name or alias contains *text*, of those the caller is bound to."""
    if text and not is_real_name(text):
        problem = Problem("/query", "invalid_text", "expected up to 200 characters without control characters")
        raise InvalidRequestError("invalid_argument", "query is not usable", [problem])
    after, limit = read_page(page, MATCHES)
    found = storage.users.matching(text, request.caller.user_ids, after, limit + 1)
    departed = storage.users.departures_of(match.user for match in found[:limit])
    members = [match.to_json() | _member(match.user, departed) for match in found[:limit]]
    if len(found) <= limit:
        return {"ok": True, "members": members}
    last = found[limit - 1]
    return {"ok": True, "members": members} | _paging(cursor_after(last.user.id, last.kind))


def get(storage: Storage, request: Request, user_id: str) -> dict[str, Any]:
    """Answer with one user."""
    request.caller.allow_users([user_id])
    user = storage.users.get(user_id)
    member = _member(user, storage.users.departures_of([user]))
    if aliases := storage.users.aliases(user_id):
        member["aliases"] = aliases
    return {"ok": True, "member": member}


def _member(user: User, departed: Mapping[str, int]) -> dict[str, Any]:
    """Return a user as an answer has them, with the time at which they left, on their clock."""
    member = user.to_json()
    if (left_at := departed.get(user.id)) is not None:
        member["left_at"] = time_formats.iso(left_at, timezones.offset_at(left_at, user.zone))
    return member


def add(storage: Storage, request: Request) -> dict[str, Any]:
    """Add a user; the same user again changes nothing."""
    sent = request.document()
    request.caller.allow_users([sent["id"]])
    user = User(**sent)
    return _written(user, storage.users.add(user, request.caller.token_id))


def put(storage: Storage, request: Request, user_id: str) -> dict[str, Any]:
    """Add a user or replace the stored one."""
    _check_access(request, user_id)
    user = User(user_id, **request.document())
    return _written(user, storage.users.put(user, request.caller.token_id))


def patch(storage: Storage, request: Request, user_id: str) -> dict[str, Any]:
    """Change some fields of a user."""
    _check_access(request, user_id)
    sent = request.document()
    if "tz" in sent:
        timezones.zone(sent["tz"])
    changes: dict[str, Any] = dict(sent)
    if "left_at" in sent:
        changes["left_at"] = _left_at(sent["left_at"], storage.users.get(user_id))
    if changes.keys() - {"left_at"}:
        changes["guessed"] = False
    user, change = storage.users.change(user_id, changes, request.caller.token_id)
    return _written(user, Written(created=False, change=change))


def add_alias(storage: Storage, request: Request, user_id: str, alias: str) -> dict[str, Any]:
    """Add a further id under which a user is known."""
    _check_access(request, user_id)
    if not is_user_id(alias):
        raise InvalidRequestError("invalid_argument", f"the alias in the path is not valid: {USER_ID_RULE}")
    return {"ok": True, **storage.users.add_alias(user_id, alias, request.caller.token_id)._asdict()}


def merge(storage: Storage, request: Request, user_id: str) -> dict[str, Any]:
    """Move the periods of a user to another one, and keep the id as an alias."""
    request.caller.allow_users([user_id])
    into = request.document()["into"]
    request.caller.allow_users([into])
    merged = storage.merging.merge(user_id, into, request.caller)
    counts = {"periods": merged.periods, "already_known": merged.known, "teams": merged.teams}
    return {"ok": True, **counts, "change": merged.change}


def delete(storage: Storage, request: Request, user_id: str) -> dict[str, Any]:
    """Delete a user and all their periods."""
    request.caller.allow_users([user_id])
    storage.users.delete(user_id)
    return {"ok": True}


def read_page_of_users(storage: Storage, page: dict[str, str]) -> tuple[list[User], dict[str, Any]]:
    """Return the users of a page, and the cursor of the next one as an answer has it."""
    (_, after), limit = read_page(page)
    # One more than asked for tells whether there is a next page.
    users = storage.users.page(after, limit + 1)
    if len(users) <= limit:
        return users, {}
    return users[:limit], _paging(cursor_after(users[limit - 1].id))


def _paging(cursor: str) -> dict[str, Any]:
    return {"response_metadata": {"next_cursor": cursor}}


def _left_at(text: str | None, user: User) -> int | None:
    """Return the instant at which a date begins on the user's clock, or of a time."""
    if text is None:
        return None
    return read_edge("/left_at", text, user.zone)


def _written(user: User, written: Written) -> dict[str, Any]:
    return {"ok": True, "created": written.created, "member": user.to_json(), "change": written.change}


def _check_access(request: Request, user_id: str) -> None:
    if not is_user_id(user_id):
        raise InvalidRequestError("invalid_argument", f"the user id in the path is not valid: {USER_ID_RULE}")
    request.caller.allow_users([user_id])
