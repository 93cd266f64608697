"""Whom the names on a command line mean, in the database."""

from collections.abc import Iterable, Sequence

from ftlcommon.member_names import Named, did_you_mean, is_ambiguous, named
from ftlserver.domain.user import MATCHES
from ftlserver.errors import ConfigError, TeamNotFoundError, UserNotFoundError
from ftlserver.storage import Storage

_CANDIDATES = 20


def user_id_of(storage: Storage, text: str) -> str:
    """Return the id of the user whom *text* names; raise UserNotFoundError, or ConfigError for several."""
    matches = storage.users.matching(text, None, (MATCHES[0], ""), _CANDIDATES)
    found = named(text, [match.to_json() for match in matches])
    if len(found) == 1:
        return str(found[0]["id"])
    if found:
        raise ConfigError(is_ambiguous(text, found, are_more=len(matches) == _CANDIDATES))
    raise UserNotFoundError(text, _hint(text, (user.to_json() for user in storage.users.all())))


def user_ids_of(storage: Storage, texts: Sequence[str]) -> list[str]:
    """Return the ids of the users whom *texts* name, each of which may be several with commas between them."""
    names = [name.strip() for text in texts for name in text.split(",") if name.strip()]
    if texts and not names:
        raise ConfigError("name at least one user")
    return [user_id_of(storage, name) for name in names]


def team_id_of(storage: Storage, text: str) -> str:
    """Return the id of the team that *text* names; raise TeamNotFoundError, or ConfigError for several."""
    teams = [{"id": team.id, "name": team.name} for team, _ in storage.teams.all()]
    found = named(text, teams)
    if len(found) == 1:
        return str(found[0]["id"])
    if found:
        raise ConfigError(is_ambiguous(text, found))
    raise TeamNotFoundError(text, _hint(text, teams))


def _hint(text: str, everyone: Iterable[Named]) -> str:
    hint = did_you_mean(text, everyone)
    return f" {hint[0].upper()}{hint[1:]}" if hint else ""
