"""Whose the periods of a file are that is being imported."""

import argparse
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from operator import itemgetter

from ftlcommon.formats import FoundPeriods, FoundUser
from ftlcommon.formats.git import full_name
from ftlserver.domain import time_tables
from ftlserver.domain.intervals import Interval
from ftlserver.domain.period import ActivityPeriod, Row
from ftlserver.domain.user import User
from ftlserver.errors import InvalidValueError
from ftlserver.storage import Storage
from ftlserver.storage.guessed_users import NEVER, GuessedUser, ZoneSource

_MOST_LISTED = 20


@dataclass(slots=True)
class _Person:
    """A user whose name and zone the file guesses, and what it has of them."""

    found: FoundUser
    user: User
    periods: int = 0
    latest: Interval = NEVER


class Owners:
    """The owners of the periods of a file: the users in it, else those that are stored, also by an alias."""

    def __init__(self, storage: Storage, args: argparse.Namespace) -> None:
        self._stored_users = storage.users
        self._stored_aliases = storage.aliases.all()
        self._users: dict[str, User | None] = {}
        self._only: User | None = None
        self._zone_source = ZoneSource.JUDGED if args.format == "git" else ZoneSource.FOR_NEW
        self._joins = args.format == "git" and not args.no_merge_names
        self._update = args.update
        self._people: dict[str, _Person] = {}
        self._namesakes: dict[str, list[str]] | None = None
        self._joined: list[str] = []
        self._doubles: dict[frozenset[str], str] = {}
        self.aliases: dict[str, str] = {}
        self.left: list[str] = []

    def set_only(self, user_id: str) -> None:
        """Let all periods be of one user; raise UserNotFoundError."""
        self._only = self._stored(user_id)

    def known(self, ids: Collection[str]) -> dict[str, str]:
        """Return the member that each of *ids* stands for, of those that are known."""
        found = {id_: self._stored_aliases[id_] for id_ in ids if id_ in self._stored_aliases}
        return found | {user.id: user.id for user in self._stored_users.find_many(ids)}

    def add(self, found: FoundUser) -> User | None:
        """Return the user to store as found, None for one whom the file guesses, or knows by an alias.

        Raise InvalidValueError, and then their periods have no owner.
        """
        self._users[found.id] = None
        if found.guessed:
            self._users[found.id] = self._add_person(found)
            return None
        if found.id in self._stored_aliases:
            self._users[found.id] = self._stored(found.id)
            return None
        user = self._users[found.id] = User(found.id, found.real_name, found.tz or "")
        return user

    def _add_person(self, found: FoundUser) -> User:
        """Return the owner of the periods of a guessed user, who is known, or new."""
        ids = (found.id, *found.aliases)
        members = self.known(ids)
        owner_id = next((members[id_] for id_ in ids if id_ in members), None)
        namesakes = self._with_name(found.real_name)
        joins = owner_id is None and len(namesakes) == 1
        owner_id = namesakes[0] if joins else owner_id
        if owner_id is None and found.tz is None:
            raise InvalidValueError(f"{found.id} is not known here; add --zone ZONE, the zone of new users")
        stored = None if owner_id is None else self._stored(owner_id)
        owner_id = owner_id or found.id
        user = User(owner_id, found.real_name, found.tz or (stored.tz if stored else ""))
        self._people[found.id] = _Person(found, user)
        new = [id_ for id_ in ids if id_ not in members and id_ != owner_id]
        self.aliases |= dict.fromkeys(new, owner_id)
        if stored is not None and new:
            verb = "joins" if len(new) == 1 else "join"
            self._joined.append(
                f"{', '.join(new)} {verb} {owner_id} ({stored.real_name}), who is known, as an alias"
            )
        for other in {*namesakes, *members.values()} - {owner_id}:
            self._doubles.setdefault(frozenset((owner_id, other)), found.real_name)
        return stored or user

    def _with_name(self, name: str) -> list[str]:
        """Return the ids of the stored users with the same full name, if names join addresses."""
        key = full_name(name) if self._joins else None
        if key is None:
            return []
        if self._namesakes is None:
            self._namesakes = {}
            for user in self._stored_users.all():
                if (stored := full_name(user.real_name)) is not None:
                    self._namesakes.setdefault(stored, []).append(user.id)
        return self._namesakes.get(key, [])

    def _stored(self, user_id: str) -> User:
        """Return the stored user with that id or alias; raise UserNotFoundError."""
        return self._stored_users.get(self._stored_aliases.get(user_id, user_id))

    def find(self, user_id: str | None) -> User | None:
        """Return the owner of a period, None if the file has an invalid one; raise UserNotFoundError."""
        if user_id is None:
            return self._only
        if user_id not in self._users:
            self._users[user_id] = self._stored(user_id)
        return self._users[user_id]

    def read_rows(self, found: FoundPeriods) -> list[Row] | None:
        """Return the rows of periods on consecutive lines, None if they have to be read one by one."""
        ids = set(map(itemgetter(0), found.periods))
        self._users |= {user.id: user for user in self._stored_users.find_many(ids - self._users.keys())}
        known = {id_: user for id_ in ids if (user := self._users.get(id_)) is not None and user.id == id_}
        return time_tables.read_rows(found.periods, known)

    def note(self, user_id: str | None, period: ActivityPeriod) -> None:
        """Note a period of a user whom the file guesses."""
        if user_id is not None and (person := self._people.get(user_id)) is not None:
            person.periods += 1
            person.latest = max(person.latest, (period.started_at, period.ended_at))

    def leave(self, user_id: str) -> bool:
        """Note that a user has left, and tell whether they are known."""
        members = self.known([user_id])
        self.left += members.values()
        return bool(members)

    def guessed(self) -> list[GuessedUser]:
        """Return the users whom the file guesses, each once; the latest period decides between several names."""
        found: dict[str, GuessedUser] = {}
        for person in sorted(self._people.values(), key=lambda person: (person.found.zone_given, person.latest)):
            zone = ZoneSource.GIVEN if person.found.zone_given else self._zone_source
            found[person.user.id] = GuessedUser(person.user, person.latest, zone, self._update)
        return list(found.values())

    def report(self) -> list[str]:
        """Return sentences about addresses that joined members, and members who seem to be the same."""
        counts: Counter[str] = Counter()
        for person in self._people.values():
            counts[person.user.id] += person.periods
        doubles = []
        for pair, name in self._doubles.items():
            into, gone = sorted(pair, key=lambda id_: (-counts[id_], id_))
            doubles.append(
                f"{gone} and {into} are both {name}; if they are one: ftlserver user merge {gone} {into}"
            )
        return [*_some(self._joined), *_some(doubles)]


def _some(lines: list[str]) -> list[str]:
    more = len(lines) - _MOST_LISTED
    return lines if more <= 0 else [*lines[:_MOST_LISTED], f"and {more:,} more like that"]
