"""The tables, their generated columns and their migrations."""

import sqlite3
import subprocess
import sys
from datetime import date, time
from pathlib import Path

import pytest
import sqlalchemy as sa

from ftlserver.domain.period import ActivityPeriod
from ftlserver.errors import DatabaseError
from ftlserver.storage import Storage, schema
from ftlserver.storage.database import connect, transaction
from tests.helpers import EGON, at


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


def test_tables_of_another_application_are_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite3"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE users (name TEXT)")
    connection.commit()
    connection.close()
    with pytest.raises(DatabaseError) as error:
        connect(str(path))
    assert error.value.code == "database_unavailable"
    assert "users already exists" in str(error.value)
    assert str(path) in str(error.value)


def test_a_database_of_a_newer_version_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(tmp_path / "x.sqlite3")
    connect(path).close()
    monkeypatch.setattr(schema, "MIGRATIONS", [])
    with pytest.raises(DatabaseError, match="newer"):
        connect(path)


START = "import sys; from ftlserver.storage.database import connect; connect(sys.argv[1]).close()"


@pytest.mark.slow
def test_processes_that_start_together_create_the_tables_once(url: str) -> None:
    processes = [
        subprocess.Popen([sys.executable, "-c", START, url], stderr=subprocess.PIPE, text=True) for _ in range(6)
    ]
    errors = [process.communicate()[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * 6, errors
    db = connect(url)
    with transaction(db) as connection:
        assert schema.version(connection) == len(schema.MIGRATIONS)
    db.close()


def test_a_migration_that_fails_leaves_no_trace(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(connection: sa.Connection) -> None:
        connection.exec_driver_sql("CREATE TABLE half (x INTEGER)")
        raise RuntimeError

    connect(url).close()
    monkeypatch.setattr(schema, "MIGRATIONS", [*schema.MIGRATIONS, broken])
    with pytest.raises(RuntimeError):
        connect(url)
    monkeypatch.undo()
    db = connect(url)
    with transaction(db) as connection:
        assert not sa.inspect(connection).has_table("half")
    db.close()
