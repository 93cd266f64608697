"""Whom a server knows of those that an import finds: by id, by alias, or by the same full name."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from http import HTTPStatus

from ftlclient.api import answers
from ftlclient.api.client import Client
from ftlclient.commands._names import Names
from ftlclient.errors import RefusedError
from ftlcommon.formats import FoundUser
from ftlcommon.formats.git import full_name
from ftlcommon.member_names import Named

_MOST_IDS = 1_000


class KnownMembers:
    """The members of the server that *client* asks; none if its token may not read."""

    def __init__(self, client: Client, *, by_name: bool) -> None:
        self._client = client
        self._by_name = by_name
        self._members: dict[str, str | None] = {}
        self._namesakes: defaultdict[str, list[str]] | None = None

    def known(self, ids: Collection[str]) -> dict[str, str]:
        """Return the member that each of *ids* stands for, of those that are known."""
        wanted = sorted(id_ for id_ in set(ids) if id_ not in self._members)
        for at in range(0, len(wanted), _MOST_IDS):
            some = wanted[at : at + _MOST_IDS]
            self._members |= dict.fromkeys(some, None)
            try:
                answer = self._client.ask("presence", {"id_list": some})
            except RefusedError as exc:
                if exc.status != HTTPStatus.FORBIDDEN:
                    raise
                break
            answers.check(answer, (answers.PRESENCE, answers.RENAMED))
            self._members |= {member["id"]: member["id"] for member in answer["members"]}
            self._members |= answer.get("renamed_to", {})
        return {id_: member for id_ in ids if (member := self._members.get(id_)) is not None}

    def find(self, found: FoundUser) -> tuple[str | None, list[str]]:
        """Return the member who a guessed user is, if there is one, and the ids that are new to that member."""
        ids = (found.id, *found.aliases)
        members = self.known(ids)
        member = next((members[id_] for id_ in ids if id_ in members), None)
        if member is None and len(namesakes := self._with_name(found.real_name)) == 1:
            member = namesakes[0]
        return member, [id_ for id_ in ids if id_ not in members and id_ != member]

    def add(self, ids: Collection[str], member: str) -> None:
        """Note that *ids* are those of *member* now."""
        self._members |= dict.fromkeys(ids, member)

    def _with_name(self, name: str) -> list[str]:
        key = full_name(name) if self._by_name else None
        if key is None:
            return []
        if self._namesakes is None:
            self._namesakes = defaultdict(list)
            for stored in self._all():
                self._namesakes[full_name(str(stored["real_name"])) or ""].append(str(stored["id"]))
        return self._namesakes.get(key, [])

    def _all(self) -> Iterator[Named]:
        try:
            yield from Names(self._client).all_members()
        except RefusedError as exc:
            if exc.status != HTTPStatus.FORBIDDEN:
                raise
