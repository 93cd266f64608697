"""Merging two users who are the same person."""

from dataclasses import dataclass, field

import sqlalchemy as sa

from ftlserver.domain.token import Principal
from ftlserver.errors import InvalidValueError, UserNotFoundError
from ftlserver.storage.aliases import Aliases
from ftlserver.storage.changes import Change
from ftlserver.storage.database import Database, transaction
from ftlserver.storage.periods import Periods, batches
from ftlserver.storage.tokens import unbind
from ftlserver.storage.users import Users

_BATCH = 5_000


@dataclass(slots=True)
class Merged:
    """How many periods moved, how many of these the other user had already, and the number of the change.

    *teams* are those that the merged user was in: a merge adds no one to a team.
    """

    periods: int = 0
    known: int = 0
    teams: list[str] = field(default_factory=list)
    change: int | None = None


class Merging:
    """Merges users. Every method may raise DatabaseError."""

    def __init__(self, database: Database, users: Users, aliases: Aliases, periods: Periods) -> None:
        self.database = database
        self._users = users
        self._aliases = aliases
        self._periods = periods

    _PERIODS = sa.text(
        "SELECT started_at, ended_at, start_offset, end_offset FROM activity_periods"
        " WHERE user_id = :user_id ORDER BY started_at"
    )

    def merge(self, gone: str, stays: str, caller: Principal) -> Merged:
        """Move the periods of the user *gone* to the user *stays*, and keep *gone* as an alias.

        A token bound to *gone* loses it and gains nothing. Raise UserNotFoundError or InvalidValueError.
        """
        if gone == stays:
            raise InvalidValueError("a user cannot be merged into themselves; name two users")
        merged = Merged()
        change = Change("merge", caller.token_id)
        with transaction(self.database, write=True) as connection:
            there = self._users.lock(connection, [gone, stays])
            for user_id in (gone, stays):
                if user_id not in there:
                    raise UserNotFoundError(user_id)
            rows = connection.execute(self._PERIODS, {"user_id": gone}).all()
            for batch in batches((tuple(row) for row in rows), _BATCH):
                moved = [(stays, *span) for span in batch]
                added, extended = self._periods.store(connection, {stays: moved}, change)
                change.add_periods(connection, gone, batch, [])
                merged.known += len(batch) - added - extended
            merged.periods = len(rows)
            for token in unbind(self.database, gone):
                change.add_record("tokens", *token, gone)
            members = self.database.table("team_members")
            for row in list(members.find(user_id=gone, order_by="team_id")):
                change.add_record("team_members", dict(row), None, gone)
                merged.teams.append(row["team_id"])
            for alias in self._aliases.of(gone):
                self._aliases.table.update({"alias": alias, "user_id": stays}, ["alias"])
                was = {"alias": alias, "user_id": gone}
                change.add_record("user_aliases", was, {"alias": alias, "user_id": stays}, stays)
            user = self._users.table.find_one(id=gone)
            assert user is not None
            self._users.table.delete(id=gone)
            change.add_record("users", dict(user), None, gone)
            self._aliases.add(gone, stays, change)
            merged.change = change.save(connection)
        return merged
