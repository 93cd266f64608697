"""The database behind the service: the tables, their transactions, and one object that gives access to all."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy

from ftlserver.domain import instants
from ftlserver.domain.rules import Rules
from ftlserver.errors import DatabaseError
from ftlserver.storage import marks, schema
from ftlserver.storage.aliases import Aliases
from ftlserver.storage.bulk_import import BulkImport
from ftlserver.storage.database import Database, connect, transaction
from ftlserver.storage.doctor import Doctor
from ftlserver.storage.full_check import FullCheck
from ftlserver.storage.heartbeats import Heartbeats
from ftlserver.storage.idle_connections import fetch
from ftlserver.storage.merging import Merging
from ftlserver.storage.mirroring import Mirroring
from ftlserver.storage.periods import Periods
from ftlserver.storage.pruning import Pruning
from ftlserver.storage.recording import Recording
from ftlserver.storage.rounded_periods import RoundedPeriods
from ftlserver.storage.teams import Teams
from ftlserver.storage.tokens import Tokens
from ftlserver.storage.totals import Counting
from ftlserver.storage.undo import Changes
from ftlserver.storage.users import Users

DEFAULT_RULES = Rules()


class Storage:
    """An open database. Everything in it may raise DatabaseError."""

    def __init__(self, database: Database, rules: Rules = DEFAULT_RULES) -> None:
        self.database = database
        self.rules = rules
        self.aliases = Aliases(database)
        self.users = Users(database, self.aliases)
        self.teams = Teams(database, self.users)
        self.tokens = Tokens(database)
        self.periods: Periods = Periods(database)
        self.recording = Recording(database, self.users, self.periods, rules)
        self.heartbeats = Heartbeats(database, self.users, self.periods)
        self.full_check = FullCheck(database)
        self.totals = Counting(database, self.full_check)
        self.merging = Merging(database, self.users, self.aliases, self.periods)
        self.mirroring = Mirroring(database, self.users, self.periods)
        self.pruning = Pruning(database, self.users)
        self.changes = Changes(database, self.users, self.periods)
        self.doctor = Doctor(database, self.users, self.periods)
        self.bulk_import = BulkImport(database, self.users, self.aliases, self.periods, rules)

    @classmethod
    @contextmanager
    def open(
        cls, url: str, *, threads: int = 1, create: bool = True, rules: Rules = DEFAULT_RULES
    ) -> Iterator["Storage"]:
        """Open the database at *url* for as many *threads*, and close it at the end; *rules* say what is stored.

        Without *create* it has to be there; raise ConfigError.
        """
        database = connect(url, threads=threads, create=create)
        try:
            yield cls(database, rules)
        finally:
            database.close()

    def rounded(self, unit: int) -> "Storage":
        """Return this storage as it is to be read by a caller who sees times rounded to *unit* seconds."""
        found = copy(self)
        found.periods = RoundedPeriods(self.database, unit)
        return found

    def oldest(self) -> int:
        """Return the instant after which a period has to end to be stored."""
        rows = fetch(self.database, marks.READ, {"name": marks.OLDEST})
        return max(self.rules.oldest(instants.now()), *(int(value) for (value,) in rows), 0)

    def check(self) -> None:
        """Check that the database can be written and each table be read, and was sound; raise DatabaseError."""
        if self.full_check.failure:
            message = "the last full check found damage; restore a backup"
            raise DatabaseError("database_unavailable", message, self.database.name, self.full_check.failure)
        with transaction(self.database, write=True) as connection:
            for name in schema.TABLES:
                connection.exec_driver_sql(f"SELECT * FROM {name} LIMIT 1").all()  # noqa: S608
            self.users.table.delete(id="")
