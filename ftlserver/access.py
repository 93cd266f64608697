"""Who is let in: by which host name, from which page, with which token."""

import hmac
import ipaddress
import logging
import re
import threading
import time
from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any

from ftlserver import clock, tokens
from ftlserver.errors import ConfigError, DatabaseError, RefusedError
from ftlserver.token_store import TokenStore
from ftlserver.tokens import EVERYTHING, READ_ONLY, Principal

Environ = MutableMapping[str, Any]

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")

# How long a server without tokens goes without looking whether it has one now; and how often a use is noted.
_LOOK_SECONDS = 1.0
_NOTE_SECONDS = 60

# A name or an IPv4 address, or an IPv6 address in brackets, with or without a port.
_HOST = re.compile(r"(?:\[([0-9a-f.]*:[0-9a-f.:]*)\]|([^:\[\]]+?)\.?)(?::[0-9]{0,5})?", re.ASCII)

_log = logging.getLogger("ftlserver")


@dataclass(frozen=True, slots=True)
class Policy:
    """What the operator has decided about who may come.

    *hosts* are the names by which the server may be called. Pages of *origins*, and no others, may ask from a
    browser. Requests through *trusted_proxy*, an address or ``*``, are as it says. A server that *is_local* is
    open while it has no token; *public_read* lets anybody ask.
    """

    hosts: frozenset[str] = frozenset(LOOPBACK_NAMES)
    origins: frozenset[str] = frozenset()
    trusted_proxy: str | None = None
    is_local: bool = True
    public_read: bool = False

    @classmethod
    def of(
        cls,
        address: str,
        hosts: Iterable[str] = (),
        origins: Iterable[str] = (),
        trusted_proxy: str | None = None,
        *,
        public_read: bool = False,
    ) -> "Policy":
        """Return the policy of a server that listens on *address*.

        It is local only if nothing says that it is reached from elsewhere: no other host, no proxy.
        Raise ConfigError.
        """
        listening = ipaddress.ip_address(address)
        names = frozenset(_own_name(host) for host in hosts)
        own = () if listening.is_unspecified else (str(listening),)
        return cls(
            hosts=names.union(LOOPBACK_NAMES, own),
            origins=frozenset(origin.lower().rstrip("/") for origin in origins),
            trusted_proxy=trusted_proxy,
            is_local=listening.is_loopback and trusted_proxy is None and names <= {*LOOPBACK_NAMES, *own},
            public_read=public_read,
        )

    def read_proxy(self, environ: Environ) -> None:
        """Take from a trusted proxy who asked and by which scheme; forget what anybody else says of it."""
        forwarded_for = environ.pop("HTTP_X_FORWARDED_FOR", "")
        forwarded_proto = environ.pop("HTTP_X_FORWARDED_PROTO", "")
        if self.trusted_proxy in ("*", environ.get("REMOTE_ADDR")):
            # The last entry is the proxy's own; those before it are what it was told.
            address = forwarded_for.rpartition(",")[2].strip()
            scheme = forwarded_proto.rpartition(",")[2].strip().lower()
            if _is_address(address):
                environ["REMOTE_ADDR"] = address
            if scheme in ("http", "https"):
                environ["wsgi.url_scheme"] = scheme
                environ["ftl.scheme_seen"] = scheme

    def check_host(self, environ: Environ) -> None:
        """Refuse a name that is not this server's: a page may have let its own name lead here (DNS rebinding)."""
        if "HTTP_HOST" not in environ:
            raise RefusedError("host_missing", "the request has no Host header")
        if _host_name(environ["HTTP_HOST"]) not in self.hosts:
            message = "this server does not go by that name; its operator adds names with FTL_ALLOWED_HOSTS"
            raise RefusedError("host_not_allowed", message)
        if environ.get("ftl.scheme_seen") == "http":
            raise RefusedError("tls_required", "this server is reached by https only")

    def check_origin(self, environ: Environ) -> None:
        """Refuse what a browser sends for a page of another origin, except a link that somebody followed."""
        origin = environ.get("HTTP_ORIGIN", "").lower()
        if origin in self.origins:
            return
        site = environ.get("HTTP_SEC_FETCH_SITE", "none")
        followed = (
            environ["REQUEST_METHOD"] in ("GET", "HEAD")
            and environ.get("HTTP_SEC_FETCH_MODE") == "navigate"
            and environ.get("HTTP_SEC_FETCH_DEST") == "document"
        )
        foreign = site not in ("none", "same-origin") and not followed
        if foreign or (origin and origin.partition("://")[2] != environ["HTTP_HOST"].lower()):
            message = "a page of another origin may not ask; its operator names origins with FTL_ALLOWED_ORIGINS"
            raise RefusedError("cross_origin", message)


class Gate:
    """Tells who asks, from the token that comes with a request."""

    def __init__(self, store: TokenStore, policy: Policy) -> None:
        self._store = store
        self.policy = policy
        self._has_tokens = False
        self._look_at = 0.0
        self._noted: dict[str, int] = {}
        self._lock = threading.Lock()

    def admit(self, authorization: str | None) -> Principal:
        """Return whoever shows this Authorization header, or none; raise RefusedError."""
        if authorization is not None:
            return self._holder(authorization)
        if self.policy.is_local and not self._is_closed():
            return EVERYTHING
        if self.policy.public_read:
            return READ_ONLY
        if self._is_closed():
            raise tokens.not_authed()
        message = "this server is locked until it has a token; its operator makes one with: ftlserver token create"
        raise RefusedError("not_authed", message)

    def _is_closed(self) -> bool:
        """Tell whether there is a token; the first one is seen within a second, and closes for good."""
        now = time.monotonic()
        if not self._has_tokens and now >= self._look_at:
            self._has_tokens = self._store.has_any()
            self._look_at = now + _LOOK_SECONDS
        return self._has_tokens

    def _holder(self, authorization: str) -> Principal:
        scheme, _, secret = authorization.partition(" ")
        secret = secret.strip()
        token_id = tokens.id_of(secret) if scheme.lower() == "bearer" else None
        token = None if token_id is None else self._store.find(token_id)
        now = clock.now()
        # Digests are compared whether there is a token or not: the time tells nobody which ids there are.
        matches = hmac.compare_digest(tokens.digest(secret), token.digest if token else tokens.digest(""))
        if token is None or not matches or not token.is_valid(now):
            message = "this token is unknown, expired or revoked; ask for a new one"
            raise RefusedError("invalid_auth", message)
        self._note_use(token, now)
        return token.principal()

    def _note_use(self, token: tokens.Token, now: int) -> None:
        limit = now - _NOTE_SECONDS * clock.SECOND
        with self._lock:
            if max(token.last_used_at or 0, self._noted.get(token.id, 0)) > limit:
                return
            self._noted[token.id] = now
        try:
            self._store.touch(token.id, now)
        except DatabaseError as exc:
            _log.warning("the use of token %s was not noted: %s", token.id, exc)


def _host_name(host: str) -> str | None:
    """Return the name in a Host header, in lower case, without port, brackets and last dot; None if it is none."""
    match = _HOST.fullmatch(host.lower())
    return match and (match[1] or match[2])


def _own_name(host: str) -> str:
    """Return a name that the operator gave, an IPv6 address with or without brackets; raise ConfigError."""
    name = _host_name(f"[{host}]") or _host_name(host)
    if name is None or "/" in name:
        raise ConfigError(f"{host} is no name of a host; FTL_ALLOWED_HOSTS takes names such as ftl.example.org")
    return name


def _is_address(text: str) -> bool:
    """Tell whether *text* is an IP address; one with a scope, which may be any text, is not."""
    try:
        return "%" not in text and bool(ipaddress.ip_address(text))
    except ValueError:
        return False
