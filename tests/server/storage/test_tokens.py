"""The users of a token, when users are deleted."""

from ftlserver.domain.user import User
from ftlserver.storage import Storage
from tests.helpers import id_in, in_threads, make_token


def test_deleting_a_user_removes_them_from_every_token(storage: Storage) -> None:
    users = [User(f"u{number}", "U", "UTC") for number in range(4)]
    storage.users.add_new(users)
    headers = [make_token(storage, "read", users=bound) for bound in (("u0", "u1"), ("u2", "u0", "u3"), ("u1",))]
    free = make_token(storage, "read")
    storage.users.delete("u0")
    stored = storage.tokens
    assert [stored.get(id_in(one)).user_ids for one in headers] == [("u1",), ("u2", "u3"), ("u1",)]
    assert stored.get(id_in(free)).user_ids is None


def test_users_deleted_concurrently_are_all_removed_from_their_token(storage: Storage) -> None:
    users = [f"u{number}" for number in range(8)]
    storage.users.add_new([User(user, "U", "UTC") for user in users])
    headers = make_token(storage, "read", users=("kept", *users))
    waiting = iter(users)
    assert in_threads(8, lambda: storage.users.delete(next(waiting))) == []
    assert storage.tokens.get(id_in(headers)).user_ids == ("kept",)
