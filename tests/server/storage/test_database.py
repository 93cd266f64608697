"""Connections and transactions on real databases: clean after every kind of failure."""

import logging
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from webtest import TestApp

from ftlserver.errors import ConfigError, DatabaseError
from ftlserver.storage import Storage, database
from ftlserver.storage.database import connect, describe, transaction
from ftlserver.web.app import create_app
from tests.helpers import ACTIVITY, EGON, in_threads


def bump(storage: Storage) -> None:
    with transaction(storage.database, write=True) as connection:
        name = connection.exec_driver_sql("SELECT real_name FROM users").scalar_one()
        connection.execute(sa.text("UPDATE users SET real_name = :name"), {"name": str(int(name) + 1)})


def test_a_failed_transaction_leaves_nothing_behind(storage: Storage) -> None:
    with pytest.raises(RuntimeError), transaction(storage.database, write=True) as connection:
        connection.exec_driver_sql("INSERT INTO users (id, real_name, tz) VALUES ('a', 'A', 'UTC')")
        raise RuntimeError
    assert storage.users.summaries() == []


def test_a_failing_statement_leaves_no_lock_and_no_broken_connection(storage: Storage) -> None:
    storage.users.add_new([EGON])
    for _ in range(20):  # more than there are connections
        with pytest.raises(sa.exc.IntegrityError), transaction(storage.database, write=True) as connection:
            connection.exec_driver_sql("INSERT INTO users (id, real_name, tz) VALUES ('W012A3CDE', 'A', 'UTC')")
        assert storage.users.find("W012A3CDE") == EGON
    assert in_threads(8, lambda: storage.check()) == []


def test_a_failing_commit_releases_a_clean_connection(sqlite_storage: Storage) -> None:
    with pytest.raises(sa.exc.IntegrityError), transaction(sqlite_storage.database, write=True) as connection:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        connection.exec_driver_sql(
            "INSERT INTO activity_periods (user_id, started_at, ended_at, start_offset, end_offset)"
            " VALUES ('unknown', 0, 1, 0, 0)"
        )
    sqlite_storage.users.add_new([EGON])
    assert in_threads(4, lambda: sqlite_storage.check()) == []


@pytest.mark.parametrize("wal", [True, False])
def test_concurrent_read_modify_write_loses_nothing(tmp_path: Path, wal: bool) -> None:
    db = connect(str(tmp_path / "x.sqlite3"), threads=8, wal=wal)
    storage = Storage(db)
    with transaction(db, write=True) as connection:
        connection.exec_driver_sql("INSERT INTO users (id, real_name, tz) VALUES ('a', '0', 'UTC')")
    failures = in_threads(8, lambda: [bump(storage) for _ in range(10)])
    with transaction(db) as connection:
        total = connection.exec_driver_sql("SELECT real_name FROM users").scalar_one()
    db.close()
    assert (failures, total) == ([], "80")


def test_more_threads_than_connections_all_get_their_turn(storage: Storage) -> None:
    assert in_threads(40, lambda: [storage.users.summaries() for _ in range(5)]) == []


def test_threads_that_ended_hold_no_connection(storage: Storage) -> None:
    in_threads(10, storage.users)
    assert storage.database.connections == {}
    assert storage.database.engine is not None
    assert storage.database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_foreign_keys_are_enforced(storage: Storage) -> None:
    with pytest.raises(sa.exc.IntegrityError), transaction(storage.database, write=True) as connection:
        connection.exec_driver_sql(
            "INSERT INTO activity_periods (user_id, started_at, ended_at, start_offset, end_offset)"
            " VALUES ('unknown', 0, 1, 0, 0)"
        )


def test_sqlite_is_set_to_survive_a_power_cut_and_to_erase_deleted_rows(sqlite_storage: Storage) -> None:
    with transaction(sqlite_storage.database) as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("synchronous", "foreign_keys", "secure_delete", "trusted_schema", "busy_timeout")
        }
    assert pragmas == {
        "synchronous": 2,
        "foreign_keys": 1,
        "secure_delete": 1,
        "trusted_schema": 0,
        "busy_timeout": 5000,
    }


@pytest.mark.parametrize(
    ("version", "sound"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 53, 0), True),
    ],
)
def test_wal_is_used_only_with_sqlite_versions_where_it_is_safe(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    version: tuple[int, int, int],
    sound: bool,
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
    monkeypatch.setattr(sqlite3, "sqlite_version", "{}.{}.{}".format(*version))
    caplog.set_level(logging.INFO, "ftlserver")
    db = connect(str(tmp_path / "x.sqlite3"))
    with transaction(db) as connection:
        mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()
    db.close()
    assert mode == ("wal" if sound else "delete")
    (line,) = (message for message in caplog.messages if message.startswith("database: "))
    reason = "" if sound else ", because this version can corrupt a write-ahead log"
    assert line == f"database: {db.name}, with SQLite {sqlite3.sqlite_version} and journal mode {mode}{reason}"


def switch(path: Path, mode: str) -> str:
    """Let another program set the journal mode; return what it is then."""
    code = "import sqlite3, sys; print(*sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchone())"
    command = [sys.executable, "-c", code, str(path), f"PRAGMA journal_mode={mode}"]
    return subprocess.run(command, capture_output=True, text=True).stdout.strip() or "locked"


@pytest.mark.slow
@pytest.mark.parametrize("wal", [False, True])
def test_another_program_may_switch_the_journal_mode_of_a_file_in_use(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, wal: bool
) -> None:
    path = tmp_path / "x.sqlite3"
    caplog.set_level(logging.INFO, "ftlserver")
    db = connect(str(path), threads=8, wal=wal)
    application = create_app(Storage(db))

    def use() -> None:
        app = TestApp(application)
        for number in range(3):
            app.put_json("/api/users/a", {"real_name": f"N{number}", "tz": "UTC"})
            assert app.get("/api/users/a").json["member"]["real_name"].startswith("N")
            assert app.post_json(ACTIVITY, {"id_list": ["a"]}).json["members"][0]["id"] == "a"
            assert app.get("/readyz").json == {"ok": True}

    assert in_threads(4, use) == []  # leaves idle connections
    found = []
    for modes in (["delete"], ["wal", "delete"], ["wal"], ["delete"]):
        found += [switch(path, mode) for mode in modes]
        assert in_threads(4, use) == []
    # No connection can leave the write-ahead log in SQLite while other connections use it.
    assert found == (
        ["locked", "wal", "locked", "wal", "locked"] if wal else ["delete", "wal", "delete", "wal", "locked"]
    )
    caplog.clear()
    with Storage.open(str(path)) as other:  # such as a command, or a worker that replaces another one
        other.check()
    assert "journal mode wal" in caplog.text
    use()
    db.close()


def test_only_the_owner_may_read_the_file(tmp_path: Path) -> None:
    connect(str(tmp_path / "x.sqlite3")).close()
    assert (tmp_path / "x.sqlite3").stat().st_mode & 0o777 == 0o600


@pytest.mark.slow
def test_a_lock_held_elsewhere_is_reported_as_database_busy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0)
    path = tmp_path / "x.sqlite3"
    with Storage.open(str(path)) as storage:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseError) as error:
            storage.check()
        other.execute("ROLLBACK")
        other.close()
        assert error.value.code == "database_busy"
        assert str(path) in str(error.value)
        storage.check()


def test_a_full_disk_stores_nothing_and_the_storage_recovers(sqlite_storage: Storage) -> None:
    with pytest.raises(DatabaseError) as error, transaction(sqlite_storage.database, write=True) as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=8")
        for number in range(1000):
            connection.exec_driver_sql(
                "INSERT INTO users (id, real_name, tz) VALUES (?, ?, 'UTC')", (f"{number}", "A" * 200)
            )
    assert error.value.code == "storage_full"
    assert sqlite_storage.users.summaries() == []
    with transaction(sqlite_storage.database) as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1000000")
    sqlite_storage.users.add_new([EGON])


@pytest.mark.parametrize("fault", ["delete", "replace"])
def test_a_file_that_was_moved_or_replaced_is_not_mistaken_for_an_empty_database(
    tmp_path: Path, fault: str
) -> None:
    path = tmp_path / "x.sqlite3"
    with Storage.open(str(path)) as storage:
        storage.users.add_new([EGON])
        moved = path.rename(tmp_path / "moved")
        if fault == "replace":
            path.write_bytes(b"")
        for ask in (storage.users.summaries, storage.check):
            with pytest.raises(DatabaseError) as error:
                ask()
            assert error.value.code == "database_unavailable"
        path.unlink(missing_ok=True)
        moved.rename(path)
        assert storage.users.find(EGON.id) == EGON


def test_a_file_that_is_not_a_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear reader, " * 100)
    with pytest.raises(DatabaseError) as error:
        connect(str(path))
    assert (error.value.code, error.value.database) == ("database_unavailable", str(path))
    assert path.read_text().startswith("Dear reader")


@pytest.mark.parametrize("ending", ["-journal", "-wal"])
def test_a_missing_file_whose_journal_is_there_is_not_mistaken_for_a_new_database(
    tmp_path: Path, ending: str
) -> None:
    """SQLite would apply the journal to the new file."""
    journal = tmp_path / f"x.sqlite3{ending}"
    journal.write_bytes(b"of the file that is missing")
    with pytest.raises(DatabaseError, match=f"the file is missing, but x.sqlite3{ending} is not") as error:
        connect(str(tmp_path / "x.sqlite3"))
    assert error.value.code == "database_unavailable"
    assert list(tmp_path.iterdir()) == [journal]


def test_an_empty_file_is_not_mistaken_for_a_new_database(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite3"
    path.touch()
    with pytest.raises(DatabaseError, match="the database file is empty; restore a backup, or delete") as error:
        connect(str(path))
    assert error.value.code == "database_unavailable"
    assert path.stat().st_size == 0


def test_a_link_to_a_missing_file_leads_to_the_new_database(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "x.sqlite3")
    connect(str(link)).close()
    assert link.is_symlink()
    assert (tmp_path / "x.sqlite3").stat().st_size > 0


def test_a_file_that_was_emptied_while_open_is_not_mistaken_for_an_empty_database(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite3"
    with Storage.open(str(path)) as storage:
        storage.users.add_new([EGON])
        os.truncate(path, 0)
        with pytest.raises(DatabaseError) as error:
            storage.users.summaries()
    assert error.value.code == "database_unavailable"


def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ConfigError, match="postgresql://127.0.0.1/x needs a driver"):
        connect("postgresql://127.0.0.1/x")


def test_a_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="cannot be opened"):
        connect(str(tmp_path))


@pytest.mark.parametrize(
    "url", ["mysql://x/y", "postgresql://[::1", "sqlite://", "sqlite:///:memory:", "http://x"]
)
def test_an_unsupported_url_is_refused(url: str) -> None:
    with pytest.raises(ConfigError):
        connect(url)


def test_a_server_that_is_down_is_reported_without_the_password() -> None:
    with pytest.raises(DatabaseError) as error:
        connect("postgres://ada:secret@127.0.0.1:9/team?password=secret&sslmode=disable")
    assert error.value.code == "database_unavailable"
    assert "postgresql://ada@127.0.0.1:9/team" in str(error.value)
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        (
            "postgres://ada:secret@db.example:5433/team?sslmode=require",
            "postgresql://ada@db.example:5433/team",
        ),
        ("postgresql:///team?host=/run/pg&password=secret", "postgresql:///run/pg/team"),
        ("sqlite:////var/lib/ftl.sqlite3", "/var/lib/ftl.sqlite3"),
        ("/var/lib/ftl.sqlite3", "/var/lib/ftl.sqlite3"),
    ],
)
def test_describe_names_a_database_without_its_password(url: str, name: str) -> None:
    assert describe(url) == name


def test_postgresql_is_never_left_idle_in_a_transaction(postgresql_storage: Storage) -> None:
    in_threads(4, postgresql_storage.users)
    with transaction(postgresql_storage.database) as connection:
        idle = connection.exec_driver_sql(
            "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%%' AND datname = current_database()"
        ).scalar_one()
    assert idle == 0
