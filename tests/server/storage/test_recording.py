"""Recording and deleting periods, against oracles that know no locks, windows or statements."""

import threading
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftlserver.domain import instants
from ftlserver.domain.period import ActivityPeriod
from ftlserver.errors import DatabaseError
from ftlserver.storage import Storage, recording
from ftlserver.storage.recording import MOST_OVERLAPS, Item, Rejection
from tests.helpers import SECOND, all_rows, few_examples, in_threads, keys, make_period, start_over

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


Stored = dict[tuple[str, int], int]  # the end of each period, by user and start


def ends(periods: Iterable[ActivityPeriod]) -> Stored:
    """Return what is stored of *periods*: one for each start, the latest end."""
    stored: Stored = {}
    for period in periods:
        stored[period[:2]] = max(period.ended_at, stored.get(period[:2], 0))
    return stored


def as_keys(stored: Stored) -> set[Key]:
    return {(user_id, start, end) for (user_id, start), end in stored.items()}


def expected_statuses(before: Stored, items: list[Item]) -> tuple[list[str], Stored]:
    """Return the status that each item should have, and what is stored after them."""
    statuses, stored = [], dict(before)
    for item in items:
        if isinstance(item, Rejection) or item.user_id not in "ab":
            statuses.append("rejected")
        elif item[:2] not in stored:
            statuses.append("inserted")
            stored[item[:2]] = item.ended_at
        elif item.ended_at > stored[item[:2]]:
            statuses.append("extended")
            stored[item[:2]] = item.ended_at
        else:
            statuses.append("duplicate")
    return statuses, stored


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
    stored = ends(before)
    statuses, after = expected_statuses(stored, items)
    results, change = storage.recording.record(items, partial=partial, dry_run=dry_run)
    assert [{"overlaps": "inserted"}.get(result.status, result.status) for result in results] == statuses
    for item, result in zip(items, results, strict=True):
        if isinstance(item, ActivityPeriod) and result.status in ("inserted", "overlaps", "extended"):
            touched = overlapped((*item[:2], after[item[:2]]), as_keys(after))
            named = [(item.user_id, *span[:2]) for span in result.overlaps]
            assert len(set(named)) == len(named) == min(len(touched), MOST_OVERLAPS)
            assert set(named) <= touched
            assert result.status == "extended" or (result.status == "overlaps") == bool(touched)
        else:
            assert not result.overlaps
            assert (result.rejection is not None) == (result.status == "rejected")
        if isinstance(item, ActivityPeriod) and result.status == "duplicate":
            assert result.period is not None
            assert result.period[:2] == (item.started_at, after[item[:2]])
    is_unchanged = dry_run or ("rejected" in statuses and not partial)
    assert (change is None) == (is_unchanged or after == stored)
    assert keys(storage) == sorted(as_keys(stored if is_unchanged else after))
    again = storage.recording.record(items, partial=True).statuses
    if not is_unchanged:
        assert {result.status for result in again} <= {"duplicate", "rejected"}
    assert keys(storage) == sorted(as_keys(after))


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
    stored = as_keys(ends(before))
    items = others[::2] + before[::2] + others[1::2]
    statuses, gone = [], set()
    for item in items:
        if isinstance(item, Rejection) or item.user_id not in "ab":
            statuses.append("rejected")
        else:
            statuses.append("deleted" if key(item) in stored - gone else "not_found")
            gone.add(key(item))
    results = storage.recording.delete(items, partial=partial, dry_run=dry_run).statuses
    assert [result.status for result in results] == statuses
    for item, result in zip(items, results, strict=True):
        if isinstance(item, ActivityPeriod) and result.period is not None:
            assert (item.user_id, *result.period[:2]) in stored
            assert (result.period[0], result.status) == (item.started_at, "not_found")
    is_unchanged = dry_run or ("rejected" in statuses and not partial)
    assert keys(storage) == sorted(stored if is_unchanged else stored - gone)
    storage.recording.delete(items, partial=True)
    again = [result.status for result in storage.recording.delete(items, partial=True).statuses]
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
            statuses = [result.status for result in storage.recording.record(batch).statuses]
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
            statuses.extend(result.status for result in storage.recording.record(items, partial=True).statuses)
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
                    recorded = storage.recording.record(periods[at : at + 30])
                    statuses = [result.status for result in recorded.statuses]
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


@pytest.mark.parametrize("way", ["record", "import"])
def test_two_writers_who_extend_the_same_period_leave_one_with_the_later_end(storage: Storage, way: str) -> None:
    start_over(storage)
    storage.recording.record([make_period("a", 0, SECOND)])
    rounds = 25
    both = threading.Barrier(2)
    turns = iter([0, 1])

    def extend() -> None:
        mine = next(turns)
        for number in range(rounds):
            both.wait(30)
            period = make_period("a", 0, (2 * number + mine + 2) * SECOND)
            if way == "record" or mine:
                storage.recording.record([period])
            else:
                storage.bulk_import.store([], [period])

    assert in_threads(2, extend) == []
    assert keys(storage) == [("a", 0, (2 * rounds + 1) * SECOND)]


def test_a_period_that_grows_keeps_what_the_clock_showed_at_its_start(storage: Storage) -> None:
    start_over(storage)
    storage.recording.record([ActivityPeriod("a", 0, SECOND, 3600, 3600)])
    storage.recording.record([ActivityPeriod("a", 0, 2 * SECOND, 7200, 7200)])
    assert all_rows(storage)[0][:5] == ("a", 0, 2 * SECOND, 3600, 7200)
