"""Whom the names on a command line mean: members and teams are looked up at the server."""

from collections.abc import Iterator
from urllib.parse import quote

from ftlclient.api import answers
from ftlclient.api.client import Client
from ftlclient.errors import ConfigError
from ftlcommon.member_names import Named, is_ambiguous, is_unknown, named

LONGEST_NAME = 200
_CANDIDATES = 20
_PAGE = 1_000
_MOST_EVERYONE = 5_000  # members among whom similar names are looked for
_MOST_SUGGESTED = 10  # unknown names for which that is done


class Names:
    """The names that the server at *client* knows, and to which its token gives access.

    Each name is one request, until everybody had to be read for an unknown one.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._everyone: list[Named] | None = None
        self._is_complete = False
        self._suggested = 0

    def member(self, text: str) -> str | None:
        """Return the id of the member whom *text* names, None if there is none; raise ConfigError for several."""
        if not 0 < len(text) <= LONGEST_NAME or not text.isprintable():
            return None
        if self._is_complete:
            found, are_more = named(text, self._everyone or ()), False
        else:
            found, are_more = self._ask(text)
        if len(found) > 1:
            raise ConfigError(is_ambiguous(text, found, are_more=are_more))
        return str(found[0]["id"]) if found else None

    def _ask(self, text: str) -> tuple[list[Named], bool]:
        """Return whom *text* names, and whether there may be more."""
        page = self._client.request("GET", f"/api/users/?query={quote(text, safe='')}&limit={_CANDIDATES}")
        answers.check(page, answers.USERS)
        return named(text, page["members"]), "response_metadata" in page

    def known_member(self, text: str) -> str:
        """Return the id of the member whom *text* names; raise ConfigError unless it is one member."""
        found = self.member(text)
        if found is None:
            raise ConfigError(self.unknown_member(text))
        return found

    def unknown_member(self, text: str) -> str:
        """Return the sentence about a *text* that names no member, which asks whether a similar one was meant."""
        if self._everyone is None:
            self._everyone = list(self.all_members())
        self._suggested += 1
        return is_unknown("member", text, self._everyone if self._suggested <= _MOST_SUGGESTED else ())

    def team(self, text: str) -> str:
        """Return the id of the team that *text* names; raise ConfigError unless it is one team."""
        answer = self._client.request("GET", "/api/teams/")
        answers.check(answer, answers.TEAMS)
        found = named(text, answer["teams"])
        if len(found) == 1:
            return str(found[0]["id"])
        raise ConfigError(is_ambiguous(text, found) if found else is_unknown("team", text, answer["teams"]))

    def all_members(self) -> Iterator[Named]:
        """Yield the members of the server, page by page, up to _MOST_EVERYONE."""
        cursor = ""
        for _ in range(0, _MOST_EVERYONE, _PAGE):
            page = self._client.request("GET", f"/api/users/?query=&limit={_PAGE}{cursor}")
            answers.check(page, answers.USERS)
            yield from page["members"]
            if "response_metadata" not in page:
                self._is_complete = True
                return
            cursor = f"&cursor={quote(page['response_metadata']['next_cursor'], safe='')}"
