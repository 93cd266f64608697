"""Users, on both databases."""

import contextlib
from pathlib import Path

import pytest

from ftlserver.domain import instants
from ftlserver.domain.period import ActivityPeriod
from ftlserver.domain.user import User, UserSummary
from ftlserver.errors import UserExistsError, UserNotFoundError
from ftlserver.storage import Storage
from ftlserver.storage.database import connect
from tests.helpers import EGON, GLINDA, all_rows, at, in_threads


def test_users_are_added_all_or_none(storage: Storage) -> None:
    storage.users.add_new([EGON])
    with pytest.raises(UserExistsError, match="W012A3CDE"):
        storage.users.add_new([GLINDA, EGON])
    assert storage.users.find(GLINDA.id) is None


def test_summaries_have_the_number_of_periods_and_the_last_end(team: Storage) -> None:
    idle = User("AAA", "Ida Idle", "UTC")
    team.users.add_new([idle])
    team.users.change(EGON.id, {"left_at": at("2020-04-01T07:00:00Z")})
    assert team.users.summaries() == [
        UserSummary(idle, 0, None, 0, None),
        UserSummary(EGON, 3, at("2020-03-17T03:02:00Z"), -25200, at("2020-04-01T07:00:00Z")),
        UserSummary(GLINDA, 3, at("2020-03-16T14:32:00Z"), 19800, None),
    ]


def test_deleting_a_user_deletes_all_their_periods(team: Storage) -> None:
    team.users.delete(EGON.id)
    assert [summary.user for summary in team.users.summaries()] == [GLINDA]
    assert {row[0] for row in all_rows(team)} == {GLINDA.id}
    with pytest.raises(UserNotFoundError):
        team.users.delete(EGON.id)


@pytest.mark.parametrize("wal", [True, False])
def test_a_deleted_user_leaves_no_trace_in_the_files(tmp_path: Path, wal: bool) -> None:
    db = connect(str(tmp_path / "x.sqlite3"), wal=wal)
    storage = Storage(db)
    ghost = User("canary-id", "Canary Name", "UTC")
    storage.bulk_import.store(
        [ghost, EGON],
        [ActivityPeriod(ghost.id, hour * instants.HOUR, (hour + 1) * instants.HOUR, 0, 0) for hour in range(500)],
    )
    storage.users.delete(ghost.id)
    traces = [path.name for path in tmp_path.iterdir() if b"anary" in path.read_bytes()]
    db.close()
    assert traces == []


@pytest.mark.slow
def test_the_same_new_user_from_several_threads_is_added_once_without_an_error(storage: Storage) -> None:
    for number in range(5):
        user = User(f"new{number}", "N", "UTC")
        added: list[bool] = []
        assert in_threads(6, lambda user=user, added=added: added.append(storage.users.add(user).created)) == []  # type: ignore[misc]
        assert sorted(added) == [False] * 5 + [True]
    with pytest.raises(UserExistsError):
        storage.users.add(User("new0", "Another", "UTC"))
    assert storage.users.find("new0") == User("new0", "N", "UTC")


def test_concurrent_changes_of_a_user_are_both_made(storage: Storage) -> None:
    for number in range(5):
        storage.users.add_new([User(f"u{number}", "Old", "UTC")])
        changes = iter([{"real_name": "New"}, {"tz": "Asia/Kolkata"}])
        user_id = f"u{number}"
        assert in_threads(2, lambda: storage.users.change(user_id, next(changes))) == []  # noqa: B023
        assert storage.users.find(user_id) == User(user_id, "New", "Asia/Kolkata")


def test_a_change_does_not_restore_a_deleted_user(storage: Storage) -> None:
    for number in range(5):
        user_id = f"u{number}"
        storage.users.add_new([User(user_id, "Old", "UTC")])

        def change(user_id: str = user_id) -> None:
            with contextlib.suppress(UserNotFoundError):
                storage.users.change(user_id, {"real_name": "New"})

        work = iter([change, lambda user_id=user_id: storage.users.delete(user_id)])  # type: ignore[misc]
        assert in_threads(2, lambda: next(work)()) == []  # noqa: B023
        assert storage.users.find(user_id) is None


def test_a_field_without_a_value_keeps_the_stored_one(team: Storage) -> None:
    """As a file has it that lacks a column."""
    incomplete = User(EGON.id, "x", "Europe/Berlin")
    object.__setattr__(incomplete, "real_name", None)
    assert not team.users.put(incomplete).created
    assert team.users.find(EGON.id) == User(EGON.id, EGON.real_name, "Europe/Berlin")
