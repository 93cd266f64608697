"""What a question costs: its statements and their plans."""

from typing import Any

import pytest
import sqlalchemy as sa
from webtest import TestApp

from ftlserver.domain.instants import HOUR, SECOND
from ftlserver.domain.period import ActivityPeriod
from ftlserver.domain.user import User
from ftlserver.storage import Storage, packing
from ftlserver.storage.database import transaction
from ftlserver.storage.periods import Periods
from ftlserver.storage.users import Users
from ftlserver.web.app import create_app
from tests.helpers import ask
from tests.plans import explain, nodes


def test_a_window_is_searched_by_primary_key_on_sqlite(sqlite_storage: Storage) -> None:
    with transaction(sqlite_storage.database) as connection:
        plan = connection.execute(
            sa.text("EXPLAIN QUERY PLAN " + Periods._WITHIN[packing.SPANS, "sqlite"].text),
            {"asked": '[["a",1,2,0]]', "most": 5},
        ).all()
    steps = [row[3] for row in plan]
    assert any(
        "SEARCH p USING PRIMARY KEY (user_id=? AND started_at>? AND started_at<?)" in step for step in steps
    ), steps
    assert not any("SCAN p" in step or "SCAN activity_periods" in step for step in steps)


A_PAGE_ON_POSTGRESQL = [
    packing.HISTORIES["postgresql"],
    *(text for (_, dialect), text in Periods._WITHIN.items() if dialect == "postgresql"),
    Periods._LAST_START["postgresql"],
    Periods._AROUND["postgresql"],
    Periods._EXISTING["postgresql"],
    Users._FIND_MANY["postgresql"],
]


def scans(storage: Storage, statements: list[sa.TextClause], user_id: str) -> list[dict[str, Any]]:
    """Return the scans of users and periods by statements about an hour of a user, on a connection of the storage."""
    values = {"ids": [user_id], "starts": [0], "ends": [HOUR], "read_starts": [-1]}
    values |= {"after": 0, "before": HOUR, "at": HOUR, "most": 1_001}
    found = []
    engine = storage.database.engine
    assert engine is not None
    with engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        driver: Any = connection.connection.driver_connection
        for statement in statements:
            used = {name: values[name] for name in statement._bindparams}
            plan = explain(driver, str(statement.compile(dialect=engine.dialect)), used, analyze=True)["Plan"]
            found += [node for node in nodes(plan) if node.get("Relation Name") in ("users", "activity_periods")]
    return found


@pytest.mark.slow
def test_every_statement_is_searched_by_primary_key_on_postgresql(postgresql_storage: Storage) -> None:
    """From the first row on: PostgreSQL keeps plans that it made while a table was small."""
    users = [User(f"u{n}", "U", "UTC") for n in range(50)]
    for count in (1, 1_000):
        postgresql_storage.bulk_import.store(
            users, [ActivityPeriod(user.id, at, at + 1, 0, 0) for user in users for at in range(count)]
        )
        whole = [Periods._EXTENTS["postgresql"], Periods._OFFSETS["postgresql"]]
        found = scans(postgresql_storage, [*A_PAGE_ON_POSTGRESQL, *whole], "u7")
        assert {node["Node Type"] for node in found} == {"Index Scan", "Index Only Scan"}


@pytest.mark.slow
def test_a_page_of_a_long_history_is_read_without_its_rest_on_postgresql(postgresql_storage: Storage) -> None:
    """Among many short ones, whose periods are stored in turn, as they are recorded."""
    users = [User(f"u{n}", "U", "UTC") for n in range(200)]
    in_turn = [*users, *[users[7]] * 100]
    postgresql_storage.bulk_import.store(
        users,
        [
            ActivityPeriod(user.id, at * SECOND + index, at * SECOND + index + 1, 0, 0)
            for at in range(100)
            for index, user in enumerate(in_turn)
        ],
    )
    found = scans(postgresql_storage, A_PAGE_ON_POSTGRESQL, "u7")
    assert max(node["Actual Rows"] for node in found) == 1_001


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
            ("coverage", 3),
            ("rest", 3),
            ("hours", 3),
            ("meeting", 3),
            ("presence", 4),
            ("loguseractivity", 1),
        ):
            statements.clear()
            ask(app, question, id_list=ids)
            asked = [s for s in statements if "SELECT" in s and "tokens" not in s and "migrations" not in s]
            assert len(asked) == most
