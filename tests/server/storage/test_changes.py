"""Changes and undo: every write can be taken back, and only while nothing was changed since."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftlserver.domain import instants
from ftlserver.domain.period import ActivityPeriod
from ftlserver.domain.token import EVERYTHING, Principal
from ftlserver.domain.user import User
from ftlserver.errors import ChangedSinceError, ChangeNotFoundError, RefusedError, UserNotFoundError
from ftlserver.storage import Storage, changes
from tests.helpers import EGON, GLINDA, SECOND, all_rows, few_examples, keys, make_period, start_over, store_team

HOUR = instants.HOUR


def state(storage: Storage) -> tuple[list[User], list[tuple[object, ...]]]:
    return list(storage.users.all()), all_rows(storage)


def test_an_import_is_taken_back_whole(storage: Storage) -> None:
    storage.users.add_new([EGON])
    storage.recording.record([make_period(EGON.id, 0, HOUR), make_period(EGON.id, 5 * HOUR, 6 * HOUR)])
    before = state(storage)
    renamed = User(EGON.id, "E. Spengler", EGON.tz)
    periods = [
        make_period(EGON.id, 0, 2 * HOUR),
        make_period(EGON.id, 5 * HOUR, 6 * HOUR),
        make_period(EGON.id, 9 * HOUR, 10 * HOUR),
        make_period(GLINDA.id, 0, HOUR),
    ]
    imported = storage.bulk_import.store([renamed, GLINDA], periods)
    assert (imported.users_added, imported.users_updated) == (1, 1)
    assert (imported.periods_added, imported.periods_extended, imported.periods_known) == (2, 1, 1)
    after = state(storage)
    assert imported.change is not None
    undone = storage.changes.undo(imported.change, EVERYTHING).change
    assert state(storage) == before
    assert undone is not None
    storage.changes.undo(undone, EVERYTHING)  # an undo is a change too
    assert state(storage) == after


def test_an_import_of_many_periods_is_taken_back_whole(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its change has several rows for a user."""
    monkeypatch.setattr(changes, "ROWS_AT_MOST", 7)
    monkeypatch.setattr(changes, "_MOST_WAITING", 400)
    start_over(storage)
    storage.bulk_import.store([], [make_period("a", n * HOUR, n * HOUR + SECOND) for n in range(0, 60, 3)])
    before = state(storage)
    periods = [make_period("ab"[n % 2], n // 2 * HOUR, n // 2 * HOUR + 2 * SECOND) for n in range(120)]
    imported = storage.bulk_import.store([], periods)
    assert (imported.periods_added, imported.periods_extended) == (100, 20)
    assert imported.change is not None
    (entry, *_) = storage.changes.newest(1)
    assert (entry.number, entry.added, entry.changed, entry.deleted) == (imported.change, 100, 20, 0)
    storage.changes.undo(imported.change, EVERYTHING)
    assert state(storage) == before


def test_a_dry_run_and_a_write_that_changes_nothing_are_no_change(storage: Storage) -> None:
    store_team(storage)
    count = len(storage.changes.newest(100))
    storage.bulk_import.store([GLINDA], [make_period(EGON.id, 0, HOUR)], dry_run=True)
    store_team(storage)
    assert storage.recording.record([make_period(EGON.id, 0, HOUR)], dry_run=True).change is None
    assert storage.users.put(EGON).change is None
    assert len(storage.changes.newest(100)) == count


@pytest.mark.parametrize("later", ["grows", "is shortened", "is deleted"])
def test_what_was_changed_since_is_not_taken_back(storage: Storage, later: str) -> None:
    """A period that grew is kept, but if that is all that there is, nothing is undone."""
    start_over(storage)
    first, second = make_period("a", 0, HOUR), make_period("a", 5 * HOUR, 6 * HOUR)
    change = storage.recording.record([first] if later == "grows" else [first, second]).change
    if later == "grows":
        storage.recording.record([make_period("a", 0, 2 * HOUR)])
    elif later == "is shortened":
        storage.recording.edit(first, make_period("a", 0, HOUR // 2))
    else:
        storage.recording.delete([first])
    now = state(storage)
    assert change is not None
    with pytest.raises(ChangedSinceError, match="undo the later changes first") as error:
        storage.changes.undo(change, EVERYTHING)
    assert [item["user_id"] for item in error.value.changed] == ["a"]
    assert error.value.changed[0]["start_time"].startswith("1970-01-01T0")
    assert state(storage) == now


def test_an_import_leaves_what_a_later_change_extended_further(storage: Storage) -> None:
    storage.users.add_new([EGON])
    storage.recording.record([make_period(EGON.id, 0, HOUR), make_period(EGON.id, 50 * HOUR, 51 * HOUR)])
    first = [make_period(EGON.id, start * HOUR, (start + 2) * HOUR) for start in (0, 10, 20, 50)]
    imported = storage.bulk_import.store([GLINDA], [*first, make_period(GLINDA.id, 0, HOUR)])
    later = [make_period(EGON.id, 0, 3 * HOUR), make_period(EGON.id, 10 * HOUR, 13 * HOUR)]
    storage.bulk_import.store([], later)
    assert imported.change is not None
    undone = storage.changes.undo(imported.change, EVERYTHING)
    assert keys(storage) == [period[:3] for period in (*later, make_period(EGON.id, 50 * HOUR, 51 * HOUR))]
    assert (undone.deleted, undone.set_back, undone.restored, undone.kept_periods) == (2, 1, 0, 2)
    assert [item["end_time"] for item in undone.kept] == ["1970-01-01T03:18:00+00:18", "1970-01-01T14:18:00+01:18"]
    assert [(was[1], now[1]) for _, was, now in undone.ends] == [(52 * HOUR, 51 * HOUR)]
    assert [user.id for user in storage.users.all()] == [EGON.id]


def test_an_import_leaves_the_users_who_have_other_periods(storage: Storage) -> None:
    aliases = {"e": EGON.id, "g": GLINDA.id}
    periods = [make_period(user.id, 0, HOUR) for user in (EGON, GLINDA)]
    imported = storage.bulk_import.store([EGON, GLINDA], periods, aliases=aliases)
    storage.recording.record([make_period(EGON.id, 5 * HOUR, 6 * HOUR)])
    assert imported.change is not None
    undone = storage.changes.undo(imported.change, EVERYTHING)
    assert (undone.kept_users, undone.kept) == (1, [{"table": "users", "id": EGON.id}])
    assert list(storage.users.all()) == [EGON]
    assert storage.aliases.resolve(aliases) == {"e": EGON.id}
    assert keys(storage) == [(EGON.id, 5 * HOUR, 6 * HOUR)]


def test_an_import_and_the_one_that_extended_it_leave_nothing_in_either_order(storage: Storage) -> None:
    for first, second in ((0, 1), (1, 0)):
        start_over(storage)
        imports = [
            storage.bulk_import.store([], [make_period("a", 0, n * HOUR), make_period("b", n * HOUR, 9 * HOUR)])
            for n in (1, 2)
        ]
        for number in (imports[first].change, imports[second].change):
            assert number is not None
            storage.changes.undo(number, EVERYTHING)
        assert all_rows(storage) == []


def test_an_undo_of_many_periods_is_taken_back_whole(
    sqlite_storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it set back is in the last of the rows that say what was before, and in the first that say what is."""
    monkeypatch.setattr(changes, "ROWS_AT_MOST", 7)
    storage = start_over(sqlite_storage)
    storage.recording.record([make_period("a", 50 * HOUR, 51 * HOUR)])
    sent = [make_period("a", n * HOUR, (n + 2) * HOUR) for n in range(0, 51, 2)]
    imported = storage.bulk_import.store([], sent)
    before = state(storage)
    number = imported.change
    for _ in range(2):
        assert number is not None
        number = storage.changes.undo(number, EVERYTHING).change
    assert state(storage) == before


def test_a_change_is_taken_back_once(storage: Storage) -> None:
    start_over(storage)
    change = storage.recording.record([make_period("a", 0, HOUR)]).change
    assert change is not None
    storage.changes.undo(change, EVERYTHING)
    with pytest.raises(ChangedSinceError):
        storage.changes.undo(change, EVERYTHING)


def test_a_user_who_has_activity_since_is_not_taken_back(storage: Storage) -> None:
    change = storage.users.add(EGON).change
    storage.recording.record([make_period(EGON.id, 0, HOUR)])
    assert change is not None
    with pytest.raises(ChangedSinceError) as error:
        storage.changes.undo(change, EVERYTHING)
    assert error.value.changed == [{"table": "users", "id": EGON.id}]


def test_periods_of_a_user_who_is_gone_are_not_taken_back(storage: Storage) -> None:
    start_over(storage)
    period = make_period("a", 0, HOUR)
    storage.recording.record([period])
    change = storage.recording.delete([period]).change
    storage.merging.merge("a", "b", EVERYTHING)
    assert change is not None
    with pytest.raises(ChangedSinceError) as error:
        storage.changes.undo(change, EVERYTHING)
    assert error.value.changed == [{"table": "users", "id": "a"}]


def test_an_unknown_change_and_a_part_of_one_are_not_found(storage: Storage) -> None:
    start_over(storage)
    storage.recording.record([make_period("a", 0, HOUR), make_period("b", 0, HOUR)])
    (entry, *_) = storage.changes.newest(1)
    for number in (entry.number + 1, 10**17):
        with pytest.raises(ChangeNotFoundError):
            storage.changes.undo(number, EVERYTHING)


def test_a_token_takes_back_its_own_changes_of_its_own_users(storage: Storage) -> None:
    start_over(storage)
    writer = Principal(frozenset(["write"]), None, "laptop", "token001")
    bound = Principal(frozenset(["write"]), frozenset(["b"]), "laptop", "token001")
    other = Principal(frozenset(["write"]), None, "phone", "token002")
    admin = Principal(frozenset(["write", "admin"]), None, "lead", "token003")
    for allowed in (writer, admin):
        change = storage.recording.record([make_period("a", 0, HOUR)], caller="token001").change
        assert change is not None
        for refused in (other, bound):
            with pytest.raises(RefusedError):
                storage.changes.undo(change, refused)
        storage.changes.undo(change, allowed)
    change = storage.recording.record([make_period("a", 0, HOUR)]).change  # by a command
    assert change is not None
    with pytest.raises(RefusedError):
        storage.changes.undo(change, writer)


def test_changes_of_a_user(storage: Storage) -> None:
    start_over(storage)
    numbers = [
        storage.recording.record([make_period(user, n * HOUR, (n + 1) * HOUR)]).change
        for n, user in enumerate("abab")
    ]
    assert [entry.number for entry in storage.changes.newest(2)] == numbers[:1:-1]
    assert [entry.number for entry in storage.changes.newest(2, "a")] == [numbers[2], numbers[0]]
    assert next(iter(storage.changes.newest(2, "a", below=numbers[2] or 0))).number == numbers[0]


def test_deleting_a_user_deletes_what_changes_hold_of_them(storage: Storage) -> None:
    start_over(storage)
    storage.recording.record([make_period("a", 0, HOUR), make_period("b", 0, HOUR)])
    storage.merging.merge("a", "b", EVERYTHING)
    storage.users.delete("b")
    assert [entry for entry in storage.changes.newest(100) if "b" in entry.user_ids] == []
    assert [entry for entry in storage.changes.newest(100) if entry.action == "merge"] == []
    with pytest.raises(UserNotFoundError):
        storage.users.get("b")


def test_old_changes_are_deleted(storage: Storage) -> None:
    start_over(storage)
    change = storage.recording.record([make_period("a", 0, HOUR)]).change
    assert change is not None
    assert storage.changes.prune(instants.now() - HOUR) == 0
    assert storage.changes.prune(instants.now() + 1) > 0
    with pytest.raises(ChangeNotFoundError):
        storage.changes.undo(change, EVERYTHING)
    later = storage.recording.record([make_period("a", 5 * HOUR, 6 * HOUR)]).change
    assert later is not None
    assert later > change  # numbers are never used again


periods = st.builds(
    lambda user, start, length: make_period(user, start * HOUR, (start + length) * HOUR),
    st.sampled_from("ab"),
    st.integers(0, 8),
    st.integers(1, 5),
)
writes = st.tuples(st.sampled_from(["record", "delete", "import"]), st.lists(periods, max_size=5))


@pytest.mark.slow
@settings(few_examples, max_examples=30)
@given(st.lists(writes, min_size=1, max_size=6))
def test_changes_taken_back_in_reverse_leave_what_was_before(
    storage: Storage, sent: list[tuple[str, list[ActivityPeriod]]]
) -> None:
    start_over(storage)
    states = {}
    for way, items in sent:
        before = state(storage)
        if way == "record":
            change = storage.recording.record(items).change
        elif way == "delete":
            change = storage.recording.delete(items).change
        else:
            change = storage.bulk_import.store([], items).change
        if change is not None:
            states[change] = before
    for change in sorted(states, reverse=True):
        storage.changes.undo(change, EVERYTHING)
        assert state(storage) == states[change]


class Claims:
    """The plain oracle: a period lasts until the latest end that a change wrote that is not undone."""

    def __init__(self) -> None:
        self.written: list[dict[tuple[str, int], int]] = []
        self.undone: dict[int, dict[tuple[str, int], int | None]] = {}  # what an undo itself wrote

    def rows(self) -> dict[tuple[str, int], int]:
        found: dict[tuple[str, int], int] = {}
        for number, ends in enumerate(self.written):
            if number not in self.undone:
                found |= {key: max(end, found.get(key, 0)) for key, end in ends.items()}
        return found

    def store(self, sent: list[ActivityPeriod]) -> None:
        ends: dict[tuple[str, int], int] = {}
        for period in sent:
            if period[2] > max(self.rows().get(period[:2], 0), ends.get(period[:2], 0)):
                ends[period[:2]] = period[2]
        self.written.append(ends)

    def undo(self, number: int) -> bool:
        """Undo, or undo the undo; tell whether that is possible."""
        before = self.rows()
        if (set_back := self.undone.get(number)) is not None:
            if any(before.get(key) != end for key, end in set_back.items()):
                return False
            del self.undone[number]
            return True
        own = [key for key, end in self.written[number].items() if before[key] == end]
        if own:
            self.undone[number] = {}
            self.undone[number] = {key: self.rows().get(key) for key in own}
        return bool(own)


sent_rows = st.lists(
    st.builds(
        lambda user, start, length: make_period(user, start * HOUR, (start + length) * HOUR),
        st.sampled_from("ab"),
        st.integers(0, 2),
        st.integers(1, 5),
    ),
    max_size=4,
)


@pytest.mark.slow
@settings(few_examples, max_examples=60)
@given(st.lists(sent_rows, min_size=2, max_size=4), st.lists(st.integers(0, 3), max_size=8))
def test_imports_taken_back_in_any_order_leave_the_ends_of_the_others(
    storage: Storage, sent: list[list[ActivityPeriod]], undone: list[int]
) -> None:
    start_over(storage)
    claims = Claims()
    numbers = [storage.bulk_import.store([], rows).change for rows in sent]
    for rows in sent:
        claims.store(rows)
    again: dict[int, int | None] = {}
    for place in undone:
        if place >= len(sent) or (number := again.get(place, numbers[place])) is None:
            continue
        if claims.undo(place):
            change = storage.changes.undo(number, EVERYTHING).change
            again[place] = change if place in claims.undone else numbers[place]
        else:
            with pytest.raises(ChangedSinceError):
                storage.changes.undo(number, EVERYTHING)
        assert {row[:2]: row[2] for row in all_rows(storage)} == claims.rows()


def test_a_change_of_several_users_outlives_the_deletion_of_one(storage: Storage) -> None:
    start_over(storage)
    imported = storage.bulk_import.store([], [make_period("a", 0, HOUR), make_period("b", 0, HOUR)])
    storage.heartbeats.record(ActivityPeriod("a", 9 * HOUR - SECOND, 9 * HOUR, 0, 0), SECOND)
    storage.users.delete("a")
    (entry,) = (entry for entry in storage.changes.newest(100, "b") if entry.action == "import")
    assert (entry.number, entry.user_ids, entry.added) == (imported.change, ["b"], 1)
    assert "heartbeat" not in {entry.action for entry in storage.changes.newest(100)}
    assert imported.change is not None
    storage.changes.undo(imported.change, EVERYTHING)
    assert all_rows(storage) == []
