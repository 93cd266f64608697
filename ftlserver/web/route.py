"""What a route is: what it takes, who may call it, and what it can answer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ftlserver.domain.token import FEED
from ftlserver.errors import HTTP_STATUSES
from ftlserver.web.schemas import Schema

ANY_TOKEN = "any token"  # noqa: S105  a scope
WAKATIME_KEY = "a WakaTime key"

# What every route can answer, whatever is sent to it: HTTP, host, origin, query string.
_HTTP = frozenset(
    (
        *("bad_request", "headers_too_large", "body_too_large", "transfer_encoding_unsupported", "internal_error"),
        *("too_many_connections", "host_missing", "host_not_allowed", "tls_required", "cross_origin"),
        *("invalid_argument", "unknown_field"),
    )
)
DATABASE_ERRORS = frozenset(["database_busy", "database_unavailable", "storage_full", "query_timeout"])
_FEED = DATABASE_ERRORS | {"not_found", "ratelimited"}
AUTH_ERRORS = DATABASE_ERRORS | {"not_authed", "invalid_auth", "missing_scope", "ratelimited"}


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path: the scope that a token must have, the handler, the shape of the request, the errors.

    *scope* ANY_TOKEN takes every token, WAKATIME_KEY only a key for editor plugins, FEED only a token of a feed in
    its path, None every caller. *errors* are the codes of this route; those of HTTP and of tokens come with it.
    *query* are the fields that its query string may have, *success* is the status of an answer without error, and
    *revalidated* says that one, unless it is a stream, has an ETag, and is 304 for a caller who has it already.
    """

    method: str
    path: str
    scope: str | None
    handler: Callable[..., Any]
    schema: Schema | None = None
    errors: frozenset[str] = frozenset()
    query: frozenset[str] = frozenset()
    success: int = 200
    revalidated: bool = False

    @property
    def codes(self) -> frozenset[str]:
        """Return the codes that the route can answer."""
        if self.scope == FEED:  # which pages of other origins may show
            return self.errors | _FEED | _HTTP - {"cross_origin"}
        # A part of a path that is not UTF-8 names nothing.
        path = frozenset(["not_found"] if "<" in self.path else [])
        return self.errors | _HTTP | path | (AUTH_ERRORS if self.scope else frozenset())

    @property
    def statuses(self) -> frozenset[int]:
        """Return the HTTP statuses that the route can answer."""
        successes = {self.success, 304} if self.revalidated else {self.success}
        return frozenset([*successes, *(HTTP_STATUSES[code] for code in self.codes)])
