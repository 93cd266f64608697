"""The table of aliases: ids under which a user is also known, such as the id before a merge.

An alias is never a user's id, nor the reverse.
"""

from collections.abc import Iterable
from typing import ClassVar

import dataset
import sqlalchemy as sa
from sqlalchemy import Connection

from ftlserver.errors import UserExistsError
from ftlserver.storage.changes import Change
from ftlserver.storage.database import Database, transaction
from ftlserver.storage.idle_connections import fetch


class Aliases:
    """The aliases in a database. Every method may raise DatabaseError."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @property
    def table(self) -> dataset.Table:
        """Return dataset's table, for use in a transaction of this thread."""
        return self.database.table("user_aliases")

    _RESOLVE: ClassVar[dict[str, str]] = {
        "sqlite": "SELECT a.alias, a.user_id FROM json_each(:ids) AS asked CROSS JOIN user_aliases a"
        " ON a.alias = asked.value",
        "postgresql": "SELECT a.alias, a.user_id FROM unnest(CAST(:ids AS varchar[])) AS asked (value)"
        " JOIN user_aliases a ON a.alias = asked.value",
    }

    _ALL = sa.text("SELECT alias, user_id FROM user_aliases")

    def resolve(self, ids: Iterable[str]) -> dict[str, str]:
        """Return the ids of the users of those of *ids* that are aliases."""
        wanted = {"ids": self.database.array(ids)}
        return dict(fetch(self.database, self._statement(), wanted))

    def all(self) -> dict[str, str]:
        """Return all aliases, with the ids of their users."""
        return dict(fetch(self.database, self._ALL, {}))

    def refuse(self, connection: Connection, ids: Iterable[str]) -> None:
        """Raise UserExistsError if one of *ids*, which are to be users' ids, is an alias."""
        found = connection.execute(self._statement(), {"ids": self.database.array(ids)}).first()
        if found is not None:
            raise UserExistsError(found.alias, alias_of=found.user_id)

    def of(self, user_id: str) -> list[str]:
        """Return the aliases of a user, in the caller's transaction."""
        return [row["alias"] for row in self.table.find(user_id=user_id, order_by="alias")]

    def by_user(self) -> dict[str, list[str]]:
        """Return the aliases of all users who have any, by the user's id."""
        found: dict[str, list[str]] = {}
        with transaction(self.database):
            for row in self.table.find(order_by="alias"):
                found.setdefault(row["user_id"], []).append(row["alias"])
        return found

    def add(self, alias: str, user_id: str, change: Change) -> None:
        """Add an alias that is neither a user's id nor an alias, in the caller's transaction."""
        self.table.insert({"alias": alias, "user_id": user_id})
        change.add_record("user_aliases", None, {"alias": alias, "user_id": user_id}, user_id)

    def _statement(self) -> sa.TextClause:
        return sa.text(self._RESOLVE[self.database.dialect])
