"""The tables of teams and their members. dataset reads and writes them; the look-up of a token's team is text."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import dataset
import sqlalchemy as sa
from sqlalchemy import Connection

from ftlserver.domain import instants
from ftlserver.domain.team import Team
from ftlserver.domain.user import is_user_id
from ftlserver.errors import TeamExistsError, TeamNotFoundError, UserNotFoundError
from ftlserver.storage.changes import Change
from ftlserver.storage.database import Database, transaction
from ftlserver.storage.idle_connections import fetch
from ftlserver.storage.users import Users, Written


class TeamSize(NamedTuple):
    """A team with the number of its members."""

    team: Team
    size: int


class TeamChange(NamedTuple):
    """A team after a change: how many members it won and lost, and how many valid tokens see more than before.

    *change* is the number of the change, if there was one.
    """

    team: Team
    added: int
    removed: int
    widened_tokens: int
    change: int | None


class TeamDeletion(NamedTuple):
    """How many valid tokens see no one after a team was deleted, and the number of the change."""

    tokens: int
    change: int | None


class Teams:
    """The teams in a database. Every method may raise DatabaseError."""

    def __init__(self, database: Database, users: Users) -> None:
        self.database = database
        self._users = users

    @property
    def table(self) -> dataset.Table:
        """Return dataset's table, for use in a transaction of this thread."""
        return self.database.table("teams")

    @property
    def members(self) -> dataset.Table:
        """Return dataset's table of who is in which team."""
        return self.database.table("team_members")

    _MEMBER_IDS = sa.text(
        "SELECT m.user_id FROM teams t LEFT JOIN team_members m ON m.team_id = t.id WHERE t.id = :id"
        " ORDER BY m.user_id"
    )

    def member_ids(self, team_id: str) -> list[str] | None:
        """Return the ids of the members of a team, in order, or None if there is no such team."""
        if not is_user_id(team_id):  # such as bytes that are not text, which no database takes
            return None
        rows = fetch(self.database, self._MEMBER_IDS, {"id": team_id})
        return [user_id for (user_id,) in rows if user_id is not None] if rows else None

    def get(self, team_id: str) -> Team:
        """Return the team with that id; raise TeamNotFoundError."""
        with transaction(self.database):
            return self._get(team_id)

    def all(self) -> list[TeamSize]:
        """Return all teams by id."""
        with transaction(self.database):
            rows = self.database.query("""
                SELECT t.id, t.name, count(m.user_id) AS size FROM teams t
                LEFT JOIN team_members m ON m.team_id = t.id GROUP BY t.id, t.name ORDER BY t.id""")
            return [TeamSize(Team(row["id"], row["name"]), row["size"]) for row in rows]

    def add(self, team: Team, user_ids: Iterable[str] = (), caller: str | None = None) -> Written:
        """Add a team with its members.

        Raise TeamExistsError if the id belongs to another team, or to the same one with other members, and
        UserNotFoundError.
        """
        wanted = set(user_ids)
        change = Change("add_team", caller)
        with transaction(self.database, write=True) as connection:
            row = self.table.find_one(id=team.id)
            if row is not None:
                if _team(row) != team or self._member_ids(team.id) != wanted:
                    raise TeamExistsError(team.id)
                return Written(created=False, change=None)
            try:
                self.table.insert({"id": team.id, "name": team.name})
            except sa.exc.IntegrityError as exc:  # another process has just added it
                raise TeamExistsError(team.id) from exc
            change.add_record("teams", None, {"id": team.id, "name": team.name})
            self._add_members(connection, team.id, wanted, change)
            return Written(created=True, change=change.save(connection))

    def change(
        self,
        team_id: str,
        *,
        name: str | None = None,
        add: Iterable[str] = (),
        remove: Iterable[str] = (),
        caller: str | None = None,
    ) -> TeamChange:
        """Change the name and the members of a team; who is added is a member also if they are to be removed.

        Raise TeamNotFoundError, UserNotFoundError or InvalidTeamError.
        """
        change = Change("change_team", caller)
        with transaction(self.database, write=True) as connection:
            team = self._get(team_id, is_locked=True)
            if name not in (None, team.name):
                before_that = {"id": team.id, "name": team.name}
                team = Team(team_id, str(name))
                self.table.update({"id": team.id, "name": team.name}, ["id"])
                change.add_record("teams", before_that, {"id": team.id, "name": team.name})
            before = self._member_ids(team_id)
            added = set(add) - before
            removed = before & (set(remove) - set(add))
            self._add_members(connection, team_id, added, change)
            for user_id in sorted(removed):
                self.members.delete(team_id=team_id, user_id=user_id)
                change.add_record("team_members", {"team_id": team_id, "user_id": user_id}, None, user_id)
            widened = self._count_tokens(team_id) if added else 0
            return TeamChange(team, len(added), len(removed), widened, change.save(connection))

    def delete(self, team_id: str, caller: str | None = None) -> TeamDeletion:
        """Delete a team; its tokens see no one from now on; raise TeamNotFoundError."""
        change = Change("delete_team", caller)
        with transaction(self.database, write=True) as connection:
            team = self._get(team_id, is_locked=True)
            count = self._count_tokens(team_id)
            for row in list(self.database.table("tokens").find(team_id=team_id, order_by="id")):
                bound = {"id": row["id"], "team_id": team_id}
                change.add_record("tokens", bound, {"id": row["id"], "team_id": None})
            for user_id in sorted(self._member_ids(team_id)):
                change.add_record("team_members", {"team_id": team_id, "user_id": user_id}, None, user_id)
            change.add_record("teams", {"id": team.id, "name": team.name}, None)
            self.table.delete(id=team_id)
            return TeamDeletion(count, change.save(connection))

    def _get(self, team_id: str, *, is_locked: bool = False) -> Team:
        """Return a team; one that *is_locked* no other writer changes until the transaction ends."""
        if is_user_id(team_id):
            table = self.table.table
            statement = table.select().where(table.c.id == team_id)
            for row in self.database.query(statement.with_for_update() if is_locked else statement):
                return _team(row)
        raise TeamNotFoundError(team_id)

    def _member_ids(self, team_id: str) -> set[str]:
        return {row["user_id"] for row in self.members.find(team_id=team_id)}

    def _add_members(self, connection: Connection, team_id: str, user_ids: set[str], change: Change) -> None:
        known = self._users.lock(connection, user_ids)
        if unknown := user_ids - known:
            raise UserNotFoundError(min(unknown))
        rows = [{"team_id": team_id, "user_id": user_id} for user_id in sorted(user_ids)]
        self.members.insert_many(rows)
        for row in rows:
            change.add_record("team_members", None, row, row["user_id"])

    def _count_tokens(self, team_id: str) -> int:
        tokens = self.database.table("tokens").find(team_id=team_id, revoked_at=None, parent_id=None)
        now = instants.now()
        return sum(token["expires_at"] is None or token["expires_at"] > now for token in tokens)


def _team(row: Any) -> Team:
    return Team(row["id"], row["name"])
