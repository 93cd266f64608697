"""Storing users and periods in bulk, on both databases."""

from collections.abc import Iterator

import pytest

from ftlserver.domain.period import ActivityPeriod
from ftlserver.domain.user import User
from ftlserver.errors import UserNotFoundError
from ftlserver.storage import Storage, bulk_import
from ftlserver.storage.bulk_import import Imported
from tests.helpers import EGON, GLINDA, all_rows, assignment_periods, in_threads


def test_storing_again_changes_nothing(storage: Storage) -> None:
    periods = assignment_periods(EGON)
    assert storage.bulk_import.store([EGON], periods) == Imported(users_added=1, periods_added=3)
    before = all_rows(storage)
    assert storage.bulk_import.store([EGON], periods) == Imported(periods_known=3)
    assert storage.bulk_import.store([], periods + periods).periods_added == 0
    assert all_rows(storage) == before


def test_storing_a_changed_user_updates_them_but_not_their_history(team: Storage) -> None:
    before = all_rows(team)
    moved = User(EGON.id, "Dr. Egon Spengler", "Europe/Berlin")
    assert team.bulk_import.store([moved], []) == Imported(users_updated=1)
    assert team.users.find(EGON.id) == moved
    assert all_rows(team) == before


def test_of_many_periods_each_is_stored_once_and_counted(storage: Storage) -> None:
    for count in (1, 198, 199, 200, 398, 597, 1_000):
        periods = [ActivityPeriod(EGON.id, at, at + 1, 0, 0) for at in range(count)]
        before = len(all_rows(storage))
        recorded = storage.bulk_import.store([EGON], [*periods, *periods[: count // 2]])
        assert recorded.periods_added == count - before
        assert recorded.periods_known == count // 2 + before
        assert [row[1] for row in all_rows(storage)] == list(range(count))


def test_a_dry_run_counts_and_stores_nothing(storage: Storage) -> None:
    assert storage.bulk_import.store([EGON], assignment_periods(EGON), dry_run=True) == Imported(
        users_added=1, periods_added=3
    )
    assert storage.users.summaries() == []


def test_an_import_is_stored_completely_or_not_at_all(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_import, "_BATCH", 2)

    def periods() -> Iterator[ActivityPeriod]:
        yield from assignment_periods(EGON)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        storage.bulk_import.store([EGON], periods())
    assert storage.users.summaries() == []


def test_periods_of_an_unknown_user_are_refused_by_id(storage: Storage) -> None:
    with pytest.raises(UserNotFoundError, match='User "W07QCRPA4" not found !'):
        storage.bulk_import.store([EGON], assignment_periods(EGON) + assignment_periods(GLINDA))
    assert storage.users.summaries() == []


def test_concurrent_writers_lose_and_duplicate_nothing(team: Storage) -> None:
    batches = [[ActivityPeriod(EGON.id, n * 100 + i, n * 100 + i + 1, 0, 0) for i in range(50)] for n in range(20)]
    added: list[int] = []
    failures = in_threads(
        8, lambda: [added.append(team.bulk_import.store([], batch).periods_added) for batch in batches]
    )
    assert failures == []
    assert sum(added) == 1000
    assert len(all_rows(team)) == 1006
