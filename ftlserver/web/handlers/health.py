"""The server itself: whether it works, and what the caller may do."""

from typing import Any

from ftlserver.domain.timezones import TZDATA_VERSION
from ftlserver.storage import Storage
from ftlserver.web.requests import Request


def health(_storage: Storage, _request: Request) -> dict[str, Any]:
    """Answer that the process works, whatever the database does."""
    return {"ok": True, "tzdata": TZDATA_VERSION}


def readiness(storage: Storage, _request: Request) -> dict[str, Any]:
    """Answer whether the database can be written."""
    storage.check()
    return {"ok": True}


def whoami(_storage: Storage, request: Request) -> dict[str, Any]:
    """Answer what the caller may do."""
    caller = request.caller
    bound = None if caller.user_ids is None else sorted(caller.user_ids)
    team = {} if caller.team_id is None else {"team": caller.team_id}
    return {"ok": True, "name": caller.name, "scopes": sorted(caller.scopes), "user_ids": bound} | team
