"""Merging users, and taking a merge back."""

import pytest

from ftlserver.domain import instants
from ftlserver.domain import token as tokens
from ftlserver.domain.token import EVERYTHING, Token
from ftlserver.domain.user import User
from ftlserver.errors import InvalidValueError, UserExistsError, UserNotFoundError
from ftlserver.storage import Storage
from ftlserver.storage.database import transaction
from tests.helpers import all_rows, keys, make_period, start_over

HOUR = instants.HOUR


def bound_token(storage: Storage, *user_ids: str) -> str:
    id_, secret = tokens.mint()
    storage.tokens.add(Token(id_, "laptop", tokens.digest(secret), ("read",), user_ids, 0, None))
    return id_


def everything(storage: Storage) -> list[object]:
    with transaction(storage.database):
        tables = ("users", "user_aliases", "teams", "team_members")
        rows = [
            [
                dict(row)
                for row in storage.database.table(name).find(order_by=storage.database.table(name).columns[:2])
            ]
            for name in tables
        ]
    return [*rows, all_rows(storage), list(storage.tokens.all())]


@pytest.fixture
def two(storage: Storage) -> Storage:
    start_over(storage)
    storage.recording.record(
        [make_period("a", 0, HOUR), make_period("a", 3 * HOUR, 5 * HOUR), make_period("a", 7 * HOUR, 8 * HOUR)]
    )
    storage.recording.record([make_period("b", 0, HOUR), make_period("b", 3 * HOUR, 4 * HOUR)])
    with transaction(storage.database, write=True):
        storage.database.table("teams").insert({"id": "core", "name": "Core"})
        storage.database.table("team_members").insert({"team_id": "core", "user_id": "a"})
    return storage


def test_a_merge_moves_the_periods_and_keeps_an_alias(two: Storage) -> None:
    merged = two.merging.merge("a", "b", EVERYTHING)
    assert (merged.periods, merged.known, merged.teams) == (3, 1, ["core"])
    assert keys(two) == [("b", 0, HOUR), ("b", 3 * HOUR, 5 * HOUR), ("b", 7 * HOUR, 8 * HOUR)]
    assert two.aliases.resolve(["a", "b", "c"]) == {"a": "b"}
    assert two.users.find("a") is None


def test_a_token_bound_to_the_merged_user_gains_nothing(two: Storage) -> None:
    only, both = bound_token(two, "a"), bound_token(two, "a", "b")
    two.merging.merge("a", "b", EVERYTHING)
    assert two.tokens.get(only).user_ids == ()
    assert two.tokens.get(both).user_ids == ("b",)


def test_a_merge_is_taken_back(two: Storage) -> None:
    bound_token(two, "a")
    two.users.add_new([User("old", "Old", "UTC")])
    two.merging.merge("old", "a", EVERYTHING)
    before = everything(two)
    merged = two.merging.merge("a", "b", EVERYTHING)
    assert two.aliases.resolve(["old", "a"]) == {"old": "b", "a": "b"}
    assert merged.change is not None
    two.changes.undo(merged.change, EVERYTHING)
    assert everything(two) == before


def test_an_alias_is_never_a_users_id(two: Storage) -> None:
    two.merging.merge("a", "b", EVERYTHING)
    user = User("a", "Another", "UTC")
    for add in (two.users.add, two.users.put, lambda user: two.users.add_new([user])):
        with pytest.raises(UserExistsError, match="a is an alias of the user b"):
            add(user)


def test_what_cannot_be_merged(two: Storage) -> None:
    with pytest.raises(InvalidValueError, match="two users"):
        two.merging.merge("a", "a", EVERYTHING)
    for gone, stays in (("a", "unknown"), ("unknown", "a")):
        with pytest.raises(UserNotFoundError):
            two.merging.merge(gone, stays, EVERYTHING)
