"""The WSGI application: the route table, and the way from a route to its handler."""

from collections.abc import Callable
from functools import partial
from typing import Any
from wsgiref.types import WSGIApplication

import bottle
import orjson

from ftlserver.domain.token import FEED, Principal
from ftlserver.errors import HTTP_STATUSES, FTLError
from ftlserver.storage import Storage
from ftlserver.web import responses, schemas
from ftlserver.web.auth import Authentication
from ftlserver.web.handlers import (
    activity,
    changes,
    exports,
    feeds,
    health,
    metrics,
    periods,
    questions,
    teams,
    users,
    wakatime,
)
from ftlserver.web.metrics import Metrics
from ftlserver.web.middleware import FEED_PATH, Policy, with_policy
from ftlserver.web.pages import assets, board, login, member, views
from ftlserver.web.pages import visit as visits
from ftlserver.web.pages.visit import Visit
from ftlserver.web.reference import Reference
from ftlserver.web.requests import Request, check_query
from ftlserver.web.route import ANY_TOKEN, AUTH_ERRORS, DATABASE_ERRORS, WAKATIME_KEY, Route

_BODY = frozenset(["invalid_json", "json_not_object", "unsupported_media_type", "missing_argument"])
_ASKED = frozenset(["too_many_ids", "unknown_timezone", "team_not_found", "too_much", "server_busy"])
_QUESTION = _BODY | _ASKED
_LINK = _ASKED | {"missing_argument", "invalid_cursor"}
_VIEW = _ASKED | {"missing_argument", "user_not_found"}
_PERIODS = _BODY | {"too_many_periods", "invalid_period", "server_busy"}
_TIME = frozenset(["nonexistent_local_time", "ambiguous_local_time"])

_USER = "/api/users/<user_id>"
_NO_USER = frozenset(["user_not_found"])
_NO_CHANGE = frozenset(["change_not_found", "changed_since"])
_TEAM = "/api/teams/<team_id>"
_NO_TEAM = frozenset(["team_not_found"])
_MEMBERS_OF_TEAM = _BODY | _NO_USER | {"too_many_ids"}
_HEARTBEAT = _BODY | _NO_USER | _TIME | {"invalid_period", "unknown_timezone"}
_EDIT = _HEARTBEAT | {"period_not_found"}
_WAKATIME = _BODY | _NO_USER | {"unknown_timezone", "too_many_heartbeats", "server_busy"}
_CHANGES = frozenset(["invalid_cursor", "resync"])
_PAGED = frozenset(["invalid_cursor"])
_PAGE = frozenset(["limit", "cursor"])
_LINKED = _PAGE | {"id", *(schemas.LOG_USER_ACTIVITY.fields.keys() - {"id_list", "all"})}
_LINES = frozenset(["partial", "dry_run"])
# Plugins are given what precedes /users, and append the rest.
_PLUGIN = "/api/wakatime/users/current"
_reference = Reference(lambda: ROUTES)
_FEEDS = f"{FEED_PATH}<secret>"
_QUESTION_OF_FEED = frozenset(["too_much", "server_busy"])

ROUTES: list[Route] = [
    Route("POST", "/api/loguseractivity", "read", activity.ask, schemas.LOG_USER_ACTIVITY, _QUESTION),
    Route(
        *("GET", "/api/loguseractivity", "read", activity.ask_by_link, schemas.LOG_USER_ACTIVITY, _LINK, _LINKED),
        revalidated=True,
    ),
    Route("POST", "/api/summary", "read", questions.summary, schemas.SUMMARY, _QUESTION),
    Route("POST", "/api/overlap", "read", questions.overlap, schemas.OVERLAP, _QUESTION),
    Route("POST", "/api/coverage", "read", questions.coverage, schemas.COVERAGE, _QUESTION),
    Route("POST", "/api/presence", "read", questions.presence, schemas.PRESENCE, _QUESTION),
    Route("POST", "/api/rest", "read", questions.rest, schemas.REST, _QUESTION),
    Route("POST", "/api/hours", "read", questions.hours, schemas.HOURS, _QUESTION),
    Route("POST", "/api/meeting", "read", questions.meeting, schemas.MEETING, _QUESTION),
    Route("POST", "/api/clock-changes", "read", questions.clock_changes, schemas.CLOCK_CHANGES, _QUESTION),
    Route("GET", "/api/users", "read", users.list_users, None, _PAGED, _PAGE | {"query"}, revalidated=True),
    Route("GET", _USER, "read", users.get, None, _NO_USER, revalidated=True),
    Route("GET", "/api/teams", "read", teams.list_teams, revalidated=True),
    Route("GET", _TEAM, "read", teams.get, None, _NO_TEAM, revalidated=True),
    Route("POST", "/api/activity", "write", periods.record, schemas.RECORD, _PERIODS, _LINES),
    Route("DELETE", "/api/activity", "write", periods.delete, schemas.RECORD, _PERIODS, _LINES),
    Route("PATCH", "/api/activity", "write", periods.edit, schemas.EDIT, _EDIT),
    Route("POST", "/api/heartbeat", "write", periods.heartbeat, schemas.HEARTBEAT, _HEARTBEAT),
    Route("GET", "/api/changes", "admin", changes.follow, None, _CHANGES, frozenset(["since"]), revalidated=True),
    Route("POST", "/api/changes/<number>/undo", "write", changes.undo, schemas.UNDO, _BODY | _NO_CHANGE),
    Route(
        *("POST", f"{_PLUGIN}/heartbeats", WAKATIME_KEY, wakatime.heartbeat),
        *(schemas.WAKATIME_HEARTBEAT, _WAKATIME),
        success=201,
    ),
    Route(
        *("POST", f"{_PLUGIN}/heartbeats.bulk", WAKATIME_KEY, wakatime.heartbeats),
        *(schemas.WAKATIME_HEARTBEAT, _WAKATIME),
        success=201,
    ),
    Route("POST", "/api/users", "admin", users.add, schemas.ADD_USER, _BODY | {"unknown_timezone", "user_exists"}),
    Route("PUT", _USER, "admin", users.put, schemas.PUT_USER, _BODY | {"unknown_timezone", "user_exists"}),
    Route("PATCH", _USER, "admin", users.patch, schemas.PATCH_USER, _BODY | _NO_USER | {"unknown_timezone"}),
    Route("DELETE", _USER, "admin", users.delete, None, _NO_USER),
    Route("PUT", _USER + "/aliases/<alias>", "admin", users.add_alias, None, _NO_USER | {"user_exists"}),
    Route("POST", _USER + "/merge", "admin", users.merge, schemas.MERGE, _BODY | _NO_USER),
    Route("POST", "/api/teams", "admin", teams.add, schemas.ADD_TEAM, _MEMBERS_OF_TEAM | {"team_exists"}),
    Route("PATCH", _TEAM, "admin", teams.patch, schemas.PATCH_TEAM, _MEMBERS_OF_TEAM | _NO_TEAM),
    Route("DELETE", _TEAM, "admin", teams.delete, None, _NO_TEAM),
    Route("GET", _USER + "/export", "admin", exports.export_user, None, _NO_USER),
    Route("GET", "/api/export", "admin", exports.export),
    Route("GET", "/api/whoami", ANY_TOKEN, health.whoami, revalidated=True),
    Route("GET", f"{_FEEDS}/activity.ics", FEED, feeds.activity, None, _QUESTION_OF_FEED, revalidated=True),
    Route("GET", f"{_FEEDS}/usual-hours.ics", FEED, feeds.usual_hours, None, _QUESTION_OF_FEED, revalidated=True),
    Route("GET", f"{_FEEDS}/meeting.ics", FEED, feeds.meeting, None, _QUESTION_OF_FEED, revalidated=True),
    Route(
        "GET", f"{_FEEDS}/clock-changes.ics", FEED, feeds.clock_changes, None, _QUESTION_OF_FEED, revalidated=True
    ),
    Route("GET", f"{_FEEDS}/board.svg", FEED, feeds.board, None, _QUESTION_OF_FEED, revalidated=True),
    Route("GET", f"{_FEEDS}/badge.svg", FEED, feeds.badge, None, _QUESTION_OF_FEED, revalidated=True),
    Route("GET", "/healthz", None, health.health),
    Route("GET", "/readyz", None, health.readiness, None, DATABASE_ERRORS),
    Route("GET", "/metrics", "admin", metrics.scrape),
    Route("GET", "/openapi.json", None, _reference.openapi, revalidated=True),
    Route("GET", "/docs", None, _reference.page, revalidated=True),
]

# The routes of the page, for browsers: they answer HTML, their handlers take a Visit, and the cookie is read here
# and nowhere else.
PAGES = [
    Route("GET", "/", "read", board.show, schemas.PRESENCE, _VIEW, board.QUERY, revalidated=True),
    Route("GET", "/board.csv", "read", board.csv, schemas.PRESENCE, _VIEW, board.QUERY, revalidated=True),
    Route("GET", "/board.json", "read", board.json, schemas.PRESENCE, _VIEW, board.QUERY, revalidated=True),
    *(
        Route(
            *("GET", f"{view.path}{kind}", "read", partial(handler, view), view.schema, _VIEW, view.query),
            revalidated=True,
        )
        for view in views.VIEWS
        for kind, handler in (("", views.show), (".csv", views.csv), (".json", views.json))
    ),
    Route("GET", "/members/<user_id>", "read", member.show, None, _VIEW, member.QUERY, revalidated=True),
    Route("GET", "/login", None, login.show, revalidated=True),
    Route("POST", "/login", None, login.log_in, None, AUTH_ERRORS | {"unsupported_media_type"}, success=303),
    Route("POST", "/logout", None, login.log_out, None, DATABASE_ERRORS, success=303),
    Route("GET", "/static/<name>", None, assets.show, None, frozenset(["not_found"])),
]
_PAGE_PATHS = {page.path.split("/")[1] for page in PAGES}

_BOTTLE_CODES = {400: "bad_request", 404: "not_found", 405: "method_not_allowed"}
_BOTTLE_MESSAGES = {
    400: "the request is not valid HTTP",
    404: responses.NOTHING_HERE,
    405: "this path does not take this method; the Allow header lists those it takes",
    500: "something went wrong here; the log of the server has more under this request_id",
}


def new_metrics(workers: int = 1) -> Metrics:
    """Return counters for the routes, of as many *workers*."""
    return Metrics([(route.method, route.path) for route in (*ROUTES, *PAGES)], workers)


def create_app(storage: Storage, policy: Policy | None = None, counters: Metrics | None = None) -> WSGIApplication:
    """Return the application over *storage*; without *policy* it is for a server on this machine alone.

    It counts in *counters*, or in its own.
    """
    policy = policy or Policy()
    auth = Authentication(
        storage.tokens, storage.teams, is_local=policy.is_local, public_read=policy.public_read, rate=policy.rate
    )
    application = _Bottle()
    for route in ROUTES:
        handler = _guarded(route, storage, policy, auth)
        application.route([route.path, route.path + "/"], route.method, handler)
    for page in PAGES:
        handler = _guarded_page(page, storage, policy, auth)
        application.route(page.path if page.path == "/" else [page.path, page.path + "/"], page.method, handler)
    return with_policy(application, policy, counters or new_metrics())


class _Bottle(bottle.Bottle):  # type: ignore[misc]  # bottle is untyped
    """Bottle that speaks JSON, and HTML on the page."""

    def __init__(self) -> None:
        super().__init__()
        self.uninstall("json")  # it takes whichever JSON library it finds installed
        self.install(bottle.JSONPlugin(json_dumps=orjson.dumps))

    def default_error_handler(self, error: bottle.HTTPError) -> bytes:
        """Answer what Bottle itself refuses, and unforeseen errors."""
        status = error.status_code
        if _is_for_page(bottle.request.environ):
            answer = visits.error_page(status, _BOTTLE_MESSAGES.get(status, error.status_line))
            for name, value in visits.HEADERS.items():
                bottle.response.set_header(name, value)
            return bytes(answer.body)
        bottle.response.content_type = responses.JSON
        return responses.error_body(
            status,
            _BOTTLE_CODES.get(status, "internal_error"),
            _BOTTLE_MESSAGES.get(status, error.status_line),
            request_id=bottle.request.environ["ftl.request_id"],
        )


def _guarded(route: Route, storage: Storage, policy: Policy, auth: Authentication) -> Callable[..., Any]:
    """Return the handler of *route* behind its checks, with errors as answers."""

    def answer(**arguments: str) -> Any:
        environ = bottle.request.environ
        try:
            caller = Principal(frozenset())
            if route.scope == FEED:  # a badge stands in a page of another origin
                view = route.path.rpartition("/")[2]
                caller = auth.subscriber(arguments.pop("secret"), view, environ["ftl.client"])
            else:
                policy.check_origin(environ)
            if route.scope not in (FEED, None):
                by_key = route.scope == WAKATIME_KEY
                caller = auth.principal(environ.get("HTTP_AUTHORIZATION"), environ["ftl.client"], by_key=by_key)
                if not (by_key or route.scope == ANY_TOKEN):
                    caller.allow(route.scope)
            check_query(route.query)
            bottle.response.status = route.success
            request = Request(caller, route.schema, storage.teams)
            found = route.handler(_seen_by(caller, storage), request, **arguments)
            return responses.whole_revalidated(found) if route.revalidated else found
        except FTLError as exc:
            return bottle.HTTPResponse(*responses.error(exc, environ["ftl.request_id"]))

    return answer


def _seen_by(caller: Principal, storage: Storage) -> Storage:
    """Return the storage as a caller may see it: with rounded times, for some."""
    return storage if caller.round_seconds is None else storage.rounded(caller.round_seconds)


def _guarded_page(page: Route, storage: Storage, policy: Policy, auth: Authentication) -> Callable[..., Any]:
    """Return the handler of a *page* behind its checks, with errors as pages; without a login it is the login."""

    def answer(**arguments: str) -> Any:
        environ = bottle.request.environ
        try:
            (policy.check_page if page.method == "GET" else policy.check_form)(environ)
            caller = Principal(frozenset())
            if page.scope is not None:
                caller = auth.reader(visits.cookie(), environ["ftl.client"])
                caller.allow(page.scope)
            check_query(page.query)
            found = page.handler(Visit(_seen_by(caller, storage), auth, caller), **arguments)
            return responses.whole_revalidated(found) if page.revalidated else found
        except FTLError as exc:
            if exc.status == HTTP_STATUSES["not_authed"]:
                return login.ask(exc)
            return visits.refused(exc, environ["ftl.request_id"])

    return answer


def _is_for_page(environ: dict[str, Any]) -> bool:
    """Tell whether an error is shown to a reader: on a path of the page, or to a browser outside of the API."""
    path: str = environ["PATH_INFO"]
    first = path.partition("/")[2].partition("/")[0]
    if first in _PAGE_PATHS:
        return first != "" or path == "/"
    return first not in ("api", "feed") and "text/html" in environ.get("HTTP_ACCEPT", "")
