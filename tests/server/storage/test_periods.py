"""Reading periods, on both databases."""

import json
import re
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftlserver.domain import instants
from ftlserver.domain.intervals import Interval
from ftlserver.domain.period import ActivityPeriod
from ftlserver.domain.user import User
from ftlserver.storage import Storage, packing, period_writes
from ftlserver.storage import periods as periods_module
from ftlserver.storage import users as users_module
from ftlserver.storage.database import transaction
from ftlserver.storage.heartbeats import Heartbeats
from ftlserver.storage.recording import Recording
from tests import plain
from tests.helpers import EGON, EVERYTHING, GLINDA, assignment_periods, few_examples, start_over


def stored(storage: Storage, user_id: str) -> list[ActivityPeriod]:
    return [ActivityPeriod(user_id, *span) for page in storage.periods.pages_of(user_id) for span in page]


def test_histories_are_in_the_order_asked_with_at_most_so_many_periods(team: Storage) -> None:
    ids = ["W07QCRPA4", "unknown", "W012A3CDE"]
    assert [(user, json.loads(shown or b"")) for user, shown in team.periods.histories(ids, EVERYTHING, 3)] == [
        (user, [period.to_json("display") for period in assignment_periods(user)]) for user in (GLINDA, EGON)
    ]
    assert team.periods.histories(ids, EVERYTHING, 2) == [(GLINDA, None), (EGON, None)]
    assert plain.members(team, ids) == [(GLINDA, assignment_periods(GLINDA)), (EGON, assignment_periods(EGON))]


def test_periods_are_ordered_by_start(storage: Storage) -> None:
    periods = [ActivityPeriod(EGON.id, start, end, 0, 0) for start, end in ((5, 9), (1, 8), (4, 7), (2, 3))]
    storage.bulk_import.store([EGON], periods)
    assert stored(storage, EGON.id) == sorted(periods)
    assert plain.members(storage, [EGON.id])[0][1] == sorted(periods)


def test_a_user_without_periods_has_none(storage: Storage) -> None:
    storage.users.add_new([EGON])
    assert storage.periods.histories([EGON.id], EVERYTHING, 9) == [(EGON, b"[]")]
    assert stored(storage, EGON.id) == []


@pytest.mark.parametrize("user_id", ["'; DROP TABLE users; --", "%", "_", '"', "{}", "[]", "\\", "a,b", '{"a"}'])
def test_an_id_is_never_read_as_sql_or_as_a_pattern(team: Storage, user_id: str) -> None:
    assert team.periods.histories([user_id, "W012A3CDE"], EVERYTHING, 9)[0][0] == EGON
    assert team.users.find(user_id) is None


def test_thousands_of_ids_can_be_asked_about_in_one_statement(team: Storage) -> None:
    assert (
        len(team.periods.histories([f"u{number}" for number in range(70_000)] + ["W012A3CDE"], EVERYTHING, 9)) == 1
    )


def test_paging_returns_every_user_and_period_once(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(periods_module, "PAGE", 3)
    monkeypatch.setattr(users_module, "_PAGE", 3)
    ids = sorted(["b", "B", "a-b", "a_b", "a.b", "a", "Z", "9", "+x"])
    storage.users.add_new([User(user_id, "X", "UTC") for user_id in reversed(ids)])
    assert [user.id for user in storage.users.all()] == ids
    periods = [ActivityPeriod("a", start, end, 0, 0) for start in range(12) for end in [start + start % 3 + 1]]
    storage.bulk_import.store([], periods)
    assert stored(storage, "a") == periods


spans = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 30)), max_size=8, unique_by=lambda span: span[0])


@pytest.mark.slow
@few_examples
@given(spans, spans, st.integers(0, 60), st.integers(1, 40), st.integers(1, 4))
def test_what_a_question_reads_is_what_reaches_into_the_windows(
    storage: Storage, first: list[Interval], second: list[Interval], start: int, length: int, page: int
) -> None:
    """In units of six hours, so that periods are short and long, and some begin 7 days before the window."""
    start_over(storage)
    unit = 6 * instants.HOUR
    users = [User("a", "A", "UTC"), User("b", "B", "UTC"), User("c", "C", "UTC")]
    stored = {
        user_id: sorted((at * unit, (at + min(units, 28)) * unit - 1, 0, 3600) for at, units in found)
        for user_id, found in (("a", first), ("b", second), ("c", []))
    }
    rows = [(user_id, *span) for user_id, found in stored.items() for span in found]
    storage.bulk_import.store(users, rows)
    window = (start * unit, (start + length) * unit)
    expected = {
        user_id: [span for span in dict.fromkeys(found) if span[0] < window[1] and span[1] > window[0]]
        for user_id, found in stored.items()
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(periods_module, "PAGE", page)
        patch.setattr(periods_module, "_ROWS_AT_ONCE", 2)
        extents = list(storage.periods.extents(users, dict.fromkeys(stored, window)))
        assert [(e.user.id, e.window, e.periods, e.first_start) for e in extents] == [
            (user_id, window, len(found), found[0][0] if found else None) for user_id, found in expected.items()
        ]
        for packed in (packing.SPANS, packing.EDGES):
            read = [
                (e.user.id, list(chain.from_iterable(pages))) for e, pages in storage.periods.read(packed, extents)
            ]
            whole = packed is packing.SPANS
            assert read == [
                (user_id, found if whole else list(chain.from_iterable(span[:2] for span in found)))
                for user_id, found in expected.items()
            ]
    windows = [(user_id, *window) for user_id in stored]
    with transaction(storage.database) as connection:
        assert storage.periods.around(connection, windows) == list(expected.values())
        assert storage.periods.around(connection, windows, 1) == [found[:1] for found in expected.values()]
        keys = [row[:3] for row in rows] + [("a", 1, 2)]
        assert sorted(storage.periods.existing(connection, keys)) == sorted(rows)


def test_every_statement_about_periods_starts_from_user_ids() -> None:
    """Such a statement stays on one shard, should the data outgrow one machine (docs/scaling.md)."""
    texts = []
    for place in (packing, period_writes, periods_module, periods_module.Periods, Recording, Heartbeats):
        for name, value in vars(place).items():
            found = value.values() if isinstance(value, dict) else [value]
            texts += [
                (name, text) for each in found if "activity_periods" in (text := str(each)) and name.isupper()
            ]
    statements = [(name, text) for name, text in texts if re.search(r"\b(SELECT|INSERT|UPDATE|DELETE)\b", text)]
    assert {
        "HISTORIES",
        "_WITHIN",
        "_LAST_START",
        "_EXTENTS",
        "_AROUND",
        "_EXISTING",
        "_INSERT_ROWS",
        "_INSERT_ARRAYS",
        "_SET_ENDS",
        "_SET_ENDS_ARRAYS",
        "_DELETE",
        "_DELETE_ARRAYS",
    } <= {name for name, _ in statements}
    across = {name for name, text in statements if not re.search(r"user_id\s*(=|,|\))|\(user_id", text)}
    assert across == set()
