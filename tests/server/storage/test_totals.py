"""How much the database has, and what it costs to know."""

from types import SimpleNamespace

import pytest

from ftlserver.domain.period import ActivityPeriod
from ftlserver.domain.user import User
from ftlserver.storage import Storage, full_check, totals
from ftlserver.storage.totals import Totals
from tests.helpers import run_on_postgresql
from tests.partitions import partition

PERIODS = [ActivityPeriod("a", n * 10, n * 10 + 9, 0, 0) for n in range(20)]
USERS = [User("a", "A", "UTC"), User("b", "B", "UTC")]


def test_an_empty_database_has_nothing(storage: Storage) -> None:
    assert storage.totals.read() == Totals(users=0, periods=0, newest_end=None)


def test_the_newest_period_is_the_last_to_start_of_any_user(storage: Storage) -> None:
    late = ActivityPeriod("b", 150, 900, 0, 0)
    storage.bulk_import.store(USERS, [*PERIODS, late])
    assert storage.totals.read() == Totals(users=2, periods=21, newest_end=900)


def test_an_answer_serves_for_a_minute(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000.0
    monkeypatch.setattr(totals, "time", SimpleNamespace(monotonic=lambda: now))
    assert storage.totals.read().users == 0
    storage.bulk_import.store(USERS, PERIODS)
    now += totals.SECONDS - 1
    assert storage.totals.read().users == 0
    now += 1
    assert storage.totals.read() == Totals(users=2, periods=20, newest_end=199)


def test_of_many_periods_sqlite_tells_what_the_last_full_check_read(
    sqlite_storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(totals, "EXACT", 10)
    monkeypatch.setattr(totals, "SECONDS", 0)
    monkeypatch.setattr(full_check, "ROWS_AT_ONCE", 3)
    monkeypatch.setattr(full_check, "PAUSE_SECONDS", 0)
    sqlite_storage.bulk_import.store(USERS, PERIODS)
    assert sqlite_storage.totals.read().periods is None
    assert sqlite_storage.full_check.run()
    assert sqlite_storage.totals.read().periods == 20


@pytest.mark.slow
@pytest.mark.parametrize("in_partitions", [False, True])
def test_of_many_periods_postgresql_tells_what_its_statistics_say(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch, in_partitions: bool
) -> None:
    monkeypatch.setattr(totals, "EXACT", 10)
    monkeypatch.setattr(totals, "SECONDS", 0)
    if in_partitions:
        partition(postgresql_url)
    with Storage.open(postgresql_url) as storage:
        storage.bulk_import.store(USERS, PERIODS)
        assert storage.totals.read().periods is None
        run_on_postgresql(postgresql_url, "ANALYZE")
        assert storage.totals.read().periods == 20
