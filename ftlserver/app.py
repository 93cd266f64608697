"""The WSGI application: route table, error pages, JSON, headers, one log line per request."""

import logging
import random
import time
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import bottle
import orjson

from ftlserver.access import Gate, Policy
from ftlserver.api import API
from ftlserver.errors import DatabaseError, FTLError, InvalidRequestError, RefusedError
from ftlserver.recording import Recording
from ftlserver.store import Store
from ftlserver.token_store import TokenStore

# Method, path, the scope that a token must have, handler. KNOWN takes any token, None takes anybody.
KNOWN = "known"
ROUTES: list[tuple[str, str, str | None, Callable[..., Any]]] = [
    ("POST", "/api/loguseractivity", "read", API.log_user_activity),
    ("GET", "/api/loguseractivity", "read", API.log_user_activity_by_link),
    ("POST", "/api/summary", "read", API.summary),
    ("POST", "/api/overlap", "read", API.overlap),
    ("POST", "/api/presence", "read", API.presence),
    ("POST", "/api/hours", "read", API.hours),
    ("POST", "/api/meeting", "read", API.meeting),
    ("GET", "/api/users", "read", API.users),
    ("GET", "/api/users/<user_id>", "read", API.user),
    ("POST", "/api/activity", "write", Recording.record),
    ("DELETE", "/api/activity", "write", Recording.delete),
    ("POST", "/api/heartbeat", "write", Recording.heartbeat),
    ("POST", "/api/users", "admin", Recording.add_user),
    ("PUT", "/api/users/<user_id>", "admin", Recording.put_user),
    ("PATCH", "/api/users/<user_id>", "admin", Recording.patch_user),
    ("DELETE", "/api/users/<user_id>", "admin", Recording.delete_user),
    ("GET", "/api/users/<user_id>/export", "admin", Recording.export_user),
    ("GET", "/api/export", "admin", Recording.export),
    ("GET", "/api/whoami", KNOWN, API.whoami),
    ("GET", "/healthz", None, API.health),
    ("GET", "/readyz", None, API.readiness),
]

_STATUSES = {
    "bad_request": 400,
    "host_missing": 400,
    "invalid_json": 400,
    "json_not_object": 400,
    "missing_argument": 400,
    "invalid_argument": 400,
    "unknown_field": 400,
    "too_many_ids": 400,
    "too_many_periods": 400,
    "too_many_days": 400,
    "invalid_cursor": 400,
    "not_authed": 401,
    "invalid_auth": 401,
    "missing_scope": 403,
    "cross_origin": 403,
    "tls_required": 403,
    "not_found": 404,
    "user_not_found": 404,
    "method_not_allowed": 405,
    "user_exists": 409,
    "body_too_large": 413,
    "unsupported_media_type": 415,
    "host_not_allowed": 421,
    "invalid_period": 422,
    "unknown_timezone": 422,
    "nonexistent_local_time": 422,
    "ambiguous_local_time": 422,
    "headers_too_large": 431,
    "internal_error": 500,
    "transfer_encoding_unsupported": 501,
    "database_busy": 503,
    "database_unavailable": 503,
    "storage_full": 503,
    "query_timeout": 503,
}
_CODES = {400: "bad_request", 404: "not_found", 405: "method_not_allowed"}
_MESSAGES = {
    400: "the request cannot be understood",
    404: "there is nothing at this path; the API begins at /api/loguseractivity/",
    405: "this path does not take this method; the Allow header says which it takes",
    500: "something went wrong here; the log of the server has more under this request_id",
}
HEADERS = [
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
]
_HSTS = ("Strict-Transport-Security", "max-age=31536000")
_PREFLIGHT = [
    ("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE"),
    ("Access-Control-Allow-Headers", "Authorization, Content-Type"),
    ("Access-Control-Max-Age", "600"),
]
_CHALLENGES = {
    "not_authed": 'Bearer realm="ftl"',
    "invalid_auth": 'Bearer realm="ftl", error="invalid_token"',
}
_REASONS = {400: "Bad Request", 403: "Forbidden", 404: "Not Found", 421: "Misdirected Request"}
_RETRY_SECONDS = "1"

_access_log = logging.getLogger("ftlserver.access")
_log = logging.getLogger("ftlserver")


class _Handlers(API, Recording):
    """All of them, over one store."""

    def __init__(self, store: Store) -> None:
        API.__init__(self, store)
        Recording.__init__(self, store)


def create_app(store: Store, policy: Policy | None = None) -> WSGIApplication:
    """Return the application over *store*; without *policy* it is for a server on this machine alone."""
    gate = Gate(TokenStore(store.database), policy or Policy())
    application = _Bottle()
    handlers = _Handlers(store)
    for method, path, scope, handler in ROUTES:
        application.route([path, path + "/"], method, _guarded(gate, scope, handler.__get__(handlers)))
    return _with_policy(application, gate.policy)


def error_body(status: int, code: str, message: str, **more: object) -> bytes:
    """Return the one shape that every error has."""
    return orjson.dumps({"ok": False, "error": code, "status": status, "message": message, **more})


class _Bottle(bottle.Bottle):  # type: ignore[misc]  # bottle is untyped
    """Bottle that speaks JSON only."""

    def __init__(self) -> None:
        super().__init__()
        self.uninstall("json")  # it takes whichever JSON library it finds installed
        self.install(bottle.JSONPlugin(json_dumps=orjson.dumps))

    def default_error_handler(self, error: bottle.HTTPError) -> bytes:
        """Answer what Bottle itself refuses, and what nobody foresaw."""
        status = error.status_code
        bottle.response.content_type = "application/json"
        return error_body(
            status,
            _CODES.get(status, "internal_error"),
            _MESSAGES.get(status, error.status_line),
            request_id=bottle.request.environ["ftl.request_id"],
        )


def _guarded(gate: Gate, scope: str | None, handler: Callable[..., Any]) -> Callable[..., Any]:
    """Return *handler* for those alone who may, with errors as answers."""

    def answer(**arguments: str) -> Any:
        environ = bottle.request.environ
        try:
            gate.policy.check_origin(environ)
            if scope is not None:
                principal = environ["ftl.principal"] = gate.admit(environ.get("HTTP_AUTHORIZATION"))
                if scope != KNOWN:
                    principal.allow(scope)
            return handler(**arguments)
        except FTLError as exc:
            return bottle.HTTPResponse(*_error(exc, environ["ftl.request_id"]))

    return answer


def _error(exc: FTLError, request_id: str) -> tuple[bytes, int, dict[str, str]]:
    """Return the body, the status and the headers that tell of an error."""
    more: dict[str, object] = {}
    headers = {"Content-Type": "application/json"}
    match exc:
        case DatabaseError():
            _log.error("%s: %s", request_id, exc)
            headers["Retry-After"] = _RETRY_SECONDS
        case InvalidRequestError():
            if exc.problems:
                more["errors"] = [vars(problem) for problem in exc.problems]
            if exc.limit is not None:
                more["max"] = exc.limit
            if exc.code == "unsupported_media_type":
                headers["Accept-Post"] = "application/json"
        case RefusedError():
            more |= exc.more
            if exc.code in _CHALLENGES:
                headers["WWW-Authenticate"] = _CHALLENGES[exc.code]
    status = _STATUSES[exc.code]
    return error_body(status, exc.code, exc.message, **more, request_id=request_id), status, headers


def _with_policy(application: WSGIApplication, policy: Policy) -> WSGIApplication:
    """Give each request an id and a check of its host, each answer the headers that all have, the log a line.

    Outside Bottle, whose own hooks lose their headers when a handler fails.
    """

    def serve(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        started = time.perf_counter()
        request_id = environ["ftl.request_id"] = f"{random.getrandbits(64):016x}"
        policy.read_proxy(environ)
        extra = [*HEADERS, ("X-Request-Id", request_id)]
        if environ["wsgi.url_scheme"] == "https":
            extra.append(_HSTS)
        origin = environ.get("HTTP_ORIGIN", "").lower()
        if policy.origins:
            extra.append(("Vary", "Origin"))
        if origin in policy.origins:
            extra += [("Access-Control-Allow-Origin", origin), ("Access-Control-Expose-Headers", "X-Request-Id")]

        def respond(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            request = f"{_printable(environ['REQUEST_METHOD'])} {_printable(environ['PATH_INFO'])}"
            seconds = time.perf_counter() - started
            log_request(environ.get("REMOTE_ADDR", "-"), request, status[:3], seconds, request_id)
            return start_response(status, [*headers, *extra], exc_info)

        try:
            policy.check_host(environ)
            _check_path(environ["PATH_INFO"])
        except (RefusedError, InvalidRequestError) as exc:
            body, code, headers = _error(exc, request_id)
            respond(f"{code} {_REASONS[code]}", [*headers.items(), ("Content-Length", str(len(body)))])
            return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]
        if origin in policy.origins and _is_preflight(environ):
            respond("204 No Content", _PREFLIGHT)
            return []
        return application(environ, respond)

    return serve


def _check_path(path: str) -> None:
    """Refuse a path that is not UTF-8: Bottle would leave out the bytes that are not, and find somebody else."""
    try:
        path.encode("latin-1").decode()
    except UnicodeDecodeError as exc:
        raise InvalidRequestError("not_found", _MESSAGES[404]) from exc


def _is_preflight(environ: WSGIEnvironment) -> bool:
    return environ["REQUEST_METHOD"] == "OPTIONS" and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ


def log_request(address: str, request: str, status: str, seconds: float, request_id: str) -> None:
    """Write the one line that each request has in the log."""
    _access_log.info("%s %s %s %.1fms %s", address, request, status, seconds * 1000, request_id)


def _printable(text: str) -> str:
    """Return a method or a path that is one short word in a log, whatever was sent."""
    return ascii(text[:200])[1:-1].replace(" ", "\\x20")
