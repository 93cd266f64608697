"""Tokens and principals: what a program sends to be allowed in, and what it may do then."""

import base64
import hashlib
import re
import secrets
import string
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from ftlserver.domain.instants import END_OF_TIME, HOUR
from ftlserver.errors import RefusedError

SCOPES = ("read", "write", "admin")  # admin holds the other two; write does not hold read

WAKATIME = "wakatime"  # the view of a token that is a key for editor plugins
PAGE = "page"  # the view of a token in the cookie of a browser
PAGE_LIFETIME = 12 * HOUR
FEED = "feed"  # the scope of a token that opens one view, at an address that contains it
FEEDS = ("activity.ics", "usual-hours.ics", "meeting.ics", "clock-changes.ics", "board.svg", "badge.svg")

_ALPHABET = string.ascii_letters + string.digits
# What the clients of WakaTime take for a key: a UUIDv4.
_KEY = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.ASCII)
_SECRET = re.compile(r"ftl_([0-9A-Za-z]{8})_[0-9A-Za-z_-]{43}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller: their scopes, and the users they are bound to, None for all; *name* is that of their token.

    Who sees rounded times only sees those rounded to *round_seconds*.
    """

    scopes: frozenset[str]
    user_ids: frozenset[str] | None = None
    name: str | None = None
    token_id: str | None = None
    team_id: str | None = None
    round_seconds: int | None = None

    def allow(self, scope: str) -> None:
        """Raise RefusedError unless *scope* is among this principal's."""
        if scope not in self.scopes:
            raise self.refusal(scope, f"this needs a token with the scope {scope}")

    def refusal(self, scope: str, message: str) -> RefusedError:
        """Return the error for a principal without *scope*."""
        if self.name is None:
            return not_authed()
        return RefusedError("missing_scope", message, needed=scope, provided=sorted(self.scopes))

    def allow_users(self, user_ids: Iterable[str] | None) -> None:
        """Raise RefusedError unless *user_ids*, or all users, are among those this principal is bound to."""
        if self.user_ids is not None and (user_ids is None or not self.user_ids.issuperset(user_ids)):
            raise self._is_bound("this token is bound to some users and has no access to others; name them")

    def allow_own_or_all(self) -> None:
        """Raise RefusedError unless this principal is bound to users of its own, or has the scope admin."""
        if self.user_ids is None or self.team_id is not None:
            self.allow("admin")

    def may_see_team(self, team_id: str, user_ids: Collection[str]) -> bool:
        """Tell whether this principal may know a team with those members: its own, or one of its users only."""
        if self.user_ids is None or team_id == self.team_id:
            return True
        return bool(user_ids) and self.user_ids.issuperset(user_ids)

    def allow_team(self, team_id: str, user_ids: Collection[str] | None) -> None:
        """Raise RefusedError unless this principal may know the team with those members, None if there is none."""
        if not self.may_see_team(team_id, user_ids or ()):
            raise self._is_bound("this token is bound to some users and has no access to this team")

    def _is_bound(self, message: str) -> RefusedError:
        return RefusedError("missing_scope", message, needed="other users", provided=sorted(self.user_ids or ()))


def not_authed() -> RefusedError:
    """Return the error for a caller without a token where one is needed."""
    return RefusedError("not_authed", "this needs a token, as Authorization: Bearer ftl_...")


EVERYTHING = Principal(frozenset(SCOPES))
READ_ONLY = Principal(frozenset(["read"]))


@dataclass(frozen=True, slots=True)
class Token:
    """A token as stored: not the secret, only its digest. Times are instants; *expires_at* None is never.

    A token of a team has no *user_ids* of its own, so that without its team it has access to no one. *view* names
    the one route that it is for, *parent_id* the token that it was made from.
    """

    id: str
    name: str
    digest: str
    scopes: tuple[str, ...]
    user_ids: tuple[str, ...] | None
    created_at: int
    expires_at: int | None
    last_used_at: int | None = None
    revoked_at: int | None = None
    team_id: str | None = None
    view: str | None = None
    parent_id: str | None = None
    round_seconds: int | None = None

    def is_valid(self, now: int) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def principal(self, team: Iterable[str] = ()) -> Principal:
        """Return the principal that the token stands for; *team* are the users in its team, if it has one."""
        scopes = frozenset(SCOPES if "admin" in self.scopes else self.scopes)
        if self.round_seconds is not None:
            scopes &= {"read"}
        user_ids = None if self.user_ids is None else frozenset((*self.user_ids, *team))
        return Principal(scopes, user_ids, self.name, self.id, self.team_id, self.round_seconds)


def mint() -> tuple[str, str]:
    """Return the id and the secret of a new token: 256 random bits behind a prefix that secret scanners find."""
    id_ = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    return id_, f"ftl_{id_}_{secrets.token_urlsafe(32)}"


def id_of(secret: str) -> str | None:
    """Return the id inside a secret, None for text that is not a secret."""
    match = _SECRET.fullmatch(secret)
    return match[1] if match else None


def mint_for_page(parent: Token, now: int) -> tuple[Token, str]:
    """Return the token of a browser that logs in with *parent*, and its secret.

    It reads what *parent* reads, for 12 hours at most, and is valid only as long as *parent* is.
    """
    id_, secret = mint()
    expires_at = min(now + PAGE_LIFETIME, END_OF_TIME if parent.expires_at is None else parent.expires_at)
    made = Token(
        *(id_, parent.name, digest(secret), ("read",), parent.user_ids, now, expires_at),
        team_id=parent.team_id,
        view=PAGE,
        parent_id=parent.id,
        round_seconds=parent.round_seconds,
    )
    return made, secret


def mint_key() -> tuple[str, str]:
    """Return the id and the secret of a new WakaTime key: a UUIDv4, which has 122 random bits."""
    key = str(uuid.uuid4())
    return _id_of_key(key), key


def key_in(credentials: str) -> str:
    """Return the key in the *credentials* of Basic authentication, empty if they are not valid.

    Clients of WakaTime encode the key alone, or as a user name, which a colon follows.
    """
    try:
        return base64.b64decode(credentials, validate=True).decode("ascii").removesuffix(":").lower()
    except ValueError:
        return ""


def id_of_key(key: str) -> str | None:
    """Return the id of the token whose secret is *key*, None for text that is not a key."""
    return _id_of_key(key) if _KEY.fullmatch(key) else None


def _id_of_key(key: str) -> str:
    # A part of another digest than the one that is stored: an id is shown, and reveals nothing of the key.
    return base64.b32encode(hashlib.sha256(f"id:{key}".encode()).digest())[:8].decode().lower()


def digest(secret: str) -> str:
    """Return the digest that is stored of a secret; so many random bits need neither salt nor a slow hash."""
    return hashlib.sha256(secret.encode(errors="surrogateescape")).hexdigest()
