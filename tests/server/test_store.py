"""Every query and every write, on both databases."""

import re
from collections.abc import Iterator
from datetime import date, time
from pathlib import Path

import pytest
import sqlalchemy as sa

from ftlserver.domain import instants
from ftlserver.domain.period import ActivityPeriod
from ftlserver.domain.user import User, UserSummary
from ftlserver.errors import UserExistsError, UserNotFoundError
from ftlserver.storage import Storage, bulk_import, packing
from ftlserver.storage import periods as periods_module
from ftlserver.storage import users as users_module
from ftlserver.storage.bulk_import import Imported
from ftlserver.storage.database import connect, transaction
from ftlserver.storage.heartbeats import Heartbeats
from ftlserver.storage.recording import Recording
from tests import plain
from tests.conftest import EGON, GLINDA, all_rows, assignment_periods, at, in_threads


def test_the_assignments_columns_are_generated(team: Storage) -> None:
    with transaction(team.database) as connection:
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
    storage: Storage, instant: str, offset: int, session_date: date, start_time: time
) -> None:
    storage.bulk_import.store([EGON], [ActivityPeriod(EGON.id, at(instant), at(instant) + 1, offset, offset)])
    with transaction(storage.database) as connection:
        row = connection.execute(
            sa.text("SELECT session_date, start_time FROM activity_periods").columns(
                session_date=sa.Date, start_time=sa.Time
            )
        ).one()
    assert tuple(row) == (session_date, start_time)


@pytest.mark.parametrize("values", ["-1, 5", "5, 5", "5, 4", "0, 604800000001"])
def test_the_tables_refuse_a_period_out_of_bounds(team: Storage, values: str) -> None:
    with pytest.raises(sa.exc.IntegrityError), transaction(team.database, write=True) as connection:
        connection.exec_driver_sql(
            "INSERT INTO activity_periods (user_id, started_at, ended_at, start_offset, end_offset)"
            f" VALUES ('W012A3CDE', {values}, 0, 0)"
        )


def test_members_come_in_the_order_asked_with_up_to_so_many_periods(team: Storage) -> None:
    ids = ["W07QCRPA4", "nobody", "W012A3CDE"]
    assert [(user, len(minutes)) for user, minutes in team.periods.histories(ids, 5)] == [(GLINDA, 3), (EGON, 3)]
    assert [(user, len(minutes)) for user, minutes in team.periods.histories(ids, 2)] == [(GLINDA, 2), (EGON, 2)]
    assert plain.members(team, ids) == [(GLINDA, assignment_periods(GLINDA)), (EGON, assignment_periods(EGON))]


def test_periods_are_by_start_then_end(storage: Storage) -> None:
    periods = [ActivityPeriod(EGON.id, start, end, 0, 0) for start, end in ((5, 9), (1, 8), (5, 7), (1, 2))]
    storage.bulk_import.store([EGON], periods)
    assert storage.periods.histories([EGON.id], 9)[0][1] == [4096] * 4
    assert plain.members(storage, [EGON.id])[0][1] == sorted(periods)
    assert list(storage.periods.all_of(EGON.id)) == sorted(periods)


def test_a_user_without_periods_has_none(storage: Storage) -> None:
    storage.users.add_new([EGON])
    assert storage.periods.histories([EGON.id], 9) == [(EGON, [])]
    assert list(storage.periods.all_of(EGON.id)) == []


@pytest.mark.parametrize("user_id", ["'; DROP TABLE users; --", "%", "_", '"', "{}", "[]", "\\", "a,b", '{"a"}'])
def test_an_odd_id_is_only_an_id(team: Storage, user_id: str) -> None:
    assert team.periods.histories([user_id, "W012A3CDE"], 9)[0][0] == EGON
    assert team.users.find(user_id) is None


def test_thousands_of_ids_are_one_question(team: Storage) -> None:
    assert len(team.periods.histories([f"u{number}" for number in range(70_000)] + ["W012A3CDE"], 9)) == 1


def test_recording_again_changes_nothing(storage: Storage) -> None:
    periods = assignment_periods(EGON)
    assert storage.bulk_import.store([EGON], periods) == Imported(users_added=1, periods_added=3)
    before = all_rows(storage)
    assert storage.bulk_import.store([EGON], periods) == Imported(periods_known=3)
    assert storage.bulk_import.store([], periods + periods).periods_added == 0
    assert all_rows(storage) == before


def test_recording_a_changed_user_updates_them_and_not_their_history(team: Storage) -> None:
    before = all_rows(team)
    moved = User(EGON.id, "Dr. Egon Spengler", "Europe/Berlin")
    assert team.bulk_import.store([moved], []) == Imported(users_updated=1)
    assert team.users.find(EGON.id) == moved
    assert all_rows(team) == before


def test_of_many_periods_each_is_stored_once_and_counted(storage: Storage) -> None:
    for count in (1, 198, 199, 200, 398, 597, 1_000):
        periods = [ActivityPeriod(EGON.id, at, at + 1, 0, 0) for at in range(count)]
        before = len(all_rows(storage))
        recorded = storage.bulk_import.store([EGON], [*periods, *periods[: count // 2]])
        assert recorded.periods_added == count - before
        assert recorded.periods_known == count // 2 + before
        assert [row[1] for row in all_rows(storage)] == list(range(count))


def test_a_dry_run_counts_and_stores_nothing(storage: Storage) -> None:
    assert storage.bulk_import.store([EGON], assignment_periods(EGON), dry_run=True) == Imported(
        users_added=1, periods_added=3
    )
    assert storage.users.summaries() == []


def test_recording_is_all_or_nothing(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_import, "_BATCH", 2)

    def periods() -> Iterator[ActivityPeriod]:
        yield from assignment_periods(EGON)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        storage.bulk_import.store([EGON], periods())
    assert storage.users.summaries() == []


def test_periods_of_nobody_are_refused_by_name(storage: Storage) -> None:
    with pytest.raises(UserNotFoundError, match='User "W07QCRPA4" not found !'):
        storage.bulk_import.store([EGON], assignment_periods(EGON) + assignment_periods(GLINDA))
    assert storage.users.summaries() == []


def test_users_are_added_all_or_none(storage: Storage) -> None:
    storage.users.add_new([EGON])
    with pytest.raises(UserExistsError, match="W012A3CDE"):
        storage.users.add_new([GLINDA, EGON])
    assert storage.users.find(GLINDA.id) is None


def test_users_are_listed_with_what_is_known_of_them(team: Storage) -> None:
    idle = User("AAA", "Nobody Special", "UTC")
    team.users.add_new([idle])
    assert team.users.summaries() == [
        UserSummary(idle, 0, None, 0),
        UserSummary(EGON, 3, at("2020-03-17T03:02:00Z"), -25200),
        UserSummary(GLINDA, 3, at("2020-03-16T14:32:00Z"), 19800),
    ]


def test_pages_hold_everything_once(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(periods_module, "_PAGE", 3)
    monkeypatch.setattr(users_module, "_PAGE", 3)
    ids = sorted(["b", "B", "a-b", "a_b", "a.b", "a", "Z", "9", "+x"])
    storage.users.add_new([User(user_id, "X", "UTC") for user_id in reversed(ids)])
    assert [user.id for user in storage.users.all()] == ids
    periods = [ActivityPeriod("a", start, end, 0, 0) for start in range(4) for end in range(start + 1, start + 4)]
    storage.bulk_import.store([], periods)
    assert list(storage.periods.all_of("a")) == periods


def test_deleting_a_user_deletes_everything_about_them(team: Storage) -> None:
    team.users.delete(EGON.id)
    assert [summary.user for summary in team.users.summaries()] == [GLINDA]
    assert {row[0] for row in all_rows(team)} == {GLINDA.id}
    with pytest.raises(UserNotFoundError):
        team.users.delete(EGON.id)


@pytest.mark.parametrize("wal", [True, False])
def test_a_deleted_user_is_gone_from_the_files(tmp_path: Path, wal: bool) -> None:
    db = connect(str(tmp_path / "x.sqlite3"), wal=wal)
    storage = Storage(db)
    ghost = User("canary-id", "Canary Name", "UTC")
    storage.bulk_import.store(
        [ghost, EGON],
        [ActivityPeriod(ghost.id, hour * instants.HOUR, (hour + 1) * instants.HOUR, 0, 0) for hour in range(500)],
    )
    storage.users.delete(ghost.id)
    traces = [path.name for path in tmp_path.iterdir() if b"anary" in path.read_bytes()]
    db.close()
    assert traces == []


def test_writers_at_once_lose_and_invent_nothing(team: Storage) -> None:
    batches = [[ActivityPeriod(EGON.id, n * 100 + i, n * 100 + i + 1, 0, 0) for i in range(50)] for n in range(20)]
    added: list[int] = []
    failures = in_threads(
        8, lambda: [added.append(team.bulk_import.store([], batch).periods_added) for batch in batches]
    )
    assert failures == []
    assert sum(added) == 1000
    assert len(all_rows(team)) == 1006


def test_every_statement_about_periods_stays_with_the_users_it_is_about() -> None:
    """So that each stays on one shard, should the data outgrow one machine (docs/scaling.md)."""
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
