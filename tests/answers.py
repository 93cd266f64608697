"""Every answer of the suite is one that the route table lists."""

import functools
import json
import re
from collections.abc import Callable, Iterable
from typing import Any

import waitress.server
import webtest

from ftlserver.errors import HTTP_STATUSES
from ftlserver.web.app import ROUTES, Route

_PATTERNS = [(re.compile(re.sub(r"<\w+>", "[^/]+", route.path) + "/?"), route) for route in ROUTES]
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
        original(this, _checking(application) if ours else application, *args, **kwargs)

    target.__init__ = construct


def _checking(application: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    def serve(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        begun: list[str] = []

        def respond(status: str, *args: Any) -> Any:
            begun[:] = [status]
            return start_response(status, *args)

        pieces = application(environ, respond)
        status = int(begun[0][:3])
        route = _route(environ["REQUEST_METHOD"], environ["PATH_INFO"])
        if route is None:
            assert status in _WITHOUT_ROUTE, (environ["PATH_INFO"], status)
        else:
            assert status in route.statuses | {421}, (route.path, status)
            if status != 200 and isinstance(pieces, list) and pieces:
                code = json.loads(b"".join(pieces))["error"]
                assert HTTP_STATUSES[code] == status
                assert code in route.codes | {"not_found"}, (route.path, code)
        return pieces

    return serve


def _route(method: str, path: str) -> Route | None:
    method = "GET" if method == "HEAD" else method
    return next(
        (route for pattern, route in _PATTERNS if route.method == method and pattern.fullmatch(path)), None
    )
