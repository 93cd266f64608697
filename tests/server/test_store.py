"""Every query and every write, on both databases."""

import re
from collections.abc import Iterator
from datetime import date, time
from pathlib import Path

import pytest
import sqlalchemy as sa

from ftlserver import clock
from ftlserver import recorder as recorder_module
from ftlserver import statements as statements_module
from ftlserver import store as store_module
from ftlserver.database import connect, unit
from ftlserver.errors import UserExistsError, UserNotFoundError
from ftlserver.models import ActivityPeriod, User, UserSummary
from ftlserver.store import Recorded, Store
from tests import plain
from tests.conftest import EGON, GLINDA, all_rows, assignment_periods, at, in_threads


def test_the_assignments_columns_are_generated(team: Store) -> None:
    with unit(team.database) as connection:
        row = connection.execute(
            sa.text(
                "SELECT started_at, session_date, start_time, end_time FROM activity_periods"
                " WHERE user_id = 'W012A3CDE' ORDER BY started_at LIMIT 1"
            ).columns(session_date=sa.Date, start_time=sa.Time, end_time=sa.Time)
        ).one()
    assert tuple(row) == (at("2020-02-01T21:33:00Z"), date(2020, 2, 1), time(13, 33), time(13, 54))


@pytest.mark.parametrize(
    ("instant", "offset", "session_date", "start_time"),
    [
        ("1970-01-01T00:00:00.999999Z", -36000, date(1969, 12, 31), time(14, 0)),
        ("2026-10-25T00:30:00Z", 7200, date(2026, 10, 25), time(2, 30)),
        ("9999-12-29T23:59:59Z", 50400, date(9999, 12, 30), time(13, 59, 59)),
        ("1971-06-01T12:00:00Z", -2670, date(1971, 6, 1), time(11, 15, 30)),
    ],
)
def test_generated_columns_are_the_wall_clock(
    store: Store, instant: str, offset: int, session_date: date, start_time: time
) -> None:
    store.record([EGON], [ActivityPeriod(EGON.id, at(instant), at(instant) + 1, offset, offset)])
    with unit(store.database) as connection:
        row = connection.execute(
            sa.text("SELECT session_date, start_time FROM activity_periods").columns(
                session_date=sa.Date, start_time=sa.Time
            )
        ).one()
    assert tuple(row) == (session_date, start_time)


@pytest.mark.parametrize("values", ["-1, 5", "5, 5", "5, 4", "0, 604800000001"])
def test_the_tables_refuse_a_period_out_of_bounds(team: Store, values: str) -> None:
    with pytest.raises(sa.exc.IntegrityError), unit(team.database, write=True) as connection:
        connection.exec_driver_sql(
            "INSERT INTO activity_periods (user_id, started_at, ended_at, start_offset, end_offset)"
            f" VALUES ('W012A3CDE', {values}, 0, 0)"
        )


def test_members_come_in_the_order_asked_with_up_to_so_many_periods(team: Store) -> None:
    ids = ["W07QCRPA4", "nobody", "W012A3CDE"]
    assert [(user, len(minutes)) for user, minutes in team.minutes(ids, 5)] == [(GLINDA, 3), (EGON, 3)]
    assert [(user, len(minutes)) for user, minutes in team.minutes(ids, 2)] == [(GLINDA, 2), (EGON, 2)]
    assert plain.members(team, ids) == [(GLINDA, assignment_periods(GLINDA)), (EGON, assignment_periods(EGON))]


def test_periods_are_by_start_then_end(store: Store) -> None:
    periods = [ActivityPeriod(EGON.id, start, end, 0, 0) for start, end in ((5, 9), (1, 8), (5, 7), (1, 2))]
    store.record([EGON], periods)
    assert store.minutes([EGON.id], 9)[0][1] == [4096] * 4
    assert plain.members(store, [EGON.id])[0][1] == sorted(periods)
    assert list(store.periods(EGON.id)) == sorted(periods)


def test_a_user_without_periods_has_none(store: Store) -> None:
    store.add_users([EGON])
    assert store.minutes([EGON.id], 9) == [(EGON, [])]
    assert list(store.periods(EGON.id)) == []


@pytest.mark.parametrize("user_id", ["'; DROP TABLE users; --", "%", "_", '"', "{}", "[]", "\\", "a,b", '{"a"}'])
def test_an_odd_id_is_only_an_id(team: Store, user_id: str) -> None:
    assert team.minutes([user_id, "W012A3CDE"], 9)[0][0] == EGON
    assert team.find_user(user_id) is None


def test_thousands_of_ids_are_one_question(team: Store) -> None:
    assert len(team.minutes([f"u{number}" for number in range(70_000)] + ["W012A3CDE"], 9)) == 1


def test_recording_again_changes_nothing(store: Store) -> None:
    periods = assignment_periods(EGON)
    assert store.record([EGON], periods) == Recorded(users_added=1, periods_added=3)
    before = all_rows(store)
    assert store.record([EGON], periods) == Recorded(periods_known=3)
    assert store.add_periods(periods + periods) == 0
    assert all_rows(store) == before


def test_recording_a_changed_user_updates_them_and_not_their_history(team: Store) -> None:
    before = all_rows(team)
    moved = User(EGON.id, "Dr. Egon Spengler", "Europe/Berlin")
    assert team.record([moved], []) == Recorded(users_updated=1)
    assert team.find_user(EGON.id) == moved
    assert all_rows(team) == before


def test_of_many_periods_each_is_stored_once_and_counted(store: Store) -> None:
    for count in (1, 198, 199, 200, 398, 597, 1_000):
        periods = [ActivityPeriod(EGON.id, at, at + 1, 0, 0) for at in range(count)]
        before = len(all_rows(store))
        recorded = store.record([EGON], [*periods, *periods[: count // 2]])
        assert recorded.periods_added == count - before
        assert recorded.periods_known == count // 2 + before
        assert [row[1] for row in all_rows(store)] == list(range(count))


def test_a_dry_run_counts_and_stores_nothing(store: Store) -> None:
    assert store.record([EGON], assignment_periods(EGON), dry_run=True) == Recorded(users_added=1, periods_added=3)
    assert store.users() == []


def test_recording_is_all_or_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "_BATCH", 2)

    def periods() -> Iterator[ActivityPeriod]:
        yield from assignment_periods(EGON)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.record([EGON], periods())
    assert store.users() == []


def test_periods_of_nobody_are_refused_by_name(store: Store) -> None:
    with pytest.raises(UserNotFoundError, match='User "W07QCRPA4" not found !'):
        store.record([EGON], assignment_periods(EGON) + assignment_periods(GLINDA))
    assert store.users() == []


def test_users_are_added_all_or_none(store: Store) -> None:
    store.add_users([EGON])
    with pytest.raises(UserExistsError, match="W012A3CDE"):
        store.add_users([GLINDA, EGON])
    assert store.find_user(GLINDA.id) is None


def test_users_are_listed_with_what_is_known_of_them(team: Store) -> None:
    idle = User("AAA", "Nobody Special", "UTC")
    team.add_users([idle])
    assert team.users() == [
        UserSummary(idle, 0, None, 0),
        UserSummary(EGON, 3, at("2020-03-17T03:02:00Z"), -25200),
        UserSummary(GLINDA, 3, at("2020-03-16T14:32:00Z"), 19800),
    ]


def test_pages_hold_everything_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "_BATCH", 3)
    ids = sorted(["b", "B", "a-b", "a_b", "a.b", "a", "Z", "9", "+x"])
    store.add_users([User(user_id, "X", "UTC") for user_id in reversed(ids)])
    assert [user.id for user in store.all_users()] == ids
    periods = [ActivityPeriod("a", start, end, 0, 0) for start in range(4) for end in range(start + 1, start + 4)]
    store.add_periods(periods)
    assert list(store.periods("a")) == periods


def test_deleting_a_user_deletes_everything_about_them(team: Store) -> None:
    team.delete_user(EGON.id)
    assert [summary.user for summary in team.users()] == [GLINDA]
    assert {row[0] for row in all_rows(team)} == {GLINDA.id}
    with pytest.raises(UserNotFoundError):
        team.delete_user(EGON.id)


@pytest.mark.parametrize("wal", [True, False])
def test_a_deleted_user_is_gone_from_the_files(tmp_path: Path, wal: bool) -> None:
    db = connect(str(tmp_path / "x.sqlite3"), wal=wal)
    store = Store(db)
    ghost = User("canary-id", "Canary Name", "UTC")
    store.record(
        [ghost, EGON],
        [ActivityPeriod(ghost.id, hour * clock.HOUR, (hour + 1) * clock.HOUR, 0, 0) for hour in range(500)],
    )
    store.delete_user(ghost.id)
    traces = [path.name for path in tmp_path.iterdir() if b"anary" in path.read_bytes()]
    db.close()
    assert traces == []


def test_writers_at_once_lose_and_invent_nothing(team: Store) -> None:
    batches = [[ActivityPeriod(EGON.id, n * 100 + i, n * 100 + i + 1, 0, 0) for i in range(50)] for n in range(20)]
    added: list[int] = []
    failures = in_threads(8, lambda: [added.append(team.add_periods(batch)) for batch in batches])
    assert failures == []
    assert sum(added) == 1000
    assert len(all_rows(team)) == 1006


def test_every_statement_about_periods_stays_with_the_users_it_is_about() -> None:
    """So that each stays on one shard, should the data outgrow one machine (docs/scaling.md)."""
    texts = []
    for module in (statements_module, store_module, recorder_module):
        for name, value in vars(module).items():
            found = value.values() if isinstance(value, dict) else [value]
            texts += [
                (name, text) for each in found if "activity_periods" in (text := str(each)) and name.isupper()
            ]
    statements = [(name, text) for name, text in texts if re.search(r"\b(SELECT|INSERT|UPDATE|DELETE)\b", text)]
    assert {
        "MINUTES",
        "WITHIN",
        "LAST_START",
        "PERIODS_AFTER",
        "INSERT_MANY",
        "INSERT_ARRAYS",
        "_EXTEND",
        "_DELETE",
    } <= {name for name, _ in statements}
    across = {name for name, text in statements if not re.search(r"user_id\s*(=|,|\))|\(user_id", text)}
    assert across == set()
