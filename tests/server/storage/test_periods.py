"""Reading periods, on both databases."""

import re

import pytest

from ftlserver.domain.period import ActivityPeriod
from ftlserver.domain.user import User
from ftlserver.storage import Storage, packing
from ftlserver.storage import periods as periods_module
from ftlserver.storage import users as users_module
from ftlserver.storage.heartbeats import Heartbeats
from ftlserver.storage.recording import Recording
from tests import plain
from tests.helpers import EGON, EVERYTHING, GLINDA, assignment_periods


def stored(storage: Storage, user_id: str) -> list[ActivityPeriod]:
    return [ActivityPeriod(user_id, *span) for page in storage.periods.pages_of(user_id) for span in page]


def test_histories_are_in_the_order_asked_with_at_most_so_many_periods(team: Storage) -> None:
    ids = ["W07QCRPA4", "unknown", "W012A3CDE"]
    assert [(user, len(minutes)) for user, minutes in team.periods.histories(ids, EVERYTHING, 5)] == [
        (GLINDA, 3),
        (EGON, 3),
    ]
    assert [(user, len(minutes)) for user, minutes in team.periods.histories(ids, EVERYTHING, 2)] == [
        (GLINDA, 2),
        (EGON, 2),
    ]
    assert plain.members(team, ids) == [(GLINDA, assignment_periods(GLINDA)), (EGON, assignment_periods(EGON))]


def test_periods_are_ordered_by_start_then_end(storage: Storage) -> None:
    periods = [ActivityPeriod(EGON.id, start, end, 0, 0) for start, end in ((5, 9), (1, 8), (5, 7), (1, 2))]
    storage.bulk_import.store([EGON], periods)
    assert storage.periods.histories([EGON.id], EVERYTHING, 9)[0][1] == [4096] * 4
    assert plain.members(storage, [EGON.id])[0][1] == sorted(periods)
    assert stored(storage, EGON.id) == sorted(periods)


def test_a_user_without_periods_has_none(storage: Storage) -> None:
    storage.users.add_new([EGON])
    assert storage.periods.histories([EGON.id], EVERYTHING, 9) == [(EGON, [])]
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
    monkeypatch.setattr(periods_module, "_PAGE", 3)
    monkeypatch.setattr(users_module, "_PAGE", 3)
    ids = sorted(["b", "B", "a-b", "a_b", "a.b", "a", "Z", "9", "+x"])
    storage.users.add_new([User(user_id, "X", "UTC") for user_id in reversed(ids)])
    assert [user.id for user in storage.users.all()] == ids
    periods = [ActivityPeriod("a", start, end, 0, 0) for start in range(4) for end in range(start + 1, start + 4)]
    storage.bulk_import.store([], periods)
    assert stored(storage, "a") == periods


def test_every_statement_about_periods_starts_from_user_ids() -> None:
    """Such a statement stays on one shard, should the data outgrow one machine (docs/scaling.md)."""
    texts = []
    for place in (packing, periods_module, periods_module.Periods, Recording, Heartbeats):
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
        "_AFTER",
        "_INSERT_ROWS",
        "_INSERT_ARRAYS",
        "_EXTEND",
        "_DELETE",
    } <= {name for name, _ in statements}
    across = {name for name, text in statements if not re.search(r"user_id\s*(=|,|\))|\(user_id", text)}
    assert across == set()
