"""Teams: listing, reading, making, changing, deleting."""

from typing import Any

from ftlserver.domain.team import Team
from ftlserver.errors import TeamNotFoundError
from ftlserver.storage import Storage
from ftlserver.web.requests import Request


def list_teams(storage: Storage, request: Request) -> dict[str, Any]:
    """Answer with the teams that the caller may know."""
    teams = [
        {"id": team.id, "name": team.name, "size": size}
        for team, size in storage.teams.all()
        if request.caller.user_ids is None
        or request.caller.may_see_team(team.id, storage.teams.member_ids(team.id) or ())
    ]
    return {"ok": True, "teams": teams}


def get(storage: Storage, request: Request, team_id: str) -> dict[str, Any]:
    """Answer with one team and its members."""
    user_ids = storage.teams.member_ids(team_id)
    request.caller.allow_team(team_id, user_ids)
    if user_ids is None:
        raise TeamNotFoundError(team_id)
    return {"ok": True, "team": _shown(storage, storage.teams.get(team_id))}


def add(storage: Storage, request: Request) -> dict[str, Any]:
    """Make a team; the same team again changes nothing."""
    request.caller.allow_users(None)
    sent = request.document()
    team = Team(sent["id"], sent["name"])
    created, change = storage.teams.add(team, sent.get("members", ()), request.caller.token_id)
    answer = {"ok": True, "created": created, "team": _shown(storage, team), "widened_tokens": 0}
    return answer | {"change": change}


def patch(storage: Storage, request: Request, team_id: str) -> dict[str, Any]:
    """Change the name of a team, and add and remove members."""
    request.caller.allow_users(None)
    sent = request.document()
    change = storage.teams.change(
        team_id,
        name=sent.get("name"),
        add=sent.get("add", ()),
        remove=sent.get("remove", ()),
        caller=request.caller.token_id,
    )
    return {
        "ok": True,
        "team": _shown(storage, change.team),
        "added": change.added,
        "removed": change.removed,
        "widened_tokens": change.widened_tokens,
        "change": change.change,
    }


def delete(storage: Storage, request: Request, team_id: str) -> dict[str, Any]:
    """Delete a team; the tokens that are bound to it see no one from now on."""
    request.caller.allow_users(None)
    deleted = storage.teams.delete(team_id, request.caller.token_id)
    return {"ok": True, "bound_tokens": deleted.tokens, "change": deleted.change}


def _shown(storage: Storage, team: Team) -> dict[str, Any]:
    users = storage.users.find_many(storage.teams.member_ids(team.id) or ())
    return {"id": team.id, "name": team.name, "members": [user.to_json() for user in users]}
