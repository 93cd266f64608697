"""Heartbeats, against an oracle that joins them in order."""

import threading
from itertools import pairwise, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftlserver.domain import instants, intervals
from ftlserver.domain.intervals import Interval
from ftlserver.domain.period import LONGEST_PERIOD, ActivityPeriod
from ftlserver.domain.token import EVERYTHING
from ftlserver.errors import UserNotFoundError
from ftlserver.storage import Storage
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
    assert statuses == [("started", 1), ("extended", 101), ("unchanged", 101), ("started", 1), ("extended", 402)]
    assert all(row[3:5] == (3600, 3600) for row in all_rows(sqlite_storage))
    assert active(sqlite_storage) == [(start - HEARTBEAT, start + 401 * SECOND)]


def test_a_heartbeat_of_an_unknown_user_is_refused(storage: Storage) -> None:
    with pytest.raises(UserNotFoundError):
        storage.heartbeats.record(make_period("unknown", 10**15 - HEARTBEAT, 10**15), SECOND)


MORNING = 10**15 // (60 * SECOND) * 60 * SECOND


def minutes(*moments: int) -> list[int]:
    return [MORNING + moment * instants.MINUTE for moment in moments]


def test_a_heartbeat_between_two_periods_of_heartbeats_joins_them(storage: Storage) -> None:
    for moments in permutations(minutes(0, 4, 20, 12)):
        start_over(storage)
        record_all(storage, list(moments), 600 * SECOND)
        assert keys(storage) == [("a", MORNING - HEARTBEAT, MORNING + 20 * instants.MINUTE)]


@pytest.mark.slow
@settings(few_examples, max_examples=3)
@given(
    st.lists(
        st.tuples(st.integers(0, 30), st.integers(1, 12)).map(lambda p: (p[0] * SECOND, sum(p) * SECOND)),
        max_size=3,
        unique_by=lambda interval: interval[0],
    ),
    st.lists(st.integers(2, 80).map(lambda half: half * SECOND // 2), min_size=5, max_size=5),
    st.integers(1, 8),
)
def test_five_heartbeats_in_all_orders_leave_the_same_rows(
    sqlite_storage: Storage, recorded: list[Interval], moments: list[int], gap: int
) -> None:
    """Whatever was recorded otherwise before."""
    rows = set()
    for order in permutations(moments):
        storage = start_over(sqlite_storage)
        storage.recording.record([make_period("a", start, end) for start, end in recorded])
        record_all(storage, list(order), gap * SECOND)
        rows.add(tuple(keys(storage)))
    assert len(rows) == 1


def test_a_heartbeat_does_not_move_the_start_of_a_period_that_was_recorded_otherwise(storage: Storage) -> None:
    start_over(storage)
    storage.recording.record([make_period("a", *minutes(10, 20))])
    record_all(storage, minutes(25, 5), 600 * SECOND)
    five, ten, twenty_five = minutes(5, 10, 25)
    assert keys(storage) == [("a", five - HEARTBEAT, five), ("a", ten, twenty_five)]


def test_heartbeats_of_one_period_are_one_change(storage: Storage) -> None:
    start_over(storage)
    storage.recording.record([make_period("a", *minutes(0, 1))])
    changes = {storage.heartbeats.record(single(at), 600 * SECOND).change for at in minutes(5, 6, 7)}
    (number,) = changes
    assert number is not None
    storage.changes.undo(number, EVERYTHING)
    assert keys(storage) == [("a", *minutes(0, 1))]


def test_heartbeats_of_two_tokens_are_two_changes(storage: Storage) -> None:
    start_over(storage)
    callers = ["one", "two", "two"]
    numbers = [
        storage.heartbeats.record(single(at), 600 * SECOND, caller).change
        for caller, at in zip(callers, minutes(0, 5, 7), strict=True)
    ]
    assert numbers[1] == numbers[2] != numbers[0]
    assert numbers[1] is not None
    storage.changes.undo(numbers[1], EVERYTHING)
    assert keys(storage) == [("a", MORNING - HEARTBEAT, MORNING)]
