"""Who the caller is: a token, or none on a server that is open."""

import hmac
import logging
import threading
import time

from ftlserver.domain import instants, token
from ftlserver.domain.token import EVERYTHING, PAGE, READ_ONLY, WAKATIME, Principal, Token
from ftlserver.errors import DatabaseError, InvalidRequestError, RefusedError
from ftlserver.storage.teams import Teams
from ftlserver.storage.tokens import Tokens
from ftlserver.web import responses
from ftlserver.web.rates import Rate

# How often a server without tokens looks for one, and how often the use of a token is noted.
_LOOK_SECONDS = 1.0
_NOTE_SECONDS = 60
_FAILURES = 20  # a minute, of one address

_log = logging.getLogger("ftlserver")


class Authentication:
    """Tells who a caller is, from the token in the Authorization header or in the cookie of a page.

    A token, or an address without one, makes up to *rate* requests a minute; a server that is open has no limit.
    """

    def __init__(self, tokens: Tokens, teams: Teams, *, is_local: bool, public_read: bool, rate: int = 0) -> None:
        self._tokens = tokens
        self._teams = teams
        self._is_local = is_local
        self._public_read = public_read
        self._has_tokens = False
        self._look_at = 0.0
        self._noted: dict[str, int] = {}
        self._lock = threading.Lock()
        self._rate = Rate(rate)
        self._failures = Rate(_FAILURES)

    def principal(self, authorization: str | None, address: str, *, by_key: bool = False) -> Principal:
        """Return the caller at *address* who sends this Authorization header, or none; raise RefusedError.

        *by_key* takes a WakaTime key and nothing else; other routes take tokens and no key.
        """
        if authorization is not None:
            return self._principal(self._owner(*_credentials(authorization, by_key=by_key), address))
        if by_key:
            message = "this needs a key, as Authorization: Basic; its operator makes one with:"
            raise RefusedError("not_authed", f"{message} ftlserver token create --wakatime --user ID")
        return self._without_token(address)

    def reader(self, secret: str, address: str) -> Principal:
        """Return the caller at *address* whose browser sends *secret* in the cookie of the page, empty for none.

        Raise RefusedError. A server that is open needs no cookie, and looks at none.
        """
        if not secret or (self._is_local and not self._is_locked()):
            return self._without_token(address)
        return self._principal(self._owner(secret, token.id_of(secret), PAGE, address))

    def log_in(self, secret: str, address: str) -> tuple[Token, str]:
        """Return a token for a browser at *address*, made from the token *secret*, and its secret.

        Raise RefusedError.
        """
        parent = self._owner(secret, token.id_of(secret), None, address)
        self._principal(parent).allow("read")
        now = instants.now()
        made, made_secret = token.mint_for_page(parent, now)
        self._tokens.log_in(made, now)
        return made, made_secret

    def log_out(self, secret: str) -> None:
        """Delete the token of a browser that sends *secret* in its cookie."""
        found = self._find(secret, token.id_of(secret))
        if found is not None and found.view == PAGE:
            self._tokens.log_out(found.id)

    def _without_token(self, address: str) -> Principal:
        """Return the caller at *address* who sends no token; raise RefusedError."""
        if self._is_local and not self._is_locked():
            return EVERYTHING
        if self._public_read:
            self._rate.take(address, "too many requests from this address; wait a little, or use a token")
            return READ_ONLY
        if self._is_locked():
            raise token.not_authed()
        message = "this server is locked until it has a token; its operator makes one with: ftlserver token create"
        raise RefusedError("not_authed", message)

    def subscriber(self, secret: str, view: str, address: str) -> Principal:
        """Return the caller at *address* who opens the feed *view* with *secret*.

        Raise RefusedError, or InvalidRequestError for a secret that opens nothing: there is nothing at its path.
        """
        try:
            return self._principal(self._owner(secret, token.id_of(secret), view, address))
        except RefusedError as exc:
            if exc.code != "invalid_auth":
                raise
        raise InvalidRequestError("not_found", responses.NOTHING_HERE)

    def _is_locked(self) -> bool:
        """Tell whether there is a token; the first one is noticed within a second and locks the server."""
        now = time.monotonic()
        if not self._has_tokens and now >= self._look_at:
            self._has_tokens = self._tokens.has_any()
            self._look_at = now + _LOOK_SECONDS
        return self._has_tokens

    def _owner(self, secret: str, token_id: str | None, view: str | None, address: str) -> Token:
        """Return the valid token of that *secret*, made for that *view*; raise RefusedError."""
        found = self._find(secret, token_id)
        now = instants.now()
        if found is None or found.view != view or not self._is_valid(found, now):
            self._failures.take(address, "too many requests with invalid tokens from this address; wait a little")
            message = "this token is unknown, expired or revoked; ask for a new one"
            raise RefusedError("invalid_auth", message)
        # Logging in again does not raise the rate.
        self._rate.take(found.parent_id or found.id, "too many requests with this token; wait a little")
        self._note_use(found, now)
        return found

    def _find(self, secret: str, token_id: str | None) -> Token | None:
        found = None if token_id is None else self._tokens.find(token_id)
        # Digests are compared whether there is a token or not, so that the time does not reveal which ids exist.
        matches = hmac.compare_digest(token.digest(secret), found.digest if found else token.digest(""))
        return found if matches else None

    def _is_valid(self, found: Token, now: int) -> bool:
        """Tell whether a token is valid, and the one that it was made from."""
        if found.parent_id is None or not found.is_valid(now):
            return found.is_valid(now)
        parent = self._tokens.find(found.parent_id)
        return parent is not None and parent.is_valid(now)

    def _principal(self, found: Token) -> Principal:
        # One more look-up only for a token of a team.
        return found.principal(self._teams.member_ids(found.team_id) or () if found.team_id else ())

    def _note_use(self, used: Token, now: int) -> None:
        limit = now - _NOTE_SECONDS * instants.SECOND
        with self._lock:
            if max(used.last_used_at or 0, self._noted.get(used.id, 0)) > limit:
                return
            self._noted[used.id] = now
        try:
            self._tokens.touch(used.id, now)
        except DatabaseError as exc:
            _log.warning("the use of token %s was not noted: %s", used.id, exc)


def _credentials(authorization: str, *, by_key: bool) -> tuple[str, str | None, str | None]:
    """Return the secret in an Authorization header, the id in it, and the view that its token must have."""
    scheme, _, secret = authorization.partition(" ")
    secret = secret.strip()
    if by_key and scheme.lower() == "basic":
        secret = token.key_in(secret)
        return secret, token.id_of_key(secret), WAKATIME
    if not by_key and scheme.lower() == "bearer":
        return secret, token.id_of(secret), None
    return secret, None, None
