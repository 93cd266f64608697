"""Users and periods in bulk: all or nothing, in one transaction."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter

from sqlalchemy import Connection

from ftlserver.domain.period import Row
from ftlserver.domain.user import User
from ftlserver.errors import UserNotFoundError
from ftlserver.storage.changes import Change
from ftlserver.storage.database import Database, transaction
from ftlserver.storage.periods import Periods, batches
from ftlserver.storage.users import Users

_BATCH = 5_000


@dataclass(slots=True)
class Imported:
    """How many users and periods an import added or changed, and how many periods were stored already.

    *change* is the number of the change, None if nothing was changed.
    """

    users_added: int = 0
    users_updated: int = 0
    periods_added: int = 0
    periods_extended: int = 0
    periods_known: int = 0
    change: int | None = field(default=None, compare=False)


class _DryRunError(Exception):
    """Ends a transaction by rolling it back."""


class BulkImport:
    """Imports users and periods. Every method may raise DatabaseError."""

    def __init__(self, database: Database, users: Users, periods: Periods) -> None:
        self.database = database
        self._users = users
        self._periods = periods

    def store(self, users: Iterable[User], periods: Iterable[Row], *, dry_run: bool = False) -> Imported:
        """Add or update users, add or extend periods of existing users; a *dry_run* only counts.

        Raise UserNotFoundError when a period's user does not exist. Storing the same again changes nothing.
        """
        imported = Imported()
        change = Change("import")
        try:
            with transaction(self.database, write=True) as connection:
                for batch in batches(users, _BATCH):
                    added, updated = self._users.put_many(connection, batch, change)
                    imported.users_added += added
                    imported.users_updated += updated
                for rows in batches(periods, _BATCH):
                    self._store_periods(connection, rows, imported, change)
                if dry_run:
                    raise _DryRunError
                imported.change = change.save(connection)
        except _DryRunError:
            pass
        return imported

    def _store_periods(self, connection: Connection, rows: list[Row], imported: Imported, change: Change) -> None:
        sent: dict[str, list[Row]] = {}
        for user_id, of_user in groupby(rows, itemgetter(0)):
            sent.setdefault(user_id, []).extend(of_user)
        there = self._users.lock(connection, sent)
        for user_id in sent:
            if user_id not in there:
                raise UserNotFoundError(user_id)
        added, extended = self._periods.store(connection, sent, change)
        imported.periods_added += added
        imported.periods_extended += extended
        imported.periods_known += len(rows) - added - extended
