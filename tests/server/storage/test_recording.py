"""Recording and deleting periods, against oracles that know no locks, windows or statements."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftlserver.domain import instants
from ftlserver.domain.period import ActivityPeriod
from ftlserver.errors import DatabaseError
from ftlserver.storage import Storage, recording
from ftlserver.storage.recording import MOST_OVERLAPS, Item, Rejection
from tests.helpers import SECOND, few_examples, in_threads, keys, make_period, start_over

HALF_A_DAY = 12 * instants.HOUR
BAD = Rejection("/start_time", "wrong_type", "expected a string")
Key = tuple[str, int, int]


def make_periods(users: str) -> st.SearchStrategy[ActivityPeriod]:
    """Return a strategy for periods of half a day to seven days, so that some reach far and many overlap."""
    return st.builds(
        lambda user, start, length: make_period(user, start * HALF_A_DAY, (start + length) * HALF_A_DAY),
        st.sampled_from(users),
        st.integers(0, 40),
        st.sampled_from([1, 1, 2, 3, 13, 14]),
    )


def key(item: ActivityPeriod) -> Key:
    return item.user_id, item.started_at, item.ended_at


def expected_statuses(stored: set[Key], items: list[Item]) -> tuple[list[str], set[Key]]:
    """Return the status that each item should have, and which keys are new."""
    statuses, new = [], set()
    for item in items:
        if isinstance(item, Rejection) or item.user_id not in "ab":
            statuses.append("rejected")
        elif key(item) in stored | new:
            statuses.append("duplicate")
        else:
            new.add(key(item))
            statuses.append("inserted")
    return statuses, new


def overlapped(one: Key, others: set[Key]) -> set[Key]:
    return {other for other in others - {one} if other[0] == one[0] and other[1] < one[2] and one[1] < other[2]}


@pytest.mark.slow
@few_examples
@given(
    st.lists(make_periods("ab"), max_size=14),
    st.lists(make_periods("aaab") | make_periods("abx") | st.just(BAD), max_size=16),
    st.booleans(),
    st.booleans(),
    st.sampled_from([16, 0]),
)
def test_each_status_is_that_of_a_comparison_with_all_periods(
    storage: Storage, before: list[ActivityPeriod], items: list[Item], partial: bool, dry_run: bool, few: int
) -> None:
    """Also where more is stored than is read around a group of periods."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recording, "_FEW", few)
        check_statuses(storage, before, items, partial=partial, dry_run=dry_run)


def check_statuses(
    storage: Storage, before: list[ActivityPeriod], items: list[Item], *, partial: bool, dry_run: bool
) -> None:
    start_over(storage)
    storage.bulk_import.store([], before)
    stored = {key(item) for item in before}
    statuses, new = expected_statuses(stored, items)
    results = storage.recording.record(items, partial=partial, dry_run=dry_run)
    assert [{"overlaps": "inserted"}.get(result.status, result.status) for result in results] == statuses
    full = {key(item): tuple(item_span(item)) for item in [*items, *before] if isinstance(item, ActivityPeriod)}
    for item, result in zip(items, results, strict=True):
        if result.status in ("inserted", "overlaps"):
            assert isinstance(item, ActivityPeriod)
            touched = overlapped(key(item), stored | new)
            named = [tuple(span) for span in result.overlaps]
            assert len(set(named)) == len(named) == min(len(touched), MOST_OVERLAPS)
            assert set(named) <= {full[other] for other in touched}
            assert (result.status == "overlaps") == bool(touched)
        else:
            assert not result.overlaps
            assert (result.rejection is not None) == (result.status == "rejected")
    is_unchanged = dry_run or ("rejected" in statuses and not partial)
    assert keys(storage) == sorted(stored if is_unchanged else stored | new)
    again = storage.recording.record(items, partial=True)
    if not is_unchanged:
        assert {result.status for result in again} <= {"duplicate", "rejected"}
    assert keys(storage) == sorted(stored | new)


def item_span(item: ActivityPeriod) -> tuple[int, int, int, int]:
    return item.started_at, item.ended_at, item.start_offset, item.end_offset


@pytest.mark.slow
@few_examples
@given(
    st.lists(make_periods("ab"), max_size=10),
    st.lists(make_periods("ab") | make_periods("abx") | st.just(BAD), max_size=10),
    st.booleans(),
    st.booleans(),
)
def test_each_stored_period_is_deleted_once(
    storage: Storage, before: list[ActivityPeriod], others: list[Item], partial: bool, dry_run: bool
) -> None:
    start_over(storage)
    storage.bulk_import.store([], before)
    stored = {key(item) for item in before}
    items = others[::2] + before[::2] + others[1::2]
    statuses, gone = [], set()
    for item in items:
        if isinstance(item, Rejection) or item.user_id not in "ab":
            statuses.append("rejected")
        else:
            statuses.append("deleted" if key(item) in stored - gone else "not_found")
            gone.add(key(item))
    assert [v.status for v in storage.recording.delete(items, partial=partial, dry_run=dry_run)] == statuses
    is_unchanged = dry_run or ("rejected" in statuses and not partial)
    assert keys(storage) == sorted(stored if is_unchanged else stored - gone)
    storage.recording.delete(items, partial=True)
    again = [result.status for result in storage.recording.delete(items, partial=True)]
    assert set(again) <= {"not_found", "rejected"}
    assert keys(storage) == sorted(stored - gone)


def test_the_same_periods_from_several_threads_are_stored_once(storage: Storage) -> None:
    start_over(storage)
    batches = [
        [make_period("ab"[n % 2], (b * 5 + n) * SECOND, (b * 5 + n + 2) * SECOND) for n in range(10)]
        for b in range(6)
    ]
    inserted: list[int] = []

    def work() -> None:
        for batch in batches:
            statuses = [result.status for result in storage.recording.record(batch)]
            inserted.append(len(statuses) - statuses.count("duplicate"))

    assert in_threads(4, work) == []
    distinct = {key(item) for batch in batches for item in batch}
    assert sum(inserted) == len(distinct)
    assert keys(storage) == sorted(distinct)


def test_a_user_deleted_while_periods_are_recorded_leaves_none(storage: Storage) -> None:
    start_over(storage)
    going, gone = threading.Event(), threading.Event()
    statuses: list[str] = []

    def work() -> None:
        for number in range(15):
            if number == 12:
                gone.wait(30)
            items: list[Item] = [make_period(user, number * SECOND, (number + 1) * SECOND) for user in "ba"]
            statuses.extend(result.status for result in storage.recording.record(items, partial=True))
            if number == 4:
                going.set()

    deleter = threading.Thread(target=lambda: (going.wait(30), storage.users.delete("a"), gone.set()))
    deleter.start()
    failures = in_threads(3, work)
    deleter.join()
    assert failures == []
    assert {row[0] for row in keys(storage)} == {"b"}
    assert len(keys(storage)) == 15
    assert statuses.count("rejected") >= 9


def test_an_import_and_a_request_with_the_same_periods_store_them_once(storage: Storage) -> None:
    start_over(storage)
    periods = [make_period("a", n * SECOND, (n + 1) * SECOND) for n in range(300)]
    counted: list[int] = []

    def record() -> None:
        for at in range(0, 300, 30):
            while True:
                try:
                    statuses = [result.status for result in storage.recording.record(periods[at : at + 30])]
                except DatabaseError as exc:
                    assert exc.code == "database_busy"
                else:
                    counted.append(len(statuses) - statuses.count("duplicate"))
                    break

    def import_() -> None:
        counted.extend(
            storage.bulk_import.store([], periods[at : at + 30]).periods_added for at in range(270, -1, -30)
        )

    work = iter([record, import_])
    assert in_threads(2, lambda: next(work)()) == []
    assert (sum(counted), len(keys(storage))) == (300, 300)
