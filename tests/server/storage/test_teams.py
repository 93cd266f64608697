"""Teams, on both databases."""

import pytest

from ftlserver.domain import instants
from ftlserver.domain.team import Team
from ftlserver.domain.token import EVERYTHING, Principal
from ftlserver.domain.user import User
from ftlserver.errors import (
    ChangedSinceError,
    InvalidTeamError,
    RefusedError,
    TeamExistsError,
    TeamNotFoundError,
    UserNotFoundError,
)
from ftlserver.storage import Storage
from ftlserver.storage.database import transaction
from ftlserver.storage.teams import TeamSize
from tests.helpers import EGON, GLINDA, in_threads, make_token

BACKEND = Team("backend", "Back end")


def test_a_team_is_made_with_its_members_and_again_changes_nothing(team: Storage) -> None:
    assert team.teams.add(BACKEND, [GLINDA.id, EGON.id, EGON.id]).created
    assert not team.teams.add(BACKEND, [EGON.id, GLINDA.id]).created
    assert team.teams.member_ids("backend") == [EGON.id, GLINDA.id]
    for other, members in ((Team("backend", "Other"), [EGON.id, GLINDA.id]), (BACKEND, [EGON.id])):
        with pytest.raises(TeamExistsError, match="backend"):
            team.teams.add(other, members)
    with pytest.raises(UserNotFoundError, match="absent"):
        team.teams.add(Team("more", "More"), [EGON.id, "absent"])
    assert team.teams.member_ids("more") is None
    assert team.teams.all() == [TeamSize(BACKEND, 2)]


def test_members_are_added_and_removed_once(team: Storage) -> None:
    team.teams.add(BACKEND)
    assert team.teams.member_ids("backend") == []
    assert team.teams.change("backend", add=[EGON.id, GLINDA.id])[:4] == (BACKEND, 2, 0, 0)
    assert team.teams.change("backend", add=[EGON.id], remove=[EGON.id, GLINDA.id])[:4] == (BACKEND, 0, 1, 0)
    assert team.teams.change("backend", remove=[GLINDA.id, "absent"])[:4] == (BACKEND, 0, 0, 0)
    renamed = Team("backend", "B")
    assert team.teams.change("backend", name="B")[:4] == (renamed, 0, 0, 0)
    assert team.teams.get("backend") == renamed
    with pytest.raises(UserNotFoundError, match="absent"):
        team.teams.change("backend", name="C", add=["absent"])
    with pytest.raises(InvalidTeamError):
        team.teams.change("backend", name="\0")
    assert team.teams.get("backend") == renamed


@pytest.mark.parametrize("team_id", ["absent", "", "\udcff", "a\0b", "x" * 500])
def test_a_team_that_is_not_there_is_named(team: Storage, team_id: str) -> None:
    assert team.teams.member_ids(team_id) is None
    for act in (team.teams.get, team.teams.change, team.teams.delete):
        with pytest.raises(TeamNotFoundError):
            act(team_id)


def test_valid_tokens_of_a_team_are_counted_when_they_see_more(team: Storage) -> None:
    team.teams.add(BACKEND, [EGON.id])
    team.teams.add(Team("other", "Other"))
    make_token(team, "read", team_id="backend")
    make_token(team, "read", team_id="backend", expires_at=instants.now() + instants.HOUR)
    make_token(team, "read", team_id="backend", expires_at=instants.now() - instants.HOUR)
    make_token(team, "read", team_id="backend", revoked_at=instants.now())
    make_token(team, "read", team_id="other")
    make_token(team, "read", users=(EGON.id,))
    assert team.teams.change("backend", add=[GLINDA.id]).widened_tokens == 2
    assert team.teams.change("backend", add=[GLINDA.id]).widened_tokens == 0
    assert team.teams.change("backend", remove=[GLINDA.id]).widened_tokens == 0
    assert team.teams.delete("backend").tokens == 2
    assert [token.team_id for token in team.tokens.all() if token.user_ids == ()].count(None) == 4


def test_a_deleted_user_leaves_their_teams_and_a_deleted_team_leaves_its_users(team: Storage) -> None:
    team.teams.add(BACKEND, [EGON.id, GLINDA.id])
    team.users.delete(EGON.id)
    assert team.teams.member_ids("backend") == [GLINDA.id]
    team.teams.delete("backend")
    assert team.teams.all() == []
    assert team.users.find(GLINDA.id) == GLINDA


@pytest.mark.slow
def test_changes_at_once_are_all_made(storage: Storage) -> None:
    users = [User(f"u{number}", "U", "UTC") for number in range(8)]
    storage.users.add_new(users)
    storage.teams.add(BACKEND)
    added = iter(users)
    assert in_threads(8, lambda: storage.teams.change("backend", add=[next(added).id])) == []
    assert storage.teams.member_ids("backend") == [user.id for user in users]
    assert in_threads(4, lambda: storage.teams.change("backend", add=["u0"], remove=["u1"])) == []
    assert storage.teams.all() == [TeamSize(BACKEND, 7)]


def test_changes_of_a_team_are_taken_back(team: Storage) -> None:
    states = []
    changes = []
    for change in (
        lambda: team.teams.add(BACKEND, [EGON.id]).change,
        lambda: team.teams.change("backend", name="New", add=[GLINDA.id], remove=[EGON.id]).change,
        lambda: team.teams.delete("backend").change,
    ):
        states.append(everything(team))
        changes.append(change())
        if len(changes) == 1:
            make_token(team, "read", team_id="backend")
    for number, before in reversed(list(zip(changes[1:], states[1:], strict=True))):
        assert number is not None
        team.changes.undo(number, EVERYTHING)
        assert everything(team) == before
    assert changes[0] is not None
    with pytest.raises(ChangedSinceError):  # it has a token now
        team.changes.undo(changes[0], EVERYTHING)


def test_a_bound_admin_does_not_take_back_what_is_about_all(team: Storage) -> None:
    number = team.teams.add(BACKEND, [EGON.id]).change
    assert number is not None
    bound = Principal(frozenset(["read", "write", "admin"]), frozenset([EGON.id]), "bound", "token001")
    with pytest.raises(RefusedError):
        team.changes.undo(number, bound)


def everything(storage: Storage) -> list[object]:
    with transaction(storage.database):
        members = sorted((row["team_id"], row["user_id"]) for row in storage.teams.members.all())
    return [storage.teams.all(), members, storage.tokens.all()]
