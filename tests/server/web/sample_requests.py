"""A sample request for each route, and the routes with their scopes."""

from collections.abc import Callable

from ftlserver.domain import token as tokens
from ftlserver.domain.instants import MINUTE
from ftlserver.domain.token import FEED, FEEDS, Token
from ftlserver.domain.user import User
from ftlserver.storage import Storage
from ftlserver.web.app import ROUTES, WAKATIME_KEY
from tests.helpers import EGON, GLINDA, assignment_periods, make_key

Sample = tuple[str, object]
Samples = Callable[[str | None], Sample | None]
ROUTE_TABLE = [(route.method, route.path, route.scope) for route in ROUTES]
TEAM = {user.id: user for user in (EGON, GLINDA)}


def _periods_of(user_id: str | None) -> object:
    users = [user for user in TEAM.values() if user_id in (user.id, None)]
    return {"periods": [{"user_id": user.id, **assignment_periods(user)[0].to_json("iso")} for user in users]}


def _edit(user: User) -> object:
    """Return the request for a period that becomes a minute shorter."""
    period = assignment_periods(user)[0]
    new = period._replace(ended_at=period.ended_at - MINUTE)
    times = {f"new_{name}": time for name, time in new.to_json("iso").items()}
    return {"user_id": user.id, **period.to_json("iso"), **times}


def _question(path: str) -> Samples:
    return lambda user_id: (path, {"all": True} if user_id is None else {"id_list": [user_id]})


def _about_user(path: str, body: Callable[[User], object] = lambda _: None) -> Samples:
    """Return requests about one user; there is none about all users."""
    return lambda user_id: None if user_id is None else (path.replace("<user_id>", user_id), body(TEAM[user_id]))


def _about_all(path: str, body: object = None) -> Samples:
    """Return a request about no user in particular."""
    return lambda user_id: (path, body) if user_id is None else None


def _link(user_id: str | None) -> Sample:
    return f"/api/loguseractivity{'' if user_id is None else f'?id={user_id}'}", None


PLUGIN = "/api/wakatime/users/current"
HEARTBEAT = {"entity": "/home/egon/canary.py", "type": "file", "category": "coding", "time": 1773835200.123456}

# The id and the secret of a token for each feed, which headers_of adds.
FEED_SECRETS = {view: tokens.mint() for view in FEEDS}

# For each route a request that is answered with 200 or 201 if it is allowed: about one user, or about all (None).
SAMPLES: dict[tuple[str, str], Samples] = {
    ("POST", "/api/loguseractivity"): _question("/api/loguseractivity"),
    ("GET", "/api/loguseractivity"): _link,
    ("POST", "/api/summary"): _question("/api/summary"),
    ("POST", "/api/overlap"): _question("/api/overlap"),
    ("POST", "/api/coverage"): _question("/api/coverage"),
    ("POST", "/api/presence"): _question("/api/presence"),
    ("POST", "/api/rest"): _question("/api/rest"),
    ("POST", "/api/hours"): _question("/api/hours"),
    ("POST", "/api/meeting"): _question("/api/meeting"),
    ("POST", "/api/clock-changes"): _question("/api/clock-changes"),
    ("GET", "/api/users"): _about_all("/api/users"),
    ("GET", "/api/teams"): lambda user_id: ("/api/teams", None) if user_id == EGON.id else None,
    ("GET", "/api/teams/<team_id>"): _about_all("/api/teams/backend"),
    ("POST", "/api/teams"): _about_all("/api/teams", {"id": "new", "name": "New", "members": [EGON.id]}),
    ("PATCH", "/api/teams/<team_id>"): _about_all("/api/teams/backend", {"name": "Back end"}),
    ("DELETE", "/api/teams/<team_id>"): _about_all("/api/teams/backend"),
    ("GET", "/api/users/<user_id>"): _about_user("/api/users/<user_id>"),
    ("POST", "/api/activity"): lambda user_id: ("/api/activity", _periods_of(user_id)),
    ("DELETE", "/api/activity"): lambda user_id: ("/api/activity", _periods_of(user_id)),
    ("PATCH", "/api/activity"): _about_user("/api/activity", _edit),
    ("GET", "/api/changes"): _about_all("/api/changes?since=0-0"),
    ("POST", "/api/changes/<number>/undo"): lambda _: None,
    ("POST", "/api/users/<user_id>/merge"): lambda _: None,
    ("POST", "/api/heartbeat"): _about_user("/api/heartbeat", lambda user: {"user_id": user.id}),
    ("POST", f"{PLUGIN}/heartbeats"): _about_user(f"{PLUGIN}/heartbeats", lambda _: HEARTBEAT),
    ("POST", f"{PLUGIN}/heartbeats.bulk"): _about_user(f"{PLUGIN}/heartbeats.bulk", lambda _: [HEARTBEAT]),
    ("POST", "/api/users"): _about_user(
        "/api/users", lambda user: {"id": user.id, "real_name": user.real_name, "tz": user.tz}
    ),
    ("PUT", "/api/users/<user_id>"): _about_user(
        "/api/users/<user_id>", lambda user: {"real_name": user.real_name, "tz": user.tz}
    ),
    ("PATCH", "/api/users/<user_id>"): _about_user("/api/users/<user_id>", lambda user: {"tz": user.tz}),
    ("DELETE", "/api/users/<user_id>"): _about_user("/api/users/<user_id>"),
    ("PUT", "/api/users/<user_id>/aliases/<alias>"): lambda user_id: (
        None if user_id is None else (f"/api/users/{user_id}/aliases/{user_id}.other", None)
    ),
    ("GET", "/api/users/<user_id>/export"): _about_user("/api/users/<user_id>/export"),
    ("GET", "/api/export"): _about_all("/api/export"),
    ("GET", "/api/whoami"): _about_all("/api/whoami"),
    **{
        ("GET", f"/feed/<secret>/{view}"): _about_all(f"/feed/{secret}/{view}")
        for view, (_, secret) in FEED_SECRETS.items()
    },
    ("GET", "/healthz"): _about_all("/healthz"),
    ("GET", "/readyz"): _about_all("/readyz"),
    ("GET", "/metrics"): _about_all("/metrics"),
    ("GET", "/openapi.json"): _about_all("/openapi.json"),
    ("GET", "/docs"): _about_all("/docs"),
}


# Requests about several users, or about what the caller did before; the tests of their handlers have more.
ABOUT_MORE: dict[str, Sample] = {
    "/api/changes/<number>/undo": ("/api/changes/1/undo", {}),
    "/api/users/<user_id>/merge": (f"/api/users/{EGON.id}/merge", {"into": GLINDA.id}),
}


def headers_of(storage: Storage, scope: str | None) -> dict[str, str]:
    """Return the headers that a route of that scope needs on a server that is open; a feed needs a token instead."""
    if scope == FEED:
        for view, (id_, secret) in FEED_SECRETS.items():
            storage.tokens.add(Token(id_, view, tokens.digest(secret), (FEED,), None, 0, None, view=view))
    return make_key(storage) if scope == WAKATIME_KEY else {}


def sample_of(method: str, path: str) -> Sample:
    """Return the sample request of a route about Egon, or the one about no user in particular."""
    sample = SAMPLES[method, path](EGON.id) or SAMPLES[method, path](None)
    return sample or ABOUT_MORE[path]
