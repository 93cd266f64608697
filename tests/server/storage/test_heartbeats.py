"""Heartbeats, against an oracle that joins them in order."""

import threading
from itertools import pairwise

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from ftlserver.domain import instants, intervals
from ftlserver.domain.intervals import Interval
from ftlserver.domain.period import LONGEST_PERIOD, ActivityPeriod
from ftlserver.errors import DatabaseError, UserNotFoundError
from ftlserver.storage import Storage
from ftlserver.storage.database import transaction
from ftlserver.storage.heartbeats import HEARTBEAT
from tests import plain
from tests.helpers import SECOND, all_rows, few_examples, in_threads, keys, make_period, start_over

HALF_A_DAY = 12 * instants.HOUR
very_few_examples = settings(few_examples, max_examples=6)


def active(storage: Storage, user_id: str = "a") -> list[Interval]:
    return intervals.merge((start, end) for owner, start, end in keys(storage) if owner == user_id)


def single(moment: int, offset: int = 0) -> ActivityPeriod:
    return ActivityPeriod("a", moment - HEARTBEAT, moment, offset, offset)


def expected_intervals(moments: list[int], gap: int) -> list[Interval]:
    """Return when a user with heartbeats at those moments was active, in whatever order they were sent."""
    ordered = sorted(moments)
    joined = [(a, b) for a, b in pairwise(ordered) if b - a <= gap]
    return intervals.merge([(moment - HEARTBEAT, moment) for moment in ordered] + joined)


def record_all(storage: Storage, moments: list[int], gap: int) -> None:
    for moment in moments:
        storage.heartbeats.record(single(moment), gap)


close_moments = st.lists(st.integers(2, 60).map(lambda half: half * SECOND // 2), min_size=1, max_size=12)

# Half-days of two weeks and a half, most of them, in any order.
far_moments = st.tuples(st.permutations([half * HALF_A_DAY for half in range(1, 36)]), st.integers(20, 35)).map(
    lambda found: found[0][: found[1]]
)


@pytest.mark.slow
@few_examples
@given(close_moments, st.integers(1, 6))
def test_heartbeats_in_any_order_add_up_to_the_same_activity(
    storage: Storage, moments: list[int], gap: int
) -> None:
    start_over(storage)
    record_all(storage, moments, gap * SECOND)
    assert active(storage) == expected_intervals(moments, gap * SECOND)


@pytest.mark.slow
@settings(few_examples, max_examples=12)
@given(far_moments)
def test_activity_of_more_than_a_week_is_stored_as_several_periods(
    sqlite_storage: Storage, moments: list[int]
) -> None:
    storage = start_over(sqlite_storage)
    record_all(storage, moments, 24 * instants.HOUR)
    assert active(sqlite_storage) == expected_intervals(moments, 24 * instants.HOUR)
    assert all(end - start <= LONGEST_PERIOD for _, start, end in keys(sqlite_storage))
    assert {storage.heartbeats.record(single(moment), 24 * instants.HOUR).status for moment in moments} == {
        "unchanged"
    }


@pytest.mark.slow
@few_examples
@given(close_moments, st.integers(1, 6))
def test_heartbeats_sent_again_change_nothing(sqlite_storage: Storage, moments: list[int], gap: int) -> None:
    storage = start_over(sqlite_storage)
    record_all(storage, moments, gap * SECOND)
    rows = all_rows(sqlite_storage)
    record_all(storage, moments[::-1], gap * SECOND)
    assert active(sqlite_storage) == expected_intervals(moments, gap * SECOND)
    assert {storage.heartbeats.record(single(moment), gap * SECOND).status for moment in moments} == {"unchanged"}
    assert len(all_rows(sqlite_storage)) <= len(rows)


@pytest.mark.slow
@very_few_examples
@given(st.lists(st.integers(2, 400).map(lambda half: half * SECOND // 2), min_size=20, max_size=40))
def test_concurrent_heartbeats_lose_nothing(storage: Storage, moments: list[int]) -> None:
    start_over(storage)
    waiting = iter(moments)
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                moment = next(waiting, None)
            if moment is None:
                return
            storage.heartbeats.record(single(moment), 5 * SECOND)

    assert in_threads(4, work) == []
    assert active(storage) == expected_intervals(moments, 5 * SECOND)


@pytest.mark.slow
@few_examples
@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.integers(1, 30)).map(lambda p: (p[0] * SECOND, sum(p) * SECOND)),
        max_size=6,
    ),
    close_moments,
    st.integers(1, 6),
)
def test_a_heartbeat_neither_shortens_a_period_nor_reaches_beyond_its_gap(
    storage: Storage, manual: list[Interval], moments: list[int], gap: int
) -> None:
    start_over(storage)
    storage.bulk_import.store([], [make_period("a", start, end) for start, end in manual])
    record_all(storage, moments, gap * SECOND)
    rows = keys(storage)
    for start, end in manual + [(moment - HEARTBEAT, moment) for moment in moments]:
        assert any(row[1] <= start and end <= row[2] for row in rows)
    added = plain.subtract(active(storage), intervals.merge(manual))
    allowed = intervals.merge((moment - HEARTBEAT - gap * SECOND, moment + gap * SECOND) for moment in moments)
    assert plain.subtract(added, allowed) == []


def test_a_heartbeat_counts_one_second_and_returns_its_status(sqlite_storage: Storage) -> None:
    storage = start_over(sqlite_storage)
    start = 10**15
    statuses = []
    for seconds in (0, 100, 50, 401, 200):
        result = storage.heartbeats.record(single(start + seconds * SECOND, 3600), 300 * SECOND)
        statuses.append((result.status, (result.period.ended_at - result.period.started_at) // SECOND))
    assert statuses == [("started", 1), ("extended", 101), ("unchanged", 101), ("started", 1), ("extended", 401)]
    assert all(row[3:5] == (3600, 3600) for row in all_rows(sqlite_storage))
    assert active(sqlite_storage) == [(start - HEARTBEAT, start + 401 * SECOND)]


def test_a_heartbeat_of_an_unknown_user_is_refused(storage: Storage) -> None:
    with pytest.raises(UserNotFoundError):
        storage.heartbeats.record(make_period("unknown", 10**15 - HEARTBEAT, 10**15), SECOND)


@pytest.mark.parametrize("way", ["heartbeat", "record"])
def test_a_conflict_with_a_running_import_is_database_busy(postgresql_storage: Storage, way: str) -> None:
    storage = start_over(postgresql_storage)
    storage.heartbeats.record(single(10 * SECOND), 5 * SECOND)
    stored = make_period("a", 9 * SECOND, 12 * SECOND)

    def send() -> str:
        if way == "heartbeat":
            return storage.heartbeats.record(single(12 * SECOND), 5 * SECOND).status
        return storage.recording.record([stored])[0].status

    outcomes: list[str] = []

    def work() -> None:
        try:
            outcomes.append(send())
        except DatabaseError as exc:
            outcomes.append(exc.code)

    thread = threading.Thread(target=work)
    with transaction(postgresql_storage.database, write=True) as connection:
        postgresql_storage.periods.insert(connection, [stored])
        thread.start()
        waits = sa.text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        while not connection.execute(waits).scalar_one():
            connection.execute(sa.text("SELECT pg_stat_clear_snapshot()"))
    thread.join()
    assert outcomes == ["database_busy"]
    assert send() == {"heartbeat": "unchanged", "record": "duplicate"}[way]
    assert active(postgresql_storage) == [(9 * SECOND, 12 * SECOND)]
