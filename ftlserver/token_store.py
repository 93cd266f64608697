"""The rows of the tokens, one short method each: a write is one unit, a question a unit or a fetch."""

from collections.abc import Sequence

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection, Row

from ftlserver.database import Database, fetch, unit
from ftlserver.errors import TokenNotFoundError
from ftlserver.tokens import Token

_COLUMNS = "id, name, digest, scopes, user_ids, created_at, expires_at, last_used_at, revoked_at"
_INSERT = sa.text(
    f"INSERT INTO tokens ({_COLUMNS}) VALUES (:id, :name, :digest, :scopes, :user_ids, :created_at,"  # noqa: S608
    " :expires_at, :last_used_at, :revoked_at)"
)
_FIND = sa.text(f"SELECT {_COLUMNS} FROM tokens WHERE id = :id")  # noqa: S608
_ALL = sa.text(f"SELECT {_COLUMNS} FROM tokens ORDER BY created_at, id")  # noqa: S608
_ANY = sa.text("SELECT 1 FROM tokens LIMIT 1")
_REVOKE = sa.text("UPDATE tokens SET revoked_at = :at WHERE id = :id AND revoked_at IS NULL")
_EXPIRE = sa.text("UPDATE tokens SET expires_at = :at WHERE id = :id AND (expires_at IS NULL OR expires_at > :at)")
_TOUCH = sa.text("UPDATE tokens SET last_used_at = :at WHERE id = :id")
_BOUND = "SELECT id, user_ids FROM tokens WHERE user_ids IS NOT NULL ORDER BY id"
_BIND = sa.text("UPDATE tokens SET user_ids = :user_ids WHERE id = :id")


class TokenStore:
    """The tokens in a database. Every method may raise DatabaseError."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def add(self, token: Token) -> None:
        with unit(self.database, write=True) as connection:
            _insert(connection, token)

    def rotate(self, old: str, new: Token, until: int) -> None:
        """Add *new*, and let the token *old* end at the instant *until*; raise TokenNotFoundError."""
        with unit(self.database, write=True) as connection:
            _get(connection, old)
            connection.execute(_EXPIRE, {"id": old, "at": until})
            _insert(connection, new)

    def find(self, token_id: str) -> Token | None:
        with unit(self.database) as connection:
            row = connection.execute(_FIND, {"id": token_id}).one_or_none()
        return None if row is None else _token(row)

    def get(self, token_id: str) -> Token:
        """Return the token with that id; raise TokenNotFoundError."""
        with unit(self.database) as connection:
            return _get(connection, token_id)

    def all(self) -> Sequence[Token]:
        """Return all tokens, the oldest first."""
        with unit(self.database) as connection:
            return [_token(row) for row in connection.execute(_ALL)]

    def has_any(self) -> bool:
        """Tell whether there has ever been a token."""
        return bool(fetch(self.database, _ANY, {}))

    def revoke(self, token_id: str, at: int) -> None:
        """Let a token end now, and for ever; raise TokenNotFoundError."""
        with unit(self.database, write=True) as connection:
            _get(connection, token_id)
            connection.execute(_REVOKE, {"id": token_id, "at": at})

    def touch(self, token_id: str, at: int) -> None:
        """Note when a token was last used, if that can be done at once."""
        with unit(self.database, write=True, wait=False) as connection:
            connection.execute(_TOUCH, {"id": token_id, "at": at})


def unbind(connection: Connection, user_id: str) -> None:
    """Take a user who is being deleted off all tokens; one that loses its last user may do nothing any more."""
    # Two users who are deleted at once may be on one token; SQLite has one writer.
    lock = " FOR UPDATE" if connection.dialect.name == "postgresql" else ""
    for token_id, text in connection.execute(sa.text(_BOUND + lock)).all():
        user_ids = orjson.loads(text)
        if user_id in user_ids:
            rest = [other for other in user_ids if other != user_id]
            connection.execute(_BIND, {"id": token_id, "user_ids": orjson.dumps(rest).decode()})


def _insert(connection: Connection, token: Token) -> None:
    user_ids = None if token.user_ids is None else orjson.dumps(token.user_ids).decode()
    row = {name: getattr(token, name) for name in _COLUMNS.split(", ")}
    connection.execute(_INSERT, row | {"scopes": " ".join(token.scopes), "user_ids": user_ids})


def _get(connection: Connection, token_id: str) -> Token:
    # A command line may hold bytes that are no text, which no database takes.
    row = connection.execute(_FIND, {"id": token_id}).one_or_none() if token_id.isascii() else None
    if row is None:
        raise TokenNotFoundError
    return _token(row)


def _token(row: Row[tuple[object, ...]]) -> Token:
    values = dict(row._mapping)
    user_ids = values.pop("user_ids")
    scopes = tuple(values.pop("scopes").split())
    return Token(**values, scopes=scopes, user_ids=None if user_ids is None else tuple(orjson.loads(user_ids)))
