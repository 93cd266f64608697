"""The tables, their generated columns and their migrations."""

import os
import subprocess
import sys
import time
from datetime import date
from datetime import time as wall_time
from pathlib import Path

import pytest
import sqlalchemy as sa
from webtest import TestApp

from ftlserver.domain.instants import HOUR
from ftlserver.domain.period import ActivityPeriod
from ftlserver.errors import DatabaseError
from ftlserver.storage import Storage, period_writes, schema
from ftlserver.storage.database import connect, transaction
from ftlserver.web.app import create_app
from tests.helpers import EGON, all_rows, at, in_threads, query, run_on_postgresql


def test_the_assignments_columns_are_generated(team: Storage) -> None:
    with transaction(team.database) as connection:
        row = connection.execute(
            sa.text(
                "SELECT started_at, session_date, start_time, end_time FROM activity_periods"
                " WHERE user_id = 'W012A3CDE' ORDER BY started_at LIMIT 1"
            ).columns(session_date=sa.Date, start_time=sa.Time, end_time=sa.Time)
        ).one()
    assert tuple(row) == (at("2020-02-01T21:33:00Z"), date(2020, 2, 1), wall_time(13, 33), wall_time(13, 54))


@pytest.mark.parametrize(
    ("instant", "offset", "session_date", "start_time"),
    [
        ("1970-01-01T00:00:00.999999Z", -36000, date(1969, 12, 31), wall_time(14, 0)),
        ("2026-10-25T00:30:00Z", 7200, date(2026, 10, 25), wall_time(2, 30)),
        ("9999-12-29T23:59:59Z", 50400, date(9999, 12, 30), wall_time(13, 59, 59)),
        ("1971-06-01T12:00:00Z", -2670, date(1971, 6, 1), wall_time(11, 15, 30)),
    ],
)
def test_generated_columns_are_the_wall_clock(
    storage: Storage, instant: str, offset: int, session_date: date, start_time: wall_time
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


def test_tables_of_another_application_are_refused_by_name(postgresql_url: str) -> None:
    run_on_postgresql(postgresql_url, "CREATE TABLE users (name TEXT)")
    with pytest.raises(DatabaseError) as error:
        connect(postgresql_url)
    assert error.value.code == "database_unavailable"
    assert 'relation "users" already exists' in str(error.value)


@pytest.mark.parametrize("statement", ["CREATE TABLE users (name TEXT)", "PRAGMA user_version=1"])
def test_a_file_of_another_application_is_refused(tmp_path: Path, statement: str) -> None:
    path = tmp_path / "other.sqlite3"
    query(path, statement)
    before = path.read_bytes()
    with pytest.raises(DatabaseError, match="no database of ftlserver") as error:
        connect(str(path))
    assert (error.value.code, error.value.database) == ("database_unavailable", str(path))
    assert path.read_bytes() == before


def drop_table(url: str, table: str) -> None:
    """Drop a table as another program would."""
    if url.startswith("postgresql"):
        run_on_postgresql(url, f"DROP TABLE {table} CASCADE")
    else:
        query(Path(url), f"DROP TABLE {table}")


@pytest.mark.parametrize("table", ["users", "teams", "activity_periods", "changes", "tokens"])
def test_a_database_that_lost_a_table_is_refused(url: str, table: str) -> None:
    connect(url).close()
    drop_table(url, table)
    with pytest.raises(DatabaseError, match=f"the table {table} is missing; restore a backup") as error:
        connect(url)
    assert error.value.code == "database_unavailable"


def test_a_database_that_lost_a_table_is_not_migrated(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def add_table(connection: sa.Connection) -> None:
        connection.exec_driver_sql("CREATE TABLE more (x INTEGER)")

    with Storage.open(url) as storage:
        drop_table(url, "activity_periods")
        monkeypatch.setattr(schema, "MIGRATIONS", [*schema.MIGRATIONS, add_table])
        with pytest.raises(DatabaseError, match="activity_periods is missing"):
            connect(url)
        with transaction(storage.database) as connection:
            assert not sa.inspect(connection).has_table("more")


def test_a_database_that_lost_the_record_of_its_migrations_is_refused(url: str) -> None:
    connect(url).close()
    drop_table(url, "migrations")
    with pytest.raises(DatabaseError, match=r"lost its tables|already exists") as error:
        connect(url)
    assert error.value.code == "database_unavailable"


@pytest.mark.parametrize("table", ["users", "activity_periods", "tokens", "migrations"])
def test_a_table_that_is_dropped_under_a_running_server_is_answered_503(
    team: Storage, tables_url: str, table: str
) -> None:
    """dataset takes a table that is missing for an empty one, unless it has read it before."""
    app = TestApp(create_app(team))
    routes = {
        "users": ["/api/users/", "/api/users/W012A3CDE/", "/api/loguseractivity/?id=W012A3CDE", "/readyz"],
        "activity_periods": ["/api/loguseractivity/?id=W012A3CDE", "/api/export/", "/readyz"],
        "tokens": ["/api/users/", "/readyz"],
        "migrations": ["/api/users/", "/readyz"],
    }
    drop_table(tables_url, table)
    team.database.version_checked_at = time.monotonic() - 1.1  # a second later
    answers: list[tuple[int, str]] = []

    def ask() -> None:
        for path in routes[table]:
            response = app.get(path, expect_errors=True)
            answers.append((response.status_int, response.json["error"]))

    ask()
    assert in_threads(1, ask) == []
    assert set(answers) == {(503, "database_unavailable")}
    if table == "tokens":
        with pytest.raises(DatabaseError, match="tokens"):
            team.tokens.all()


def test_a_database_of_a_newer_version_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(tmp_path / "x.sqlite3")
    connect(path).close()
    monkeypatch.setattr(schema, "MIGRATIONS", [])
    with pytest.raises(DatabaseError, match="newer"):
        connect(path)


START = "import sys; from ftlserver.storage.database import connect; connect(sys.argv[1]).close()"


@pytest.mark.slow
def test_processes_that_start_together_create_the_tables_once(url: str, tmp_path: Path) -> None:
    processes = [
        subprocess.Popen([sys.executable, "-c", START, url], stderr=subprocess.PIPE, text=True) for _ in range(6)
    ]
    errors = [process.communicate()[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * 6, errors
    db = connect(url)
    with transaction(db) as connection:
        assert schema.version(connection) == len(schema.MIGRATIONS)
    db.close()
    assert list(tmp_path.glob("*.part")) == []


CRASH = """
import os, sys
from ftlserver.storage import schema
from ftlserver.storage.database import connect
schema.MIGRATIONS[1] = lambda connection: os._exit(9)
connect(sys.argv[1])
"""


@pytest.mark.slow
def test_a_crash_while_a_new_database_is_made_leaves_no_file_without_tables(tmp_path: Path) -> None:
    path = tmp_path / "ftl.sqlite3"
    assert subprocess.run([sys.executable, "-c", CRASH, str(path)], stderr=subprocess.DEVNULL).returncode == 9
    assert not path.exists()
    connect(str(path)).close()


def test_a_new_database_that_cannot_be_made_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(connection: sa.Connection) -> None:
        raise RuntimeError

    monkeypatch.setattr(schema, "MIGRATIONS", [*schema.MIGRATIONS, broken])
    with pytest.raises(RuntimeError):
        connect(str(tmp_path / "ftl.sqlite3"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("has_links", [True, False])
def test_a_new_database_does_not_replace_one_that_was_made_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_links: bool
) -> None:
    path = tmp_path / "ftl.sqlite3"

    def make_another(source: str, target: Path) -> None:
        monkeypatch.undo()
        with Storage.open(str(path)) as other:
            other.users.add_new([EGON])
        if has_links:
            os.link(source, target)
        raise PermissionError

    monkeypatch.setattr(os, "link", make_another)
    with Storage.open(str(path)) as storage:
        assert storage.users.find(EGON.id) == EGON
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_database_needs_no_file_system_with_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", refuse)
    with Storage.open(str(tmp_path / "ftl.sqlite3")) as storage:
        storage.check()
    assert list(tmp_path.iterdir()) == [tmp_path / "ftl.sqlite3"]


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


@pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)
def test_periods_with_the_same_start_become_one_with_the_latest_end(
    url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [
        *("('a', 0, 5, 60, 120)", "('a', 0, 9, 60, 180)", "('a', 0, 7, 60, 240)", "('a', 3, 4, 0, 0)"),
        *("('b', 0, 5, 0, 0)", f"('b', 9, {9 + 5 * HOUR}, 0, 0)", f"('b', 9, {9 + 6 * HOUR}, 0, 300)"),
    ]
    monkeypatch.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:4])
    monkeypatch.setattr(schema, "TABLES", schema.TABLES[:-2] + schema.TABLES[-1:])
    with Storage.open(url) as storage:
        with transaction(storage.database, write=True) as connection:
            connection.exec_driver_sql(
                "INSERT INTO users (id, real_name, tz) VALUES ('a', 'A', 'UTC'), ('b', 'B', 'UTC')"
            )
            connection.exec_driver_sql(
                "INSERT INTO activity_periods (user_id, started_at, ended_at, start_offset, end_offset)"
                f" VALUES {', '.join(rows)}"
            )
    monkeypatch.undo()
    with Storage.open(url) as storage:
        assert [row[:5] for row in all_rows(storage)] == [
            ("a", 0, 9, 60, 180),
            ("a", 3, 4, 0, 0),
            ("b", 0, 5, 0, 0),
            ("b", 9, 9 + 6 * HOUR, 0, 300),
        ]
        assert "periods with the same start are one now, with the latest end: 3 fewer" in caplog.text
        with pytest.raises(sa.exc.IntegrityError), transaction(storage.database, write=True) as connection:
            period_writes.insert(connection, [("a", 0, 1, 0, 0)])
        storage.users.delete("a")
        assert {row[0] for row in all_rows(storage)} == {"b"}
