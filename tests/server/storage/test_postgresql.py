"""A PostgreSQL server that takes what is sent and never answers: no request waits for it without an end."""

import time

import pytest
import sqlalchemy as sa
from webtest import TestApp

from ftlserver.errors import DatabaseError
from ftlserver.storage import Storage, database, postgresql
from ftlserver.storage.database import connect, transaction
from ftlserver.storage.idle_connections import fetch
from ftlserver.web.app import create_app
from tests.helpers import ABOUT_EGON, ACTIVITY, in_threads, stopped_postgresql, store_team


@pytest.mark.slow
def test_a_server_that_was_stopped_is_answered_503_and_used_again_when_it_continues(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 2)  # to connect
    answers: list[tuple[int, str]] = []

    def ask() -> None:
        app = TestApp(create_app(storage))
        responses = (
            app.post_json(ACTIVITY, ABOUT_EGON, expect_errors=True),  # on an idle connection
            app.post_json("/api/summary/", ABOUT_EGON, expect_errors=True),  # in a transaction
            app.put_json("/api/users/a", {"real_name": "A", "tz": "UTC"}, expect_errors=True),
        )
        answers.extend((response.status_int, response.json.get("error", "")) for response in responses)

    def answers_of_all() -> list[tuple[int, str]]:
        answers.clear()
        assert in_threads(8, ask) == []
        return answers

    with Storage.open(postgresql_url, threads=8) as storage:
        store_team(storage)
        assert answers_of_all() == [(200, "")] * 24  # leaves connections to wait on
        started = time.monotonic()
        with stopped_postgresql(postgresql_url), monkeypatch.context() as patch:
            patch.setattr(postgresql, "ANSWER_SECONDS", 0.5)
            assert answers_of_all() == [(503, "database_unavailable")] * 24
        assert time.monotonic() - started < 20  # threads connect at the same time
        assert answers_of_all() == [(200, "")] * 24


@pytest.mark.slow
def test_a_connection_without_an_answer_is_thrown_away(
    postgresql_url: str, postgresql_storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "ANSWER_SECONDS", 0.5)
    db = postgresql_storage.database
    assert fetch(db, sa.text("SELECT 1"), {}) == [(1,)]
    idle = db.idle_connections[0].driver_connection
    with (
        stopped_postgresql(postgresql_url),
        pytest.raises(DatabaseError, match=r"no answer within 0\.5 s") as error,
    ):
        fetch(db, sa.text("SELECT 2"), {})
    assert error.value.code == "database_unavailable"
    assert idle is not None
    assert idle.closed
    with pytest.raises(DatabaseError, match="no answer"), transaction(db) as connection:
        driver = connection.connection.driver_connection
        connection.exec_driver_sql("SELECT pg_sleep(5)")
    assert driver is not None
    assert driver.closed
    assert fetch(db, sa.text("SELECT 3"), {}) == [(3,)]


@pytest.mark.slow
def test_a_statement_within_the_limit_is_answered(
    postgresql_storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "ANSWER_SECONDS", 5.0)
    assert fetch(postgresql_storage.database, sa.text("SELECT 1 FROM pg_sleep(0.5)"), {}) == [(1,)]


@pytest.mark.slow
def test_a_server_that_was_stopped_is_not_waited_for_at_start(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 2)
    with stopped_postgresql(postgresql_url), pytest.raises(DatabaseError) as error:
        connect(postgresql_url)
    assert error.value.code == "database_unavailable"


def test_the_limit_is_longer_than_a_statement_may_take(postgresql_storage: Storage) -> None:
    with transaction(postgresql_storage.database) as connection:
        limit = connection.exec_driver_sql("SHOW statement_timeout").scalar_one()
    assert float(limit.removesuffix("s")) < postgresql.ANSWER_SECONDS


def test_tcp_ends_connections_to_a_machine_that_is_gone(postgresql_storage: Storage) -> None:
    with transaction(postgresql_storage.database) as connection:
        driver = connection.connection.driver_connection
        assert isinstance(driver, postgresql.Connection)
        options = driver.info.get_parameters()
    assert options["tcp_user_timeout"] == "20000"
    assert [options[f"keepalives_{name}"] for name in ("idle", "interval", "count")] == ["10", "5", "2"]
