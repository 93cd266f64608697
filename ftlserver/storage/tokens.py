"""The table of tokens. dataset reads and writes it; the look-up of each request is text, which is faster."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

import dataset
import orjson
import sqlalchemy as sa

from ftlserver.domain.token import PAGE, Token
from ftlserver.errors import TokenNotFoundError
from ftlserver.storage.database import Database, transaction
from ftlserver.storage.idle_connections import fetch

_COLUMNS = tuple(field.name for field in fields(Token))


class Tokens:
    """The tokens in a database. Every method may raise DatabaseError."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @property
    def table(self) -> dataset.Table:
        """Return dataset's table, for use in a transaction of this thread."""
        return self.database.table("tokens")

    _FIND = sa.text(f"SELECT {', '.join(_COLUMNS)} FROM tokens WHERE id = :id")  # noqa: S608

    def find(self, token_id: str) -> Token | None:
        """Return the token with that id, if there is one."""
        rows = fetch(self.database, self._FIND, {"id": token_id})
        return _token(dict(zip(_COLUMNS, rows[0], strict=True))) if rows else None

    def get(self, token_id: str) -> Token:
        """Return the token with that id; raise TokenNotFoundError."""
        with transaction(self.database):
            return self._locked(token_id)

    def all(self) -> Sequence[Token]:
        """Return all tokens, the oldest first."""
        with transaction(self.database):
            return [_token(row) for row in self.table.find(order_by=["created_at", "id"])]

    _ANY = sa.text("SELECT 1 FROM tokens LIMIT 1")

    def has_any(self) -> bool:
        """Tell whether there has ever been a token."""
        return bool(fetch(self.database, self._ANY, {}))

    def add(self, token: Token) -> None:
        """Add a token."""
        with transaction(self.database, write=True):
            self.table.insert(_row(token))

    def log_in(self, token: Token, now: int) -> None:
        """Add the token of a browser, and delete those of browsers that have expired by *now*."""
        with transaction(self.database, write=True):
            self.table.delete(view=PAGE, expires_at={"<=": now})
            self.table.insert(_row(token))

    def log_out(self, token_id: str) -> None:
        """Delete the token of a browser."""
        with transaction(self.database, write=True):
            self.table.delete(view=PAGE, id=token_id)

    def rotate(self, old: str, new: Token, until: int) -> None:
        """Add *new*, and let the token *old* expire at the instant *until*; raise TokenNotFoundError."""
        with transaction(self.database, write=True):
            expires_at = self._locked(old).expires_at
            if expires_at is None or expires_at > until:
                self.table.update({"id": old, "expires_at": until}, ["id"])
            self.table.insert(_row(new))

    def revoke(self, token_id: str, at: int) -> None:
        """Revoke a token for good; raise TokenNotFoundError."""
        with transaction(self.database, write=True):
            if self._locked(token_id).revoked_at is None:
                self.table.update({"id": token_id, "revoked_at": at}, ["id"])

    def touch(self, token_id: str, at: int) -> None:
        """Note when a token was last used, unless another writer would have to be waited for."""
        with transaction(self.database, write=True, wait=False):
            self.table.update({"id": token_id, "last_used_at": at}, ["id"])

    def _locked(self, token_id: str) -> Token:
        """Return a token, whose row no other writer changes until the transaction ends."""
        # A command line may contain bytes that are not text, which no database takes.
        if token_id.isascii():
            table = self.table.table
            for row in self.database.query(table.select().where(table.c.id == token_id).with_for_update()):
                return _token(row)
        raise TokenNotFoundError


def unbind(database: Database, user_id: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Remove a user who goes from all tokens, and yield what their rows were and are.

    A token that loses its last user has access to none. In the caller's transaction.
    """
    tokens = database.table("tokens")
    # Two users who are deleted at once may be on one token.
    bound = tokens.table.select().where(tokens.table.c.user_ids.is_not(None)).order_by(tokens.table.c.id)
    for row in list(database.query(bound.with_for_update())):
        user_ids = orjson.loads(row["user_ids"])
        if user_id in user_ids:
            rest = orjson.dumps([other for other in user_ids if other != user_id]).decode()
            tokens.update({"id": row["id"], "user_ids": rest}, ["id"])
            yield {"id": row["id"], "user_ids": row["user_ids"]}, {"id": row["id"], "user_ids": rest}


def _row(token: Token) -> dict[str, Any]:
    user_ids = None if token.user_ids is None else orjson.dumps(token.user_ids).decode()
    return asdict(token) | {"scopes": " ".join(token.scopes), "user_ids": user_ids}


def _token(row: Mapping[str, Any]) -> Token:
    values = {name: row[name] for name in _COLUMNS}
    user_ids = values.pop("user_ids")
    scopes = tuple(values.pop("scopes").split())
    return Token(**values, scopes=scopes, user_ids=None if user_ids is None else tuple(orjson.loads(user_ids)))
