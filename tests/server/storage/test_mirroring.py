"""Following changes: a mirror that reads them ends equal to what it mirrors."""

import threading
from contextlib import suppress
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from ftlserver.domain import instants
from ftlserver.domain.period import ActivityPeriod
from ftlserver.domain.token import EVERYTHING
from ftlserver.domain.user import User
from ftlserver.errors import FTLError, InvalidRequestError, ResyncError
from ftlserver.storage import Storage, mirroring
from ftlserver.storage.database import transaction
from ftlserver.storage.mirroring import Position
from tests.helpers import EGON, SECOND, all_rows, few_examples, in_threads, make_period, start_over, store_team

HOUR = instants.HOUR


class Mirror:
    """A copy of the users and periods of a storage, from an export on."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self.exports = 0
        self.start_over()

    def start_over(self) -> None:
        self.exports += 1
        self._position = self._storage.mirroring.now()
        self.users = {user.id: user for user in self._storage.users.all()}
        self.periods = {
            (user_id, span[0]): span
            for user_id in self.users
            for page in self._storage.periods.pages_of(user_id)
            for span in page
        }

    def poll(self) -> bool:
        """Read a page, and tell whether there are more."""
        try:
            page = self._storage.mirroring.since(self._position)
        except ResyncError:
            self.start_over()
            return True
        for user_id in page.gone_users:
            self.users.pop(user_id, None)
            self.periods = {key: span for key, span in self.periods.items() if key[0] != user_id}
        self.users |= {user.id: user for user in page.users}
        for user_id, start, _ in page.gone_periods:
            self.periods.pop((user_id, start), None)
        self.periods |= {row[:2]: row[1:] for row in page.periods}
        self._position = page.position
        return page.more

    def catch_up(self) -> None:
        while self.poll():
            pass

    def check(self) -> None:
        assert self.users == {user.id: user for user in self._storage.users.all()}
        assert sorted((user_id, *span) for (user_id, _), span in self.periods.items()) == [
            row[:5] for row in all_rows(self._storage)
        ]


def change_something(storage: Storage, random: Random, *, deletes_users: bool = False) -> None:
    """Do one of the things that change users and periods."""
    user_id = random.choice("abcd")
    start = random.randrange(40) * HOUR
    period = make_period(user_id, start, start + random.randrange(1, 5) * HOUR)
    at = random.randrange(200) * 600 * SECOND + SECOND
    with suppress(FTLError):
        match random.randrange(10 if deletes_users else 9):
            case 0 | 1:
                storage.recording.record([period])
            case 2:
                storage.recording.record([make_period(user_id, n * HOUR, n * HOUR + SECOND) for n in range(50)])
            case 3 | 4:
                storage.heartbeats.record(ActivityPeriod(user_id, at - SECOND, at, 0, 0), 700 * SECOND)
            case 5:
                rows = [row for row in all_rows(storage) if row[0] == user_id]
                if rows:
                    storage.recording.delete([random.choice(rows)[:5]])
            case 6:
                storage.users.put(User(user_id, f"Name {random.randrange(5)}", "UTC"))
            case 7:
                for change in storage.changes.newest(1):
                    storage.changes.undo(change.number, EVERYTHING)
            case 8:
                storage.merging.merge(user_id, random.choice("abcd"), EVERYTHING)
            case 9:
                storage.users.delete(user_id)


@few_examples
@given(seeds=st.lists(st.integers(0, 2**32), max_size=25), at_once=st.integers(1, 8))
def test_a_mirror_that_reads_all_changes_is_equal(storage: Storage, seeds: list[int], at_once: int) -> None:
    start_over(storage)
    mirror = Mirror(storage)
    for number, seed in enumerate(seeds):
        change_something(storage, Random(seed), deletes_users=seed % 7 == 0)
        if number % at_once == 0:
            mirror.poll()
    mirror.catch_up()
    mirror.check()


@pytest.mark.parametrize("deletes_users", [False, True])
def test_a_mirror_that_polls_while_eight_write_ends_equal(storage: Storage, deletes_users: bool) -> None:
    storage.users.add_new([User(id_, id_.upper(), "UTC") for id_ in "abcd"])
    mirror = Mirror(storage)
    seeds = iter(range(8))
    writing = threading.Event()
    writing.set()

    def write() -> None:
        random = Random(next(seeds))
        for _ in range(40):
            change_something(storage, random, deletes_users=deletes_users)

    def follow() -> None:
        while writing.is_set():
            mirror.poll()

    follower = threading.Thread(target=follow)
    follower.start()
    failures = in_threads(8, write)
    writing.clear()
    follower.join()
    assert failures == []
    mirror.catch_up()
    mirror.check()
    assert (mirror.exports > 1) == deletes_users


@pytest.mark.slow
def test_a_change_that_commits_late_is_not_lost(postgresql_storage: Storage) -> None:
    """On PostgreSQL a transaction that began first may commit last."""
    storage = postgresql_storage
    storage.users.add_new([User("a", "A", "UTC"), User("b", "B", "UTC")])
    mirror = Mirror(storage)
    begun, may_commit = threading.Event(), threading.Event()

    def write_slowly() -> None:
        with transaction(storage.database, write=True) as connection:
            connection.execute(sa.text("SELECT pg_current_xact_id()"))
            begun.set()
            may_commit.wait(10)
            connection.execute(sa.text("UPDATE users SET real_name = 'Late' WHERE id = 'a'"))
            connection.execute(sa.text("INSERT INTO changes (at, action, user_id) VALUES (0, 'change_user', 'a')"))

    writer = threading.Thread(target=write_slowly)
    writer.start()
    assert begun.wait(10)
    storage.recording.record([make_period("b", 0, HOUR)])
    mirror.catch_up()
    assert mirror.periods == {}  # it lies after a transaction under way
    may_commit.set()
    writer.join()
    mirror.catch_up()
    mirror.check()
    assert mirror.users["a"].real_name == "Late"


def test_pages_have_an_end(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirroring, "MOST_ROWS", 3)
    monkeypatch.setattr(mirroring, "MOST_PERIODS", 10)
    start_over(storage)
    mirror = Mirror(storage)
    storage.recording.record([make_period("a", n * HOUR, n * HOUR + SECOND) for n in range(25)])
    for number in range(10):
        storage.recording.record([make_period("b", number * HOUR, number * HOUR + SECOND)])
    position, pages = mirror._position, 0
    while True:
        page = storage.mirroring.since(position)
        assert len(page.periods) in (25, 3, 1)
        position, pages = page.position, pages + 1
        if not page.more:
            break
    assert pages == 5
    mirror.catch_up()
    mirror.check()
    assert storage.mirroring.since(position) == ([], [], [], [], position, False)


def test_a_cursor_before_a_deleted_user_starts_over(storage: Storage) -> None:
    store_team(storage)
    before = storage.mirroring.now()
    assert storage.mirroring.since(before).more is False
    storage.users.delete(EGON.id)
    with pytest.raises(ResyncError):
        storage.mirroring.since(before)
    after = storage.mirroring.now()
    store_team(storage)
    assert [user.id for user in storage.mirroring.since(after).users] == [EGON.id]


def test_a_cursor_before_what_was_pruned_starts_over(storage: Storage) -> None:
    start = storage.mirroring.now()
    store_team(storage)
    middle = storage.mirroring.now()
    assert storage.changes.prune(0) == 0
    assert len(storage.mirroring.since(start).users) == 2
    assert storage.changes.prune(instants.now() + 1) > 0
    with pytest.raises(ResyncError):
        storage.mirroring.since(start)
    storage.recording.record([make_period(EGON.id, 0, HOUR)])
    assert len(storage.mirroring.since(middle).periods) == 1


def test_a_cursor_of_the_future_starts_over(storage: Storage) -> None:
    """It is of another database, or of this one before a backup was restored."""
    with pytest.raises(ResyncError):
        storage.mirroring.since(storage.mirroring.now()._replace(transaction=10**15))


@pytest.mark.parametrize("cursor", ["", "1-", "-1", "1-2-3", "a-1", "1-" + "9" * 19, "9" * 19 + "-1", "1-2\n"])
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidRequestError, match="not one of this server's"):
        Position.of(cursor)


def test_a_cursor_reads_back() -> None:
    for position in (Position(0), Position(7, 3), Position(10**17)):
        assert Position.of(position.cursor) == position


@settings(max_examples=30)
@given(st.permutations(range(5)), st.integers(0, 4))
def test_heartbeats_that_join_periods_are_followed(
    sqlite_heartbeats: Any, order: list[int], polled_after: int
) -> None:
    storage: Storage = start_over(sqlite_heartbeats)
    mirror = Mirror(storage)
    for number, place in enumerate(order):
        at = (100 + place * 10) * SECOND
        storage.heartbeats.record(ActivityPeriod("a", at - SECOND, at, 0, 0), 15 * SECOND)
        if number == polled_after:
            mirror.catch_up()
            mirror.check()
    mirror.catch_up()
    mirror.check()
    assert len(mirror.periods) == 1


@pytest.fixture(scope="module")
def sqlite_heartbeats(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with Storage.open(str(tmp_path_factory.mktemp("heartbeats") / "ftl.sqlite3")) as storage:
        yield storage
