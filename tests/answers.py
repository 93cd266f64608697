"""Every answer of the suite carries the security headers, is one that the route table lists, and is as described.

The OpenAPI document says what an answer is. A client has to ignore keys that it does not know; here there are none.
"""

import functools
import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import jsonschema_rs
import waitress.server
import webtest

from ftlcommon import calendars
from ftlserver.domain.token import FEED
from ftlserver.errors import HTTP_STATUSES
from ftlserver.web import answers, openapi, responses
from ftlserver.web.app import PAGES, ROUTES, Route
from ftlserver.web.pages.visit import POLICY

_PATTERNS = [(re.compile(re.sub(r"<\w+>", "[^/]+", route.path) + "/?"), route) for route in (*ROUTES, *PAGES)]
# What the application answers where no route is found or called.
_WITHOUT_ROUTE = {200, 204, 400, 403, 404, 405, 421, 500}
_ERROR = {responses.JSON: {"schema": {"$ref": "#/components/schemas/Error"}}}
_LONGEST = 2 * 1024 * 1024  # bytes of a stream that are kept to be checked
_POLICY = "Content-Security-Policy"

DOCUMENT = openapi.document(ROUTES)


def check_every_answer() -> None:
    """Check the answers of all applications that are served or tested from now on."""
    for target in (webtest.TestApp, waitress.server.BaseWSGIServer):
        _wrap(target)
    original = responses.error_body

    @functools.wraps(original)
    def error_body(*args: Any, **more: Any) -> bytes:
        body = original(*args, **more)
        check_answer(answers.ref("Error"), json.loads(body))
        return body

    responses.error_body = error_body  # those of the HTTP layer, too


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
        if route is not None and route.scope == FEED and status in (200, 304):
            _check_feed(status, dict(headers))
            return pieces
        statuses = _WITHOUT_ROUTE if route is None else route.statuses
        # A method that a path does not take is one of no route.
        assert status in statuses or status == 405, (environ["PATH_INFO"], status)
        is_html = dict(headers).get("Content-Type") == responses.HTML
        if is_html and (route in PAGES or route is None or status == 405):
            _check_page(status, headers)
            return pieces
        if route in PAGES and status < 400:
            _check_file(headers)
            _check_kept(route, status, headers)
            return pieces
        _check_kept(route, status, headers)
        if status == 304:
            _check_file(headers)
            return pieces
        described = _described(route, status)
        _check_headers(status, headers, described)
        if status == 204:
            return pieces
        check = functools.partial(_check_body, dict(headers)["Content-Type"], described)
        if isinstance(pieces, list):
            if body := b"".join(pieces):
                check(body)
            return pieces
        return _Stream(pieces, check)

    return serve


class _Stream:
    """An answer whose pieces are checked when all have been read, if they are not too many."""

    def __init__(self, pieces: Any, check: Callable[[bytes], None]) -> None:
        self._pieces = pieces
        self._check = check

    def __iter__(self) -> Iterator[bytes]:
        kept: list[bytes] = []
        size = 0
        for piece in self._pieces:
            size += len(piece)
            if size <= _LONGEST:
                kept.append(piece)
            yield piece
        if 0 < size <= _LONGEST:
            self._check(b"".join(kept))

    def close(self) -> None:
        if hasattr(self._pieces, "close"):
            self._pieces.close()


def _described(route: Route | None, status: int) -> dict[str, Any]:
    """Return what the document says of the bodies that a route answers with a status, by media type."""
    if route is None or route in PAGES or status == 405:
        return _ERROR
    answer = DOCUMENT["paths"][openapi.path_of(route)][route.method.lower()]["responses"][str(status)]
    if "$ref" in answer:
        answer = DOCUMENT["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    return dict(answer["content"])


def _check_page(status: int, headers: list[tuple[str, str]]) -> None:
    """Check the headers of a page: a policy of its own, and kept by the browser of its reader only to ask again."""
    found = dict(headers)
    assert found[_POLICY] == POLICY
    assert found["Cache-Control"] == ("private, no-cache" if "Etag" in found else "no-store")
    assert ("Etag" in found) == (status in (200, 304)), headers
    _check_file(headers)


def _check_file(headers: list[tuple[str, str]]) -> None:
    """Check the headers of pages, CSV, JSON, style and script, and of an answer without body."""
    own = {_POLICY, "Cache-Control"}
    names = [name for name, _ in headers]
    assert len(names) == len(set(names)), names
    assert {*own, "X-Request-Id"} <= set(names), names
    assert {pair for pair in responses.HEADERS if pair[0] not in own} <= set(headers), headers


def _check_kept(route: Route | None, status: int, headers: list[tuple[str, str]]) -> None:
    """Check that an answer is kept, to ask again, exactly if the route says so; a stream is not, nor an error."""
    named = dict(headers)
    if named["Cache-Control"].startswith("public"):  # a file that is named by its content
        return
    assert named["Cache-Control"] == ("private, no-cache" if "Etag" in named else "no-store"), headers
    is_whole = "Content-Length" in named or status == 304
    has_tag = route is not None and route.revalidated and status in (200, 304) and is_whole
    assert ("Etag" in named) == has_tag, headers


def _check_headers(status: int, headers: list[tuple[str, str]], described: dict[str, Any]) -> None:
    named = dict(headers)
    usual = dict(responses.HEADERS)
    del usual["Cache-Control"]
    if "text/html" in described:
        assert named[_POLICY].startswith("default-src 'none'; ")
        assert "frame-ancestors 'none'" in named.pop(_POLICY)
        del usual[_POLICY]
    assert usual.items() <= named.items(), headers
    names = [name.lower() for name, _ in headers]
    assert len(names) == len(set(names)), names
    assert "x-request-id" in names
    assert not {"server", "x-powered-by", "via"} & set(names), names
    needed = {401: "www-authenticate", 405: "allow", 429: "retry-after", 503: "retry-after"}
    assert status not in needed or needed[status] in names, headers
    assert status == 204 or named.get("Content-Type", "").partition(";")[0] in described, headers


def _check_feed(status: int, headers: dict[str, str]) -> None:
    assert headers["Cache-Control"] == "private, no-cache"
    assert headers["Referrer-Policy"] == "no-referrer"
    policy = headers["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "frame-ancestors 'none'"} <= set(policy)
    assert len(policy) <= 3
    assert {"X-Request-Id", "Etag"} <= set(headers)
    assert "Set-Cookie" not in headers
    if status == 200:
        assert headers["Content-Type"] in (calendars.MEDIA_TYPE, "image/svg+xml")


def _check_body(content_type: str, described: dict[str, Any], body: bytes) -> None:
    media_type = content_type.partition(";")[0]
    if media_type == responses.NDJSON:
        assert [json.loads(line) for line in body.splitlines()][-1]["ok"] is True
    elif media_type == responses.JSON:
        check_answer(described[media_type]["schema"], json.loads(body))


def check_answer(schema: dict[str, Any], answer: Any) -> None:
    """Check that *answer* is as a schema of the document says, and has no other keys."""
    validator = _validator(json.dumps(schema))
    assert validator.is_valid(answer), next(validator.iter_errors(answer))
    if "error" in answer:
        assert HTTP_STATUSES[answer["error"]] == answer["status"]


@functools.cache
def _validator(schema: str) -> Any:
    whole = {**json.loads(schema), "components": _closed(DOCUMENT["components"])}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)


def _closed(schema: Any) -> Any:
    """Return *schema* with objects that have no other keys than their ``properties``."""
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    if closed.get("type") == "object" and "properties" in closed:
        closed.setdefault("additionalProperties", False)
    return closed


def _route(method: str, path: str) -> Route | None:
    method = "GET" if method == "HEAD" else method
    try:
        path.encode("latin-1").decode()
    except UnicodeDecodeError:
        return None  # refused before a route is looked for
    return next(
        (route for pattern, route in _PATTERNS if route.method == method and pattern.fullmatch(path)), None
    )
