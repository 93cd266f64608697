"""dataset's tables: their columns, concurrent writers, and a database that another version has changed."""

import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from webtest import TestApp

from ftlserver.domain.token import Token
from ftlserver.domain.user import USER_FIELDS, User
from ftlserver.errors import DatabaseError, UserNotFoundError
from ftlserver.storage import Storage, schema
from ftlserver.storage import tokens as tokens_module
from ftlserver.storage import users as users_module
from ftlserver.storage.database import transaction
from ftlserver.web.app import create_app
from tests.helpers import EGON, in_threads


def test_the_columns_are_the_fields(storage: Storage) -> None:
    """dataset silently drops the keys of a row that are not columns."""
    with transaction(storage.database):
        assert storage.users.table.columns == [*USER_FIELDS, "guessed", "left_at"]
        assert storage.tokens.table.columns == [
            *(
                "id",
                "name",
                "digest",
                "scopes",
                "user_ids",
                "created_at",
                "expires_at",
                "last_used_at",
                "revoked_at",
                "team_id",
                "view",
                "parent_id",
                "round_seconds",
            )
        ]
    assert tuple(Token.__slots__) == tokens_module._COLUMNS


def test_users_and_tokens_are_written_without_sql_text() -> None:
    for module in (users_module, tokens_module):
        source = Path(str(module.__file__)).read_text()
        for word in ("INSERT", "UPDATE ", "DELETE", "upsert", "insert_ignore"):
            assert word not in source.replace("FOR NO KEY UPDATE", ""), word


@pytest.mark.slow
def test_threads_that_add_the_same_new_users_concurrently_all_succeed(storage: Storage) -> None:
    """dataset's own upsert gives IntegrityErrors here."""
    users = [User(f"new{number}", "N", "UTC") for number in range(25)]

    def put() -> None:
        for user in users:
            storage.users.put(user)

    assert in_threads(6, put) == []
    assert [user.id for user in storage.users.all()] == sorted(user.id for user in users)


@pytest.mark.slow
def test_threads_that_roll_back_do_not_disturb_the_tables_of_others(storage: Storage) -> None:
    storage.users.add_new([EGON])

    def fail() -> None:
        for _ in range(20):
            with pytest.raises(RuntimeError), transaction(storage.database, write=True):
                storage.users.table.update({"id": EGON.id, "real_name": "X"}, ["id"])
                raise RuntimeError

    def read() -> None:
        for _ in range(60):
            assert storage.users.find(EGON.id) == EGON

    failures = in_threads(3, fail) + in_threads(3, read)
    assert failures == []


def add_column(storage: Storage) -> None:
    """Change the tables as another process of a newer version would."""
    with transaction(storage.database, write=True) as connection:
        connection.exec_driver_sql("ALTER TABLE users ADD COLUMN email TEXT")
        number = len(schema.MIGRATIONS)
        connection.exec_driver_sql(
            f"INSERT INTO migrations (number, name, applied_at) VALUES ({number}, 'add_email', 0)"
        )


def test_a_process_whose_tables_were_changed_by_another_version_answers_503(storage: Storage) -> None:
    app = TestApp(create_app(storage))
    storage.users.add_new([EGON])
    add_column(storage)
    with pytest.raises(DatabaseError, match="another version"):
        storage.users.put(User(EGON.id, "New name", "UTC"))
    storage.database.version_checked_at = time.monotonic() - 1.1  # a second later
    for response in (
        app.post_json("/api/loguseractivity/", {"id_list": [EGON.id]}, expect_errors=True),
        app.post_json("/api/summary/", {"id_list": [EGON.id]}, expect_errors=True),
        app.put_json(f"/api/users/{EGON.id}/", {"real_name": "N", "tz": "UTC"}, expect_errors=True),
        app.get("/readyz", expect_errors=True),
    ):
        assert (response.status_int, response.json["error"]) == (503, "database_unavailable")
    with storage.database.engine.connect() as connection:  # type: ignore[union-attr]
        assert connection.execute(sa.text("SELECT real_name FROM users")).scalar() == EGON.real_name


def test_no_statement_runs_while_a_thread_holds_the_lock_that_all_need(storage: Storage) -> None:
    """Otherwise threads wait for each other: one for this lock, one for SQLite's, one for a reader to end."""
    token = Token("12345678", "N", "0" * 64, ("read",), (EGON.id,), 0, None, None, None)
    held: list[str] = []

    def look(what: object) -> None:
        if storage.database.lock._is_owned():  # type: ignore[attr-defined]
            held.append(str(what))

    @sa.event.listens_for(storage.database.engine, "before_cursor_execute")
    def executes(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        look(statement)

    @sa.event.listens_for(storage.database.engine, "connect")
    def connects(*_: object) -> None:
        look("connect")

    def use() -> None:
        storage.users.put(EGON)
        storage.users.change(EGON.id, {"real_name": "E"})
        storage.tokens.add(token)
        storage.tokens.touch(token.id, 1)
        assert storage.tokens.all() == [storage.tokens.find(token.id)]
        assert [user.id for user in storage.users.page("", 9)] == [EGON.id]
        storage.users.delete(EGON.id)
        with pytest.raises(UserNotFoundError):
            storage.users.delete(EGON.id)
        storage.check()

    assert in_threads(1, use) == []
    assert held == []
