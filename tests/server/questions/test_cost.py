"""What a question costs: its statements and their plans."""

import re

import pytest
import sqlalchemy as sa
from webtest import TestApp

from ftlserver.domain import instants
from ftlserver.domain.period import ActivityPeriod
from ftlserver.domain.user import User
from ftlserver.storage import Storage, packing
from ftlserver.storage.database import transaction
from ftlserver.storage.periods import Periods
from ftlserver.web.app import create_app
from tests.helpers import ask


def test_a_window_is_searched_by_primary_key_on_sqlite(sqlite_storage: Storage) -> None:
    with transaction(sqlite_storage.database) as connection:
        plan = connection.execute(
            sa.text("EXPLAIN QUERY PLAN " + Periods._WITHIN[packing.SPANS, "sqlite"].text),
            {"asked": '[["a",1,2,0,0]]', "most": 5},
        ).all()
    steps = [row[3] for row in plan]
    assert any(
        "SEARCH p USING PRIMARY KEY (user_id=? AND (started_at,ended_at)>(?,?) AND started_at<?)" in step
        for step in steps
    ), steps
    assert not any("SCAN p" in step or "SCAN activity_periods" in step for step in steps)


@pytest.mark.slow
def test_every_statement_is_searched_by_primary_key_on_postgresql(postgresql_storage: Storage) -> None:
    """With plans for the values given, and with the generic ones that PostgreSQL uses for repeated statements."""
    storage = postgresql_storage
    users = [User(f"u{n}", "U", "UTC") for n in range(50)]
    periods = [
        ActivityPeriod(user.id, at * instants.HOUR, at * instants.HOUR + 1, 0, 0)
        for user in users
        for at in range(1_000)
    ]
    storage.bulk_import.store(users, periods)
    asked = {
        "ids": ["u3", "u7"],
        "starts": [9 * instants.HOUR] * 2,
        "ends": [99 * instants.HOUR] * 2,
        "read_starts": [2 * instants.HOUR] * 2,
        "read_ends": [0] * 2,
        "most": 1_001,
        "at": 9 * instants.HOUR,
        "before": 99 * instants.HOUR,
        "after": 0,
    }
    statements = [
        packing.HISTORIES["postgresql"],
        *(text for (_, dialect), text in Periods._WITHIN.items() if dialect == "postgresql"),
        Periods._EXTENTS["postgresql"],
        Periods._LAST_START["postgresql"],
        Periods._AROUND["postgresql"],
        Periods._EXISTING["postgresql"],
    ]
    with storage.database.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        for mode in ("force_custom_plan", "force_generic_plan"):
            connection.exec_driver_sql(f"SET plan_cache_mode = {mode}")
            for statement in statements:
                rows = connection.execute(sa.text(f"EXPLAIN {statement.text}"), asked).scalars()
                plan = "\n".join(rows)
                assert re.search(r"Index.* (using|on) activity_periods_pkey", plan), plan
                assert "Seq Scan on activity_periods" not in plan


@pytest.mark.slow
def test_the_number_of_statements_does_not_depend_on_the_number_of_users(sqlite_storage: Storage) -> None:
    sqlite_storage.users.add_new([User(f"u{n}", "U", "UTC") for n in range(50)])
    app = TestApp(create_app(sqlite_storage))
    statements: list[str] = []
    assert sqlite_storage.database.engine is not None
    sqlite_storage.database.engine.dispose()
    sqlite_storage.database.idle_connections.clear()
    sa.event.listen(
        sqlite_storage.database.engine, "connect", lambda driver, _: driver.set_trace_callback(statements.append)
    )
    for ids in (["u1"], [f"u{n}" for n in range(50)]):
        for question, most in (
            ("summary", 3),
            ("overlap", 3),
            ("hours", 3),
            ("meeting", 3),
            ("presence", 4),
            ("loguseractivity", 1),
        ):
            statements.clear()
            ask(app, question, id_list=ids)
            asked = [s for s in statements if "SELECT" in s and "tokens" not in s and "migrations" not in s]
            assert len(asked) == most
