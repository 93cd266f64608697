"""Every answer of the suite is JSON with ``ok``, carries the security headers, and is one that the route table lists."""

import functools
import json
import re
from collections.abc import Callable, Iterable
from typing import Any

import waitress.server
import webtest

from ftlserver.errors import HTTP_STATUSES
from ftlserver.web import responses
from ftlserver.web.app import PAGES, ROUTES, Route
from ftlserver.web.handlers import metrics
from ftlserver.web.pages.visit import POLICY

_PATTERNS = [(re.compile(re.sub(r"<\w+>", "[^/]+", route.path) + "/?"), route) for route in (*ROUTES, *PAGES)]
# What the application answers where no route is found or called.
_WITHOUT_ROUTE = {200, 204, 400, 403, 404, 405, 421, 500}


def check_every_answer() -> None:
    """Check the answers of all applications that are served or tested from now on."""
    for target in (webtest.TestApp, waitress.server.BaseWSGIServer):
        _wrap(target)


def _wrap(target: Any) -> None:
    original = target.__init__

    @functools.wraps(original)
    def construct(this: Any, application: Any, *args: Any, **kwargs: Any) -> None:
        # A middleware of ours; other applications of the suite answer as they like.
        ours = getattr(application, "__module__", "") == "ftlserver.web.middleware"
        original(this, checking(application) if ours else application, *args, **kwargs)

    target.__init__ = construct


def checking(application: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """Return *application*, each of whose answers is checked."""

    def serve(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        begun: list[Any] = []
        route = _route(environ["REQUEST_METHOD"], environ["PATH_INFO"])  # Bottle changes the path

        def respond(status: str, headers: list[tuple[str, str]], *args: Any) -> Any:
            begun[:] = [int(status[:3]), headers]
            return start_response(status, headers, *args)

        pieces = application(environ, respond)
        status, headers = begun
        if dict(headers).get("Content-Type", "").startswith("text/html"):
            assert _is_page(environ) or route in PAGES
            _check_page(status, headers)
            answer = None
        elif route in PAGES and status < 400:
            _check_file(headers)
            answer = None
        else:
            _check_headers(status, headers)
            answer = _check_body(status, headers, pieces)
        if route is None:
            assert status in _WITHOUT_ROUTE, (environ["PATH_INFO"], status)
        else:
            assert status in route.statuses | {404, 421}, (route.path, status)
            if status != route.success and answer:
                assert HTTP_STATUSES[answer["error"]] == status
                assert answer["error"] in route.codes | {"not_found"}, (route.path, answer)
        return pieces

    return serve


def _is_page(environ: dict[str, Any]) -> bool:
    return "text/html" in environ.get("HTTP_ACCEPT", "") or not environ["PATH_INFO"].startswith("/api")


def _check_page(status: int, headers: list[tuple[str, str]]) -> None:
    """Check the headers of HTML: a policy of its own, and kept by the browser of its reader only to ask again."""
    found = dict(headers)
    assert found["Content-Security-Policy"] == POLICY
    assert found["Cache-Control"] == ("private, no-cache" if "Etag" in found else "no-store")
    assert ("Etag" in found) == (status in (200, 304)), headers
    _check_rest(headers, {"Content-Security-Policy", "Cache-Control"})


def _check_file(headers: list[tuple[str, str]]) -> None:
    """Check the headers of CSV, JSON, style and script, and of an answer without body."""
    _check_rest(headers, {"Content-Security-Policy", "Cache-Control"})


def _check_rest(headers: list[tuple[str, str]], own: set[str]) -> None:
    names = [name for name, _ in headers]
    assert len(names) == len(set(names)), names
    assert {*own, "X-Request-Id"} <= set(names), names
    assert {pair for pair in responses.HEADERS if pair[0] not in own} <= set(headers), headers


def _check_headers(status: int, headers: list[tuple[str, str]]) -> None:
    assert set(responses.HEADERS) <= set(headers), headers
    names = [name.lower() for name, _ in headers]
    assert len(names) == len(set(names)), names
    assert "x-request-id" in names
    assert not {"server", "x-powered-by", "via"} & set(names), names
    if status != 204:
        assert dict(headers).get("Content-Type") in (responses.JSON, responses.NDJSON, metrics.TEXT), headers


def _check_body(status: int, headers: list[tuple[str, str]], pieces: Iterable[bytes]) -> Any:
    """Return the document of an answer that is complete, if it has a body."""
    if not isinstance(pieces, list) or not (body := b"".join(pieces)):
        return None
    if dict(headers)["Content-Type"] == metrics.TEXT:
        return None
    if dict(headers)["Content-Type"] == responses.NDJSON:
        body = body.splitlines()[-1]
    answer = json.loads(body)
    assert answer["ok"] is (status in (200, 201)), answer
    return answer


def _route(method: str, path: str) -> Route | None:
    method = "GET" if method == "HEAD" else method
    try:
        path.encode("latin-1").decode()
    except UnicodeDecodeError:
        return None  # refused before a route is looked for
    return next(
        (route for pattern, route in _PATTERNS if route.method == method and pattern.fullmatch(path)), None
    )
