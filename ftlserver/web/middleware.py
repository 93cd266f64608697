"""What surrounds every request: proxy headers, request id, host and origin checks, answer headers, access log."""

import ipaddress
import logging
import random
import re
import time
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from ftlserver.errors import ConfigError, FTLError, InvalidRequestError, RefusedError
from ftlserver.web import responses
from ftlserver.web.metrics import NO_ROUTE, Metrics

Environ = MutableMapping[str, Any]

UNIX_SOCKET = "unix"  # in place of an address, which neither end of a unix socket has
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")

# A name or an IPv4 address, or an IPv6 address in brackets, with or without a port.
_HOST = re.compile(r"(?:\[([0-9a-f.]*:[0-9a-f.:]*)\]|([^:\[\]]+?)\.?)(?::[0-9]{0,5})?", re.ASCII)
FEED_PATH = "/feed/"  # what follows is a secret
_NO_REFERRER = ("Referrer-Policy", "no-referrer")
_HSTS = ("Strict-Transport-Security", "max-age=31536000")
_PREFLIGHT = [
    ("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE"),
    ("Access-Control-Allow-Headers", "Authorization, Content-Type"),
    ("Access-Control-Max-Age", "600"),
]

_access_log = logging.getLogger("ftlserver.access")


@dataclass(frozen=True, slots=True)
class Policy:
    """Which requests the operator accepts, before any token.

    *hosts* are the names by which the server may be called. Pages of *origins*, and no others, may send requests
    from a browser. *trusted_proxy*, an address or ``*``, is believed about the client. A server that *is_local* is
    open while it has no token; *public_read* lets callers without a token read. A token, or an address without
    one, makes up to *rate* requests a minute; 0 is no limit.
    """

    hosts: frozenset[str] = frozenset(LOOPBACK_NAMES)
    origins: frozenset[str] = frozenset()
    trusted_proxy: str | None = None
    is_local: bool = True
    public_read: bool = False
    rate: int = 0

    @classmethod
    def of(
        cls,
        address: str,
        hosts: Iterable[str] = (),
        origins: Iterable[str] = (),
        trusted_proxy: str | None = None,
        *,
        public_read: bool = False,
        rate: int = 0,
    ) -> "Policy":
        """Return the policy of a server that listens on *address*, which may be UNIX_SOCKET.

        It is local only if nothing says that it is reached from elsewhere: no other host, no proxy, and no unix
        socket, which is there for one. Raise ConfigError.
        """
        listening = None if address == UNIX_SOCKET else ipaddress.ip_address(address)
        names = frozenset(_own_name(host) for host in hosts)
        own = () if listening is None or listening.is_unspecified else (str(listening),)
        is_loopback = listening is not None and listening.is_loopback
        return cls(
            hosts=names.union(LOOPBACK_NAMES, own),
            origins=frozenset(origin.lower().rstrip("/") for origin in origins),
            trusted_proxy=trusted_proxy,
            is_local=is_loopback and trusted_proxy is None and names <= {*LOOPBACK_NAMES, *own},
            public_read=public_read,
            rate=rate,
        )

    def caller_of(self, headers: Mapping[str, str], address: str) -> str | None:
        """Return what tells callers apart before a token is checked, None for one who is not limited.

        *headers* are named as in an environ, without ``HTTP_``; *address* is that of the connection.
        """
        if "AUTHORIZATION" in headers:
            return headers["AUTHORIZATION"]
        return None if self.is_local else self._client(headers.get("X_FORWARDED_FOR", ""), address)

    def _client(self, forwarded_for: str, address: str) -> str:
        """Return the address of a client; what a proxy that is not trusted says only tells its clients apart."""
        if self.trusted_proxy not in ("*", address):
            return f"{address} {forwarded_for[:100]}".rstrip()
        # The last entry is the proxy's own; it only passes on those before it.
        client = forwarded_for.rpartition(",")[2].strip()
        return client if _is_address(client) else address

    def read_proxy(self, environ: Environ) -> None:
        """Take the client's address and scheme from a trusted proxy; drop what other clients say of them."""
        forwarded_for = environ.pop("HTTP_X_FORWARDED_FOR", "")
        forwarded_proto = environ.pop("HTTP_X_FORWARDED_PROTO", "")
        address = environ.get("REMOTE_ADDR", "-")
        environ["ftl.client"] = self._client(forwarded_for, address)
        if self.trusted_proxy in ("*", address):
            environ["REMOTE_ADDR"] = environ["ftl.client"]
            scheme = forwarded_proto.rpartition(",")[2].strip().lower()
            if scheme in ("http", "https"):
                environ["wsgi.url_scheme"] = scheme
                environ["ftl.scheme_seen"] = scheme

    def check_host(self, environ: Environ) -> None:
        """Raise RefusedError for a name that is not this server's: a page may resolve its own name to it.

        That attack is known as DNS rebinding.
        """
        if "HTTP_HOST" not in environ:
            raise RefusedError("host_missing", "the request has no Host header")
        if _host_name(environ["HTTP_HOST"]) not in self.hosts:
            message = "this server does not go by that name; its operator adds names with FTL_ALLOWED_HOSTS"
            raise RefusedError("host_not_allowed", message)
        if environ.get("ftl.scheme_seen") == "http":
            raise RefusedError("tls_required", "this server is reached by https only")

    def check_origin(self, environ: Environ) -> None:
        """Raise RefusedError for what a browser sends for a page of another origin, except a link followed."""
        if environ.get("HTTP_ORIGIN", "").lower() not in self.origins:
            self.check_page(environ)

    def check_page(self, environ: Environ) -> None:
        """Raise RefusedError for what a browser sends for a page of any other origin, except a link followed."""
        origin = environ.get("HTTP_ORIGIN", "").lower()
        site = environ.get("HTTP_SEC_FETCH_SITE", "none")
        followed = (
            environ["REQUEST_METHOD"] in ("GET", "HEAD")
            and environ.get("HTTP_SEC_FETCH_MODE") == "navigate"
            and environ.get("HTTP_SEC_FETCH_DEST") == "document"
        )
        foreign = site not in ("none", "same-origin") and not followed
        if foreign or (origin and not _is_own(origin, environ)):
            message = "pages of other origins have no access; the operator names origins with FTL_ALLOWED_ORIGINS"
            raise RefusedError("cross_origin", message)

    def check_form(self, environ: Environ) -> None:
        """Raise RefusedError for a form unless the browser says that it was sent from a page of this server."""
        self.check_page(environ)
        origin = environ.get("HTTP_ORIGIN", "").lower()
        if environ.get("HTTP_SEC_FETCH_SITE") != "same-origin" and not (origin and _is_own(origin, environ)):
            message = "this form takes what a browser sends from its own page alone"
            raise RefusedError("cross_origin", message)


def with_policy(application: WSGIApplication, policy: Policy, metrics: Metrics) -> WSGIApplication:
    """Return *application* surrounded by this module, each of whose requests counts in *metrics*.

    It is outside Bottle, whose own hooks lose their headers when a handler fails.
    """

    def serve(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        started = time.perf_counter()
        request_id = environ["ftl.request_id"] = f"{random.getrandbits(64):016x}"
        environ["ftl.metrics"] = metrics
        policy.read_proxy(environ)
        extra = [*responses.HEADERS, ("X-Request-Id", request_id)]
        if environ["wsgi.url_scheme"] == "https":
            extra.append(_HSTS)
        if environ["PATH_INFO"].startswith(FEED_PATH):
            extra.append(_NO_REFERRER)
        origin = environ.get("HTTP_ORIGIN", "").lower()
        if policy.origins:
            extra.append(("Vary", "Origin"))
        if origin in policy.origins:
            extra += [("Access-Control-Allow-Origin", origin), ("Access-Control-Expose-Headers", "X-Request-Id")]

        def respond(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            route = environ.get("bottle.route")  # and not the path, which may contain an e-mail address
            request = f"{_printable(environ['REQUEST_METHOD'])} {route.rule if route else '-'}"
            seconds = time.perf_counter() - started
            metrics.count((route.method, route.rule) if route else NO_ROUTE, status[:3], seconds)
            log_request(environ.get("REMOTE_ADDR", "-"), request, status[:3], seconds, request_id)
            own = {name for name, _ in headers}  # a page has a policy of its own
            return start_response(status, [*headers, *(one for one in extra if one[0] not in own)], exc_info)

        try:
            policy.check_host(environ)
            _check_path(environ["PATH_INFO"])
        except FTLError as exc:
            body, status, headers = responses.error(exc, request_id)
            respond(
                f"{status} {HTTPStatus(status).phrase}", [*headers.items(), ("Content-Length", str(len(body)))]
            )
            return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]
        is_preflight = environ["REQUEST_METHOD"] == "OPTIONS" and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ
        if is_preflight and origin in policy.origins:
            respond("204 No Content", _PREFLIGHT)
            return []
        return application(environ, respond)

    return serve


def log_request(address: str, request: str, status: str, seconds: float, request_id: str) -> None:
    """Write the one line of a request to the access log."""
    _access_log.info("%s %s %s %.1fms %s", address, request, status, seconds * 1000, request_id)


def _check_path(path: str) -> None:
    """Refuse a path that is not UTF-8: Bottle would drop the invalid bytes, and find another user."""
    try:
        path.encode("latin-1").decode()
    except UnicodeDecodeError as exc:
        raise InvalidRequestError("not_found", responses.NOTHING_HERE) from exc


def _printable(text: str) -> str:
    """Return a method as one short word for the log."""
    return ascii(text[:200])[1:-1].replace(" ", "\\x20")


def _host_name(host: str) -> str | None:
    """Return the name in a Host header in lower case, without port, brackets and last dot; None if invalid."""
    match = _HOST.fullmatch(host.lower())
    return match and (match[1] or match[2])


def _own_name(host: str) -> str:
    """Return a name that the operator gave, an IPv6 address with or without brackets; raise ConfigError."""
    name = _host_name(f"[{host}]") or _host_name(host)
    if name is None or "/" in name:
        raise ConfigError(f"{host} is not a host name; FTL_ALLOWED_HOSTS takes names such as ftl.example.org")
    return name


def _is_own(origin: str, environ: Environ) -> bool:
    own = f"{environ['wsgi.url_scheme']}://{environ['HTTP_HOST'].lower()}"
    return _without_default_port(origin) == _without_default_port(own)


def _without_default_port(origin: str) -> str:
    """Return an origin as browsers write it, without the port that its scheme implies (RFC 6454, section 6)."""
    return origin.removesuffix({"http": ":80", "https": ":443"}.get(origin.partition("://")[0], "/"))


def _is_address(text: str) -> bool:
    """Tell whether *text* is an IP address; one with a scope, which may be any text, is not."""
    try:
        return "%" not in text and bool(ipaddress.ip_address(text))
    except ValueError:
        return False
