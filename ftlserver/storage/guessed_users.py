"""Users whose names and zones an import guesses: what a person set stays, all sources together decide the rest."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import groupby
from operator import itemgetter
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy import Connection

from ftlcommon.zone_guess import Guess, ZoneGuess
from ftlserver.domain.instants import SECOND
from ftlserver.domain.intervals import Interval
from ftlserver.domain.user import User
from ftlserver.storage.aliases import Aliases
from ftlserver.storage.changes import Change
from ftlserver.storage.database import Database
from ftlserver.storage.users import Users

NEVER: Interval = (-1, -1)  # before every period
_AT_ONCE = 200


class ZoneSource(Enum):
    """How an import knows the zone of a user whom it guesses."""

    JUDGED = "from the offsets at the starts of all stored periods"
    GIVEN = "from a person, for this user"
    FOR_NEW = "from a person, for all new users"


@dataclass(frozen=True, slots=True)
class GuessedUser:
    """A *user* as an import guesses them; *latest* is the last period that it has of them, begun and ended.

    What a person set is replaced only on *update*.
    """

    user: User
    latest: Interval
    zone: ZoneSource
    update: bool = False


@dataclass(frozen=True, slots=True)
class _Stored:
    """A user as stored before the import, with their last period."""

    row: dict[str, Any]
    latest: Interval


class GuessedUsers:
    """The guessed users of one import, in its transaction: ``add`` them before the periods, ``judge`` after."""

    def __init__(
        self,
        database: Database,
        users: Users,
        aliases: Aliases,
        connection: Connection,
        found: Sequence[GuessedUser],
    ) -> None:
        self._database = database
        self._users = users
        self._aliases = aliases
        self._connection = connection
        self._found = found
        self._stored: dict[str, _Stored] = {}

    _STORED: ClassVar[dict[str, str]] = {
        "sqlite": """
            SELECT u.id, u.real_name, u.tz, u.guessed,
                   p.started_at, p.ended_at
            FROM json_each(:ids) AS asked CROSS JOIN users u ON u.id = asked.value
            LEFT JOIN activity_periods p ON p.user_id = u.id
                AND p.started_at = (SELECT max(started_at) FROM activity_periods WHERE user_id = u.id)""",
        "postgresql": """
            SELECT u.id, u.real_name, u.tz, u.guessed,
                   p.started_at, p.ended_at
            FROM unnest(CAST(:ids AS varchar[])) AS asked (value)
            CROSS JOIN LATERAL (SELECT * FROM users WHERE id = asked.value OFFSET 0) AS u
            LEFT JOIN LATERAL (SELECT started_at, ended_at FROM activity_periods WHERE user_id = u.id
                               ORDER BY started_at DESC LIMIT 1) AS p ON TRUE""",
    }

    def add(self) -> int:
        """Add those who are new, and return how many they are."""
        ids = [found.user.id for found in self._found]
        self._users.lock(self._connection, ids)
        for id_, real_name, tz, guessed, *latest in self._ask(self._STORED, ids):
            row = {"id": id_, "real_name": real_name, "tz": tz, "guessed": bool(guessed)}
            self._stored[id_] = _Stored(row, NEVER if latest[0] is None else (latest[0], latest[1]))
        rows = [_row(found) for found in self._found if found.user.id not in self._stored]
        if rows:
            self._aliases.refuse(self._connection, [row["id"] for row in rows])
            self._connection.execute(sa.insert(self._users.table.table), rows)
        return len(rows)

    def judge(self, change: Change) -> tuple[int, dict[str, Guess]]:
        """Set names and zones, all of them now that the periods are stored.

        Return how many users were changed that are not new, and the guesses of zones that are new.
        """
        open_ = [found for found in self._found if found.zone is ZoneSource.JUDGED and self._may_change(found)]
        guesses = dict(self._guesses([found.user.id for found in open_]))
        new_guesses: dict[str, Guess] = {}
        changed = 0
        for found in self._found:
            id_ = found.user.id
            stored = self._stored.get(id_)
            before = _row(found) if stored is None else stored.row
            after = before | self._now(found, guesses.get(id_))
            if after != before:
                self._users.table.update(after, ["id"])
            if id_ in guesses and (stored is None or after["tz"] != before["tz"]):
                new_guesses[id_] = guesses[id_]
            if stored is None:
                change.add_record("users", None, after, id_)
            elif after != before:
                names = ["id", *(name for name in after if after[name] != before[name])]
                was, became = ({name: row[name] for name in names} for row in (before, after))
                change.add_record("users", was, became, id_)
                changed += 1
        return changed, new_guesses

    def _may_change(self, found: GuessedUser) -> bool:
        stored = self._stored.get(found.user.id)
        return stored is None or found.update or bool(stored.row["guessed"])

    def _now(self, found: GuessedUser, guess: Guess | None) -> dict[str, Any]:
        """Return the columns of a user as this import leaves them."""
        now: dict[str, Any] = {}
        stored = self._stored.get(found.user.id)
        if self._may_change(found):
            now["guessed"] = True
            # The source with the latest activity knows the name, whichever was imported first.
            if stored is None or found.update or found.latest >= stored.latest:
                now["real_name"] = found.user.real_name
            if guess is not None:
                now["tz"] = guess.zone
            elif found.update:
                now["tz"] = found.user.tz
        if found.zone is ZoneSource.GIVEN:
            now |= {"tz": found.user.tz, "guessed": False}
        return now

    _EDGES: ClassVar[dict[str, str]] = {
        dialect: f"""
            SELECT min((SELECT min(started_at) FROM activity_periods WHERE user_id = asked.value)),
                   max((SELECT max(started_at) FROM activity_periods WHERE user_id = asked.value))
            FROM {asked}"""  # noqa: S608
        for dialect, asked in (
            ("sqlite", "json_each(:ids) AS asked"),
            ("postgresql", "unnest(CAST(:ids AS varchar[])) AS asked (value)"),
        )
    }
    _CLOCKS: ClassVar[dict[str, str]] = {
        "sqlite": """
            SELECT p.user_id, p.started_at, p.start_offset
            FROM json_each(:ids) AS asked CROSS JOIN activity_periods p ON p.user_id = asked.value
            ORDER BY asked.key""",
        "postgresql": """
            SELECT p.user_id, p.started_at, p.start_offset
            FROM unnest(CAST(:ids AS varchar[])) WITH ORDINALITY AS asked (value, key)
            CROSS JOIN LATERAL (SELECT * FROM activity_periods WHERE user_id = asked.value OFFSET 0) AS p
            ORDER BY asked.key""",
    }

    def _guesses(self, ids: Sequence[str]) -> Iterator[tuple[str, Guess]]:
        """Yield for each user who has periods the zone that explains the offsets at their starts best."""
        [(first, last)] = self._ask(self._EDGES, ids)
        if first is None:
            return
        zones = ZoneGuess(first // SECOND, last // SECOND)
        for at in range(0, len(ids), _AT_ONCE):
            rows = self._ask(self._CLOCKS, ids[at : at + _AT_ONCE])
            for user_id, periods in groupby(rows, itemgetter(0)):
                yield user_id, zones.best((started_at // SECOND, offset) for _, started_at, offset in periods)

    def _ask(self, statements: dict[str, str], ids: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        values = {"ids": self._database.array(ids)}
        result = self._connection.execute(sa.text(statements[self._database.dialect]), values)
        return (tuple(row) for row in result)


def _row(found: GuessedUser) -> dict[str, Any]:
    user = found.user
    return {
        "id": user.id,
        "real_name": user.real_name,
        "tz": user.tz,
        "guessed": found.zone is not ZoneSource.GIVEN,
    }
