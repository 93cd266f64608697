"""Users and periods in bulk: all or nothing, in one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection

from ftlcommon.zone_guess import Guess
from ftlserver.domain import instants
from ftlserver.domain.period import Row
from ftlserver.domain.rules import Rules
from ftlserver.domain.user import User
from ftlserver.errors import UserExistsError, UserNotFoundError
from ftlserver.storage import marks
from ftlserver.storage.aliases import Aliases
from ftlserver.storage.changes import Change
from ftlserver.storage.database import Database, transaction
from ftlserver.storage.guessed_users import GuessedUser, GuessedUsers
from ftlserver.storage.periods import Periods, batches
from ftlserver.storage.users import Users

_BATCH = 5_000


@dataclass(slots=True)
class Imported:
    """How many users and periods an import added or changed, and how many periods were stored already.

    *guesses* are new ones of zones from the offsets of all periods. *change* is the number of the change, None if
    nothing was changed.
    """

    users_added: int = 0
    users_updated: int = 0
    users_left: int = 0
    aliases_added: int = 0
    periods_added: int = 0
    periods_extended: int = 0
    periods_known: int = 0
    periods_too_old: int = 0
    guesses: dict[str, Guess] = field(default_factory=dict)
    change: int | None = field(default=None, compare=False)


class _DryRunError(Exception):
    """Ends a transaction by rolling it back."""


class BulkImport:
    """Imports users and periods. Every method may raise DatabaseError."""

    def __init__(self, database: Database, users: Users, aliases: Aliases, periods: Periods, rules: Rules) -> None:
        self.database = database
        self._rules = rules
        self._users = users
        self._aliases = aliases
        self._periods = periods

    def store(
        self,
        users: Iterable[User],
        periods: Iterable[Row],
        *,
        aliases: Mapping[str, str] | None = None,
        guessed: Sequence[GuessedUser] = (),
        left: Sequence[str] = (),
        dry_run: bool = False,
    ) -> Imported:
        """Add or update users, add or extend periods of existing users; a *dry_run* only counts.

        Periods that ended before the oldest time that is kept are left out.
        *aliases* are new ones, with the ids of their users; *left* are users who have left. Raise UserExistsError
        for an alias that is taken, UserNotFoundError when a period's user does not exist. Storing the same again
        changes nothing.
        """
        imported = Imported()
        change = Change("import")
        try:
            with transaction(self.database, write=True) as connection:
                for batch in batches(users, _BATCH):
                    added, updated = self._users.put_many(connection, batch, change)
                    imported.users_added += added
                    imported.users_updated += updated
                people = GuessedUsers(self.database, self._users, self._aliases, connection, guessed)
                imported.users_added += people.add()
                if aliases:
                    imported.aliases_added = self._add_aliases(connection, aliases, change)
                for user_id in left:
                    imported.users_left += self._leave(user_id, change)
                for rows in batches(periods, _BATCH):
                    self._store_periods(connection, rows, imported, change)
                changed, imported.guesses = people.judge(change)
                imported.users_updated += changed
                if dry_run:
                    raise _DryRunError
                imported.change = change.save(connection)
        except _DryRunError:
            pass
        return imported

    def _add_aliases(self, connection: Connection, aliases: Mapping[str, str], change: Change) -> int:
        """Add new aliases, and return how many they are; raise UserExistsError."""
        self._aliases.refuse(connection, aliases)
        if taken := self._users.lock(connection, aliases):
            raise UserExistsError(min(taken))
        for alias, user_id in aliases.items():
            self._aliases.add(alias, user_id, change)
        return len(aliases)

    def _leave(self, user_id: str, change: Change) -> bool:
        """Mark a user as gone from now on, and tell whether they were not."""
        row = self._users.table.find_one(id=user_id, left_at=None)
        if row is None:
            return False
        was: dict[str, Any] = {"id": user_id, "left_at": None}
        left: dict[str, Any] = {"id": user_id, "left_at": instants.now()}
        self._users.table.update(left, ["id"])
        change.add_record("users", was, left, user_id)
        return True

    def _store_periods(self, connection: Connection, rows: list[Row], imported: Imported, change: Change) -> None:
        sent: dict[str, list[Row]] = {}
        for user_id, of_user in groupby(rows, itemgetter(0)):
            sent.setdefault(user_id, []).extend(of_user)
        there = self._users.lock(connection, sent)
        for user_id in sent:
            if user_id not in there:
                raise UserNotFoundError(user_id)
        count = len(rows)
        if oldest := marks.oldest(connection, self._rules):
            kept = ((user_id, [row for row in own if row[2] > oldest]) for user_id, own in sent.items())
            sent = {user_id: own for user_id, own in kept if own}
            count = sum(map(len, sent.values()))
            imported.periods_too_old += len(rows) - count
        added, extended = self._periods.store(connection, sent, change)
        imported.periods_added += added
        imported.periods_extended += extended
        imported.periods_known += count - added - extended
