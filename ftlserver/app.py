"""The WSGI application: route table, error pages, JSON, headers, one log line per request."""

import logging
import secrets
import time
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import bottle
import orjson

from ftlserver.api import API
from ftlserver.errors import DatabaseError, FTLError, InvalidRequestError
from ftlserver.store import Store

ROUTES: list[tuple[str, str, Callable[..., Any]]] = [
    ("POST", "/api/loguseractivity", API.log_user_activity),
    ("GET", "/api/loguseractivity", API.log_user_activity_by_link),
    ("POST", "/api/summary", API.summary),
    ("POST", "/api/overlap", API.overlap),
    ("POST", "/api/presence", API.presence),
    ("POST", "/api/hours", API.hours),
    ("POST", "/api/meeting", API.meeting),
    ("GET", "/api/users", API.users),
    ("GET", "/api/users/<user_id>", API.user),
    ("GET", "/healthz", API.health),
    ("GET", "/readyz", API.readiness),
]

_STATUSES = {
    "bad_request": 400,
    "invalid_json": 400,
    "json_not_object": 400,
    "missing_argument": 400,
    "invalid_argument": 400,
    "unknown_field": 400,
    "too_many_ids": 400,
    "too_many_days": 400,
    "invalid_cursor": 400,
    "not_found": 404,
    "user_not_found": 404,
    "method_not_allowed": 405,
    "user_exists": 409,
    "body_too_large": 413,
    "unsupported_media_type": 415,
    "invalid_period": 422,
    "unknown_timezone": 422,
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
_RETRY_SECONDS = "1"

_access_log = logging.getLogger("ftlserver.access")
_log = logging.getLogger("ftlserver")


def create_app(store: Store) -> WSGIApplication:
    """Return the application over *store*."""
    application = _Bottle()
    api = API(store)
    for method, path, handler in ROUTES:
        bound = handler.__get__(api)
        application.route([path, path + "/"], method, bound)
    return _with_request_id(application)


def error_body(status: int, code: str, message: str, **more: object) -> bytes:
    """Return the one shape that every error has."""
    return orjson.dumps({"ok": False, "error": code, "status": status, "message": message, **more})


class _Bottle(bottle.Bottle):  # type: ignore[misc]  # bottle is untyped
    """Bottle that speaks JSON only."""

    def __init__(self) -> None:
        super().__init__()
        self.uninstall("json")  # it takes whichever JSON library it finds installed
        self.install(bottle.JSONPlugin(json_dumps=orjson.dumps))
        self.install(_answer_errors)

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


def _answer_errors(handler: Callable[..., Any]) -> Callable[..., Any]:
    def answer(**arguments: str) -> Any:
        try:
            return handler(**arguments)
        except FTLError as exc:
            return _error_response(exc)

    return answer


def _error_response(exc: FTLError) -> bottle.HTTPResponse:
    request_id = bottle.request.environ["ftl.request_id"]
    status = _STATUSES[exc.code]
    more: dict[str, object] = {}
    headers = {"Content-Type": "application/json"}
    if isinstance(exc, DatabaseError):
        _log.error("%s: %s", request_id, exc)
        headers["Retry-After"] = _RETRY_SECONDS
    if isinstance(exc, InvalidRequestError):
        if exc.problems:
            more["errors"] = exc.problems
        if exc.limit is not None:
            more["max"] = exc.limit
        if exc.code == "unsupported_media_type":
            headers["Accept-Post"] = "application/json"
    body = error_body(status, exc.code, exc.message, **more, request_id=request_id)
    return bottle.HTTPResponse(body, status, headers)


def _with_request_id(application: WSGIApplication) -> WSGIApplication:
    """Give each request an id, each answer the headers that all answers have, and the log a line.

    Outside Bottle, whose own hooks lose their headers when a handler fails.
    """

    def serve(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        started = time.perf_counter()
        request_id = environ["ftl.request_id"] = secrets.token_hex(8)

        def respond(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            request = f"{environ['REQUEST_METHOD']} {_printable(environ['PATH_INFO'])}"
            seconds = time.perf_counter() - started
            log_request(environ.get("REMOTE_ADDR", "-"), request, status[:3], seconds, request_id)
            return start_response(status, [*headers, *HEADERS, ("X-Request-Id", request_id)], exc_info)

        return application(environ, respond)

    return serve


def log_request(address: str, request: str, status: str, seconds: float, request_id: str) -> None:
    """Write the one line that each request has in the log."""
    _access_log.info("%s %s %s %.1fms %s", address, request, status, seconds * 1000, request_id)


def _printable(path: str) -> str:
    """Return a path that is one short word in a log, whatever was sent."""
    return ascii(path[:200])[1:-1].replace(" ", "\\x20")
