"""Recording, on both databases, against oracles that know no locks, windows or statements."""

import contextlib
import threading
from itertools import pairwise
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ftlserver.domain import instants, intervals
from ftlserver.domain.intervals import Interval
from ftlserver.domain.period import LONGEST_PERIOD, ActivityPeriod
from ftlserver.domain.user import User
from ftlserver.errors import DatabaseError, UserExistsError, UserNotFoundError
from ftlserver.storage import Storage
from ftlserver.storage.database import transaction
from ftlserver.storage.heartbeats import HEARTBEAT
from ftlserver.storage.recording import MOST_OVERLAPS, Item, Rejection
from tests import plain
from tests.conftest import all_rows, in_threads

A, B = User("a", "A", "UTC"), User("b", "B", "UTC")
HALF_A_DAY = 12 * instants.HOUR
SECOND = instants.SECOND
BAD = Rejection("/start_time", "wrong_type", "expected a string")

few = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
very_few = settings(few, max_examples=6)


def empty(storage: Storage) -> Storage:
    """Begin again with two users and no period."""
    for user in storage.users.all():
        storage.users.delete(user.id)
    storage.users.add_new([A, B])
    return storage


def period(user_id: str, start: int, end: int) -> ActivityPeriod:
    return ActivityPeriod(user_id, start, end, start % 97 * 60, end % 97 * 60)


def keys(storage: Storage) -> list[tuple[Any, ...]]:
    return [row[:3] for row in all_rows(storage)]


def make_periods(users: str) -> st.SearchStrategy[ActivityPeriod]:
    """Give periods of half a day to seven days, so that some reach far and many overlap."""
    return st.builds(
        lambda user, start, length: period(user, start * HALF_A_DAY, (start + length) * HALF_A_DAY),
        st.sampled_from(users),
        st.integers(0, 40),
        st.sampled_from([1, 1, 2, 3, 13, 14]),
    )


Key = tuple[str, int, int]


def key(item: ActivityPeriod) -> Key:
    return item.user_id, item.started_at, item.ended_at


def expected_words(stored: set[Key], items: list[Item]) -> tuple[list[str], set[Key]]:
    """Return what each item should be called, and which keys are new."""
    words, new = [], set()
    for item in items:
        if isinstance(item, Rejection) or item.user_id not in "ab":
            words.append("rejected")
        elif key(item) in stored | new:
            words.append("duplicate")
        else:
            new.add(key(item))
            words.append("inserted")
    return words, new


def overlapped(one: Key, others: set[Key]) -> set[Key]:
    return {other for other in others - {one} if other[0] == one[0] and other[1] < one[2] and one[1] < other[2]}


@few
@given(
    st.lists(make_periods("ab"), max_size=14),
    st.lists(make_periods("aaab") | make_periods("abx") | st.just(BAD), max_size=16),
    st.booleans(),
    st.booleans(),
)
def test_each_period_is_judged_as_if_it_were_compared_with_all(
    storage: Storage, before: list[ActivityPeriod], items: list[Item], partial: bool, dry_run: bool
) -> None:
    empty(storage)
    storage.bulk_import.store([], before)
    stored = {key(item) for item in before}
    words, new = expected_words(stored, items)
    verdicts = storage.recording.record(items, partial=partial, dry_run=dry_run)
    assert [{"overlaps": "inserted"}.get(verdict.status, verdict.status) for verdict in verdicts] == words
    full = {key(item): tuple(item_span(item)) for item in [*items, *before] if isinstance(item, ActivityPeriod)}
    for item, verdict in zip(items, verdicts, strict=True):
        if verdict.status in ("inserted", "overlaps"):
            assert isinstance(item, ActivityPeriod)
            touched = overlapped(key(item), stored | new)
            named = [tuple(span) for span in verdict.overlaps]
            assert len(set(named)) == len(named) == min(len(touched), MOST_OVERLAPS)
            assert set(named) <= {full[other] for other in touched}
            assert (verdict.status == "overlaps") == bool(touched)
        else:
            assert not verdict.overlaps
            assert (verdict.rejection is not None) == (verdict.status == "rejected")
    stays = dry_run or ("rejected" in words and not partial)
    assert keys(storage) == sorted(stored if stays else stored | new)
    again = storage.recording.record(items, partial=True)
    if not stays:
        assert {verdict.status for verdict in again} <= {"duplicate", "rejected"}
    assert keys(storage) == sorted(stored | new)


def item_span(item: ActivityPeriod) -> tuple[int, int, int, int]:
    return item.started_at, item.ended_at, item.start_offset, item.end_offset


@few
@given(
    st.lists(make_periods("ab"), max_size=10),
    st.lists(make_periods("ab") | make_periods("abx") | st.just(BAD), max_size=10),
    st.booleans(),
    st.booleans(),
)
def test_each_period_that_is_there_is_deleted_once(
    storage: Storage, before: list[ActivityPeriod], others: list[Item], partial: bool, dry_run: bool
) -> None:
    empty(storage)
    storage.bulk_import.store([], before)
    stored = {key(item) for item in before}
    items = others[::2] + before[::2] + others[1::2]
    words, gone = [], set()
    for item in items:
        if isinstance(item, Rejection) or item.user_id not in "ab":
            words.append("rejected")
        else:
            words.append("deleted" if key(item) in stored - gone else "not_found")
            gone.add(key(item))
    assert [v.status for v in storage.recording.delete(items, partial=partial, dry_run=dry_run)] == words
    stays = dry_run or ("rejected" in words and not partial)
    assert keys(storage) == sorted(stored if stays else stored - gone)
    storage.recording.delete(items, partial=True)
    again = [verdict.status for verdict in storage.recording.delete(items, partial=True)]
    assert set(again) <= {"not_found", "rejected"}
    assert keys(storage) == sorted(stored - gone)


# ---- heartbeats


def active(storage: Storage, user_id: str = "a") -> list[Interval]:
    return intervals.merge((start, end) for who, start, end in keys(storage) if who == user_id)


def alone(beat: int, offset: int = 0) -> ActivityPeriod:
    return ActivityPeriod("a", beat - HEARTBEAT, beat, offset, offset)


def stretches(beats: list[int], gap: int) -> list[Interval]:
    """Return when somebody with those beats was active, whatever their order."""
    ordered = sorted(beats)
    joined = [(a, b) for a, b in pairwise(ordered) if b - a <= gap]
    return intervals.merge([(beat - HEARTBEAT, beat) for beat in ordered] + joined)


def beat_all(storage: Storage, beats: list[int], gap: int) -> None:
    for beat in beats:
        storage.heartbeats.record(alone(beat), gap)


close_beats = st.lists(st.integers(2, 60).map(lambda half: half * SECOND // 2), min_size=1, max_size=12)
# Half-days of two weeks and a half, most of them, in any order.
far_beats = st.tuples(st.permutations([half * HALF_A_DAY for half in range(1, 36)]), st.integers(20, 35)).map(
    lambda found: found[0][: found[1]]
)


@few
@given(close_beats, st.integers(1, 6))
def test_beats_make_one_stretch_in_any_order(storage: Storage, beats: list[int], gap: int) -> None:
    empty(storage)
    beat_all(storage, beats, gap * SECOND)
    assert active(storage) == stretches(beats, gap * SECOND)


@settings(few, max_examples=12)
@given(far_beats)
def test_a_stretch_of_more_than_a_week_is_kept_in_pieces(sqlite_storage: Storage, beats: list[int]) -> None:
    storage = empty(sqlite_storage)
    beat_all(storage, beats, 24 * instants.HOUR)
    assert active(sqlite_storage) == stretches(beats, 24 * instants.HOUR)
    assert all(end - start <= LONGEST_PERIOD for _, start, end in keys(sqlite_storage))
    assert {storage.heartbeats.record(alone(beat), 24 * instants.HOUR).status for beat in beats} == {"unchanged"}


@few
@given(close_beats, st.integers(1, 6))
def test_beats_again_change_nothing(sqlite_storage: Storage, beats: list[int], gap: int) -> None:
    storage = empty(sqlite_storage)
    beat_all(storage, beats, gap * SECOND)
    rows = all_rows(sqlite_storage)
    beat_all(storage, beats[::-1], gap * SECOND)
    assert active(sqlite_storage) == stretches(beats, gap * SECOND)
    assert {storage.heartbeats.record(alone(beat), gap * SECOND).status for beat in beats} == {"unchanged"}
    assert len(all_rows(sqlite_storage)) <= len(rows)


@very_few
@given(st.lists(st.integers(2, 400).map(lambda half: half * SECOND // 2), min_size=20, max_size=40))
def test_beats_at_once_lose_nothing(storage: Storage, beats: list[int]) -> None:
    empty(storage)
    waiting = iter(beats)
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                beat = next(waiting, None)
            if beat is None:
                return
            storage.heartbeats.record(alone(beat), 5 * SECOND)

    assert in_threads(4, work) == []
    assert active(storage) == stretches(beats, 5 * SECOND)


@few
@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.integers(1, 30)).map(lambda p: (p[0] * SECOND, sum(p) * SECOND)),
        max_size=6,
    ),
    close_beats,
    st.integers(1, 6),
)
def test_no_beat_shortens_what_was_recorded_or_reaches_further_than_its_gap(
    storage: Storage, manual: list[Interval], beats: list[int], gap: int
) -> None:
    empty(storage)
    storage.bulk_import.store([], [period("a", start, end) for start, end in manual])
    beat_all(storage, beats, gap * SECOND)
    rows = keys(storage)
    for start, end in manual + [(beat - HEARTBEAT, beat) for beat in beats]:
        assert any(row[1] <= start and end <= row[2] for row in rows)
    added = plain.subtract(active(storage), intervals.merge(manual))
    allowed = intervals.merge((beat - HEARTBEAT - gap * SECOND, beat + gap * SECOND) for beat in beats)
    assert plain.subtract(added, allowed) == []


def test_a_beat_counts_a_second_and_says_what_it_did(sqlite_storage: Storage) -> None:
    storage = empty(sqlite_storage)
    start = 10**15
    words = []
    for seconds in (0, 100, 50, 401, 200):
        beaten = storage.heartbeats.record(alone(start + seconds * SECOND, 3600), 300 * SECOND)
        words.append((beaten.status, (beaten.period.ended_at - beaten.period.started_at) // SECOND))
    assert words == [("started", 1), ("extended", 101), ("unchanged", 101), ("started", 1), ("extended", 401)]
    assert all(row[3:5] == (3600, 3600) for row in all_rows(sqlite_storage))
    assert active(sqlite_storage) == [(start - HEARTBEAT, start + 401 * SECOND)]


def test_a_beat_of_nobody_is_refused(storage: Storage) -> None:
    with pytest.raises(UserNotFoundError):
        storage.heartbeats.record(period("nobody", 10**15 - HEARTBEAT, 10**15), SECOND)


# ---- at once


def test_the_same_periods_from_many_at_once_are_stored_once(storage: Storage) -> None:
    empty(storage)
    batches = [
        [period("ab"[n % 2], (b * 5 + n) * SECOND, (b * 5 + n + 2) * SECOND) for n in range(10)] for b in range(6)
    ]
    inserted: list[int] = []

    def work() -> None:
        for batch in batches:
            words = [verdict.status for verdict in storage.recording.record(batch)]
            inserted.append(len(words) - words.count("duplicate"))

    assert in_threads(4, work) == []
    distinct = {key(item) for batch in batches for item in batch}
    assert sum(inserted) == len(distinct)
    assert keys(storage) == sorted(distinct)


def test_a_user_who_is_deleted_while_periods_come_is_gone_with_all_of_them(storage: Storage) -> None:
    empty(storage)
    going, gone = threading.Event(), threading.Event()
    words: list[str] = []

    def work() -> None:
        for number in range(15):
            if number == 12:
                gone.wait(30)
            items: list[Item] = [period(user, number * SECOND, (number + 1) * SECOND) for user in "ba"]
            words.extend(verdict.status for verdict in storage.recording.record(items, partial=True))
            if number == 4:
                going.set()

    deleter = threading.Thread(target=lambda: (going.wait(30), storage.users.delete("a"), gone.set()))
    deleter.start()
    failures = in_threads(3, work)
    deleter.join()
    assert failures == []
    assert {row[0] for row in keys(storage)} == {"b"}
    assert len(keys(storage)) == 15
    assert words.count("rejected") >= 9


def test_an_import_and_a_request_with_the_same_periods_store_them_once(storage: Storage) -> None:
    empty(storage)
    periods = [period("a", n * SECOND, (n + 1) * SECOND) for n in range(300)]
    counted: list[int] = []

    def record() -> None:
        for at in range(0, 300, 30):
            while True:
                try:
                    words = [verdict.status for verdict in storage.recording.record(periods[at : at + 30])]
                except DatabaseError as exc:
                    assert exc.code == "database_busy"
                else:
                    counted.append(len(words) - words.count("duplicate"))
                    break

    def import_() -> None:
        counted.extend(
            storage.bulk_import.store([], periods[at : at + 30]).periods_added for at in range(270, -1, -30)
        )

    work = iter([record, import_])
    assert in_threads(2, lambda: next(work)()) == []
    assert (sum(counted), len(keys(storage))) == (300, 300)


@pytest.mark.parametrize("way", ["beat", "record"])
def test_what_an_import_is_just_storing_is_to_be_sent_again(postgresql_storage: Storage, way: str) -> None:
    storage = empty(postgresql_storage)
    storage.heartbeats.record(alone(10 * SECOND), 5 * SECOND)
    stored = period("a", 9 * SECOND, 12 * SECOND)

    def send() -> str:
        if way == "beat":
            return storage.heartbeats.record(alone(12 * SECOND), 5 * SECOND).status
        return storage.recording.record([stored])[0].status

    said: list[str] = []

    def work() -> None:
        try:
            said.append(send())
        except DatabaseError as exc:
            said.append(exc.code)

    thread = threading.Thread(target=work)
    with transaction(postgresql_storage.database, write=True) as connection:
        postgresql_storage.periods.insert(connection, [stored])
        thread.start()
        waits = sa.text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        while not connection.execute(waits).scalar_one():
            connection.execute(sa.text("SELECT pg_stat_clear_snapshot()"))
    thread.join()
    assert said == ["database_busy"]
    assert send() == {"beat": "unchanged", "record": "duplicate"}[way]
    assert active(postgresql_storage) == [(9 * SECOND, 12 * SECOND)]


def test_the_same_new_user_from_many_at_once_is_one_user_and_no_error(storage: Storage) -> None:
    for number in range(5):
        user = User(f"new{number}", "N", "UTC")
        added: list[bool] = []
        assert in_threads(6, lambda user=user, added=added: added.append(storage.users.add(user))) == []  # type: ignore[misc]
        assert sorted(added) == [False] * 5 + [True]
    with pytest.raises(UserExistsError):
        storage.users.add(User("new0", "Another", "UTC"))
    assert storage.users.find("new0") == User("new0", "N", "UTC")


def test_two_changes_of_a_user_at_once_are_both_made(storage: Storage) -> None:
    for number in range(5):
        storage.users.add_new([User(f"u{number}", "Old", "UTC")])
        changes = iter([{"real_name": "New"}, {"tz": "Asia/Kolkata"}])
        user_id = f"u{number}"
        assert in_threads(2, lambda: storage.users.change(user_id, next(changes))) == []  # noqa: B023
        assert storage.users.find(user_id) == User(user_id, "New", "Asia/Kolkata")


def test_a_user_who_is_deleted_does_not_come_back_by_a_change(storage: Storage) -> None:
    for number in range(5):
        user_id = f"u{number}"
        storage.users.add_new([User(user_id, "Old", "UTC")])

        def change(user_id: str = user_id) -> None:
            with contextlib.suppress(UserNotFoundError):
                storage.users.change(user_id, {"real_name": "New"})

        work = iter([change, lambda user_id=user_id: storage.users.delete(user_id)])  # type: ignore[misc]
        assert in_threads(2, lambda: next(work)()) == []  # noqa: B023
        assert storage.users.find(user_id) is None
