"""The table of users.

dataset reads and writes it, inside a transaction. Text are the statements about many ids, which are one value
however many there are, and the list with the periods of each user.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from heapq import nsmallest
from typing import Any, ClassVar, NamedTuple

import dataset
import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from ftlcommon.member_names import folded
from ftlserver.domain.user import MATCHES, USER_FIELDS, Match, User, UserSummary, is_user_id
from ftlserver.errors import UserExistsError, UserNotFoundError
from ftlserver.storage.aliases import Aliases
from ftlserver.storage.changes import Change, erase_changes_of
from ftlserver.storage.database import Database, scrub, transaction
from ftlserver.storage.idle_connections import fetch
from ftlserver.storage.tokens import unbind

_PAGE = 5_000
_NO_LIMIT = 2**62
_COLUMNS = ", ".join(f"u.{name}" for name in USER_FIELDS)

# A user that was read before needs no second check: 20 us of a question about two.
cached_user = lru_cache(maxsize=4_096)(User.stored)


class Written(NamedTuple):
    """Whether a user was added, and the number of the change, if there was one."""

    created: bool
    change: int | None


class Users:
    """The users in a database. Every method may raise DatabaseError."""

    def __init__(self, database: Database, aliases: Aliases) -> None:
        self.database = database
        self._aliases = aliases

    @property
    def table(self) -> dataset.Table:
        """Return dataset's table, for use in a transaction of this thread."""
        return self.database.table("users")

    def find(self, user_id: str) -> User | None:
        """Return the user with that id, if there is one."""
        if not is_user_id(user_id):  # such as bytes that are not text, which no database takes
            return None
        with transaction(self.database):
            return self._find(user_id)

    def get(self, user_id: str) -> User:
        """Return the user with that id; raise UserNotFoundError."""
        user = self.find(user_id)
        if user is None:
            raise UserNotFoundError(user_id)
        return user

    # With LATERAL each id is looked up in the one partition that has it; OFFSET 0 keeps PostgreSQL from making a
    # join of it, which may read all partitions.
    _FIND_MANY: ClassVar[dict[str, sa.TextClause]] = {
        "sqlite": sa.text(
            f"SELECT {_COLUMNS} FROM json_each(:ids) AS asked CROSS JOIN users u ON u.id = asked.value"  # noqa: S608
            " ORDER BY asked.key"
        ),
        "postgresql": sa.text(
            f"SELECT {_COLUMNS} FROM unnest(CAST(:ids AS varchar[])) WITH ORDINALITY AS asked (value, key)"  # noqa: S608
            " CROSS JOIN LATERAL (SELECT * FROM users WHERE id = asked.value OFFSET 0) AS u ORDER BY asked.key"
        ),
    }
    _ALL = sa.text(f"SELECT {_COLUMNS} FROM users u ORDER BY u.id LIMIT :most")  # noqa: S608

    def find_many(self, user_ids: Iterable[str] | None, most: int = _NO_LIMIT) -> list[User]:
        """Return the users with those ids, in that order and each once, or all by id, up to *most*."""
        found = (self._ALL, {"most": most}) if user_ids is None else self._many(user_ids)
        return [cached_user(*row) for row in fetch(self.database, *found)]

    def stored(self, connection: Connection, user_ids: Iterable[str]) -> list[User]:
        """Return the users with those ids, in the caller's transaction: a second one might wait for a writer."""
        return [cached_user(*row) for row in connection.execute(*self._many(user_ids))]

    def _many(self, user_ids: Iterable[str]) -> tuple[sa.TextClause, dict[str, Any]]:
        return self._FIND_MANY[self.database.dialect], {"ids": self.database.array(dict.fromkeys(user_ids))}

    def page(self, after: str, limit: int) -> list[User]:
        """Return up to *limit* users by id, those after the id *after*."""
        with transaction(self.database):
            rows = self.table.find(id={">": after}, order_by="id", _limit=limit)
            return [_user(row) for row in rows]

    def all(self) -> Iterator[User]:
        """Yield all users by id, page by page, without a transaction that stays open between pages."""
        after = ""
        while True:
            page = self.page(after, _PAGE)
            yield from page
            if len(page) < _PAGE:
                return
            after = page[-1].id

    def matching(self, text: str, among: Iterable[str] | None, after: tuple[str, str], limit: int) -> list[Match]:
        """Return up to *limit* users whom *text* names, *among* some or all: by the kind of match, then by id.

        *after* is the kind and the id of the last one before them. It looks at each user, as no index knows parts
        of names.
        """
        wanted = folded(text)
        aliases = self._aliases.by_user()
        users = self.all() if among is None else self.find_many(among)
        matches = (Match.of(wanted, user, aliases.get(user.id, ())) for user in users)
        place = (MATCHES.index(after[0]), after[1])
        following = (match for match in matches if match is not None and match.place > place)
        return nsmallest(limit, following, key=lambda match: match.place)

    def departures(self) -> dict[str, int]:
        """Return when the users who left did so, by their ids."""
        with transaction(self.database):
            return {row["id"]: row["left_at"] for row in self.table.find(left_at={"not": None})}

    _DEPARTURES: ClassVar[dict[str, sa.TextClause]] = {
        "sqlite": sa.text(
            "SELECT u.id, u.left_at FROM json_each(:ids) AS asked CROSS JOIN users u ON u.id = asked.value"
            " WHERE u.left_at IS NOT NULL"
        ),
        "postgresql": sa.text(
            "SELECT u.id, u.left_at FROM unnest(CAST(:ids AS varchar[])) AS asked (value)"
            " CROSS JOIN LATERAL (SELECT * FROM users WHERE id = asked.value OFFSET 0) AS u"
            " WHERE u.left_at IS NOT NULL"
        ),
    }

    def departures_of(self, users: Iterable[User]) -> dict[str, int]:
        """Return when those of *users* who left did so, by their ids."""
        ids = self.database.array(user.id for user in users)
        return dict(fetch(self.database, self._DEPARTURES[self.database.dialect], {"ids": ids}))

    def aliases(self, user_id: str) -> list[str]:
        """Return the aliases of a user."""
        with transaction(self.database):
            return self._aliases.of(user_id)

    def summaries(self) -> list[UserSummary]:
        """Return all users by id, with the number of their periods and the end of the last one."""
        with transaction(self.database):
            rows = self.database.query(f"""
                SELECT {_COLUMNS}, u.left_at, count(p.user_id) AS periods, max(p.ended_at) AS last_active_at,
                       (SELECT end_offset FROM activity_periods l WHERE l.user_id = u.id
                        ORDER BY ended_at DESC LIMIT 1) AS last_offset
                FROM users u LEFT JOIN activity_periods p ON p.user_id = u.id
                GROUP BY {_COLUMNS}, u.left_at ORDER BY u.id""")  # noqa: S608
            return [
                UserSummary(
                    _user(row), row["periods"], row["last_active_at"], row["last_offset"] or 0, row["left_at"]
                )
                for row in rows
            ]

    def add_new(self, users: Sequence[User]) -> int | None:
        """Add new users, all or none, and return the number of the change; raise UserExistsError."""
        change = Change("add_user")
        with transaction(self.database, write=True) as connection:
            self._aliases.refuse(connection, [user.id for user in users])
            for user in users:
                try:
                    self.table.insert(_row(user))
                except IntegrityError as exc:
                    raise UserExistsError(user.id) from exc
                change.add_record("users", None, _row(user), user.id)
            return change.save(connection)

    def add(self, user: User, caller: str | None = None) -> Written:
        """Add a user; raise UserExistsError if the id belongs to another user."""
        change = Change("add_user", caller)
        with transaction(self.database, write=True) as connection:
            statement = self._insert().values(_row(user)).on_conflict_do_nothing(index_elements=["id"])
            is_new = connection.execute(statement.returning(self.table.table.c.id)).first() is not None
            self._aliases.refuse(connection, [user.id])
            if self._find(user.id) != user:
                raise UserExistsError(user.id)
            if is_new:
                change.add_record("users", None, _row(user), user.id)
            return Written(is_new, change.save(connection))

    def put(self, user: User, caller: str | None = None) -> Written:
        """Add a user or replace the stored one."""
        change = Change("put_user", caller)
        with transaction(self.database, write=True) as connection:
            is_new = bool(self.put_many(connection, [user], change)[0])
            return Written(is_new, change.save(connection))

    _GUESSED: ClassVar[dict[str, sa.TextClause]] = {
        "sqlite": sa.text("SELECT id FROM users WHERE guessed AND id IN (SELECT value FROM json_each(:ids))"),
        "postgresql": sa.text(
            "SELECT u.id FROM unnest(CAST(:ids AS varchar[])) AS asked (value)"
            " CROSS JOIN LATERAL (SELECT id FROM users WHERE id = asked.value AND guessed OFFSET 0) AS u"
        ),
    }

    def put_many(self, connection: Connection, users: Iterable[User], change: Change) -> tuple[int, int]:
        """Add or replace users in the caller's transaction; return how many were added, and how many changed.

        A field without a value keeps the stored one: a file without a column erases nothing.
        """
        wanted = {user.id: user for user in users}
        known = {user.id: user for user in self.stored(connection, wanted)}
        for stored in known.values():
            wanted[stored.id] = _completed(wanted[stored.id], stored)
        changed = [user for user in wanted.values() if known.get(user.id) != user]
        if changed:
            insert = self._insert()
            values = {name: insert.excluded[name] for name in USER_FIELDS if name != "id"}
            statement = insert.on_conflict_do_update(index_elements=["id"], set_=values)
            connection.execute(statement, [_row(user) for user in changed])
            # After it has waited for a merge that makes an alias of a user.
            self._aliases.refuse(connection, [user.id for user in changed])
        for user in changed:
            before = known.get(user.id)
            change.add_record("users", None if before is None else _row(before), _row(user), user.id)
        # A person says the name and the zone, also where an import guessed the same.
        guessed = connection.execute(self._GUESSED[self.database.dialect], {"ids": self.database.array(known)})
        for user_id in guessed.scalars().all():
            self.table.update({"id": user_id, "guessed": False}, ["id"])
            change.add_record(
                "users", {"id": user_id, "guessed": True}, {"id": user_id, "guessed": False}, user_id
            )
        added = len(wanted) - len(known)
        return added, len(changed) - added

    def change(
        self, user_id: str, changes: Mapping[str, Any], caller: str | None = None, action: str = "change_user"
    ) -> tuple[User, int | None]:
        """Change some columns of a user; return the user and the number of the change; raise UserNotFoundError."""
        change = Change(action, caller)
        with transaction(self.database, write=True) as connection:
            before = self._locked(connection, user_id)
            new = {name: value for name, value in changes.items() if before[name] != value}
            if new:
                self.table.update({"id": user_id, **new}, ["id"])
                was = {name: before[name] for name in ("id", *new)}
                change.add_record("users", was, {"id": user_id, **new}, user_id)
            user = self._find(user_id)
            assert user is not None
            return user, change.save(connection)

    def add_alias(self, user_id: str, alias: str, caller: str | None = None) -> Written:
        """Add a further id under which a user is known; one that they have already changes nothing.

        Raise UserNotFoundError, or UserExistsError for an alias that is another user's id or alias.
        """
        change = Change("add_alias", caller)
        with transaction(self.database, write=True) as connection:
            self._locked(connection, user_id)
            if alias in self._aliases.of(user_id):
                return Written(created=False, change=None)
            self._aliases.refuse(connection, [alias])
            if self.lock(connection, [alias]):
                raise UserExistsError(alias)
            self._aliases.add(alias, user_id, change)
            return Written(created=True, change=change.save(connection))

    def delete(self, user_id: str) -> None:
        """Delete a user, all their periods and what changes hold of them, from the files too.

        Raise UserNotFoundError.
        """
        with transaction(self.database, write=True) as connection:
            if not is_user_id(user_id) or not self.table.delete(id=user_id):
                raise UserNotFoundError(user_id)
            for _ in unbind(self.database, user_id):
                pass
            erase_changes_of(connection, user_id)
        scrub(self.database)

    _EXISTING = sa.text("SELECT id FROM users WHERE id IN (SELECT value FROM json_each(:ids))")
    # Ids are looked up, and so locked, in the order in which they are given.
    _LOCKED = sa.text(
        "SELECT u.id FROM unnest(CAST(:ids AS varchar[])) AS asked (value)"
        " CROSS JOIN LATERAL (SELECT id FROM users WHERE id = asked.value FOR NO KEY UPDATE) AS u"
    )

    def lock(self, connection: Connection, user_ids: Iterable[str]) -> set[str]:
        """Return those of the users that exist; no other transaction deletes them or writes their periods.

        SQLite has one writer; on PostgreSQL locks are taken in one order, so that no two transactions wait for
        each other.
        """
        statement = self._EXISTING if self.database.is_sqlite else self._LOCKED
        return set(connection.execute(statement, {"ids": self.database.array(sorted(user_ids))}).scalars())

    def _locked(self, connection: Connection, user_id: str) -> dict[str, Any]:
        """Return the row of a user whom no other transaction changes; raise UserNotFoundError."""
        if not (is_user_id(user_id) and self.lock(connection, [user_id])):
            raise UserNotFoundError(user_id)
        row = self.table.find_one(id=user_id)
        assert row is not None
        return dict(row)

    def _find(self, user_id: str) -> User | None:
        row = self.table.find_one(id=user_id)
        return None if row is None else _user(row)

    def _insert(self) -> Any:
        return (sqlite.insert if self.database.is_sqlite else postgresql.insert)(self.table.table)


def _user(row: Mapping[str, Any]) -> User:
    return cached_user(*(row[name] for name in USER_FIELDS))


def _completed(user: User, stored: User) -> User:
    missing = {name: getattr(stored, name) for name in USER_FIELDS if getattr(user, name) is None}
    return replace(user, **missing) if missing else user


def _row(user: User) -> dict[str, Any]:
    return {name: getattr(user, name) for name in USER_FIELDS}
