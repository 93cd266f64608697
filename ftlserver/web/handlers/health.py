"""The server itself: whether it works, and what the caller may do."""

from typing import Any

from ftlserver.domain import time_formats
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


def whoami(storage: Storage, request: Request) -> dict[str, Any]:
    """Answer what the caller may do, and which periods are stored."""
    caller = request.caller
    bound = None if caller.user_ids is None else sorted(caller.user_ids)
    team = {} if caller.team_id is None else {"team": caller.team_id}
    oldest = storage.oldest()
    policies = {
        "overlaps": "store" if storage.rules.may_overlap else "reject",
        "oldest": time_formats.utc(oldest) if oldest else None,
    }
    who = {"ok": True, "name": caller.name, "scopes": sorted(caller.scopes), "user_ids": bound}
    unit = {} if caller.round_seconds is None else {"round_seconds": caller.round_seconds}
    return who | team | unit | {"policies": policies}
