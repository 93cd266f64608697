"""Statements about users execute only the partitions of those users, as each would go to their shards only."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar

import psycopg
import pytest
import sqlalchemy as sa

import ftlserver.storage
from ftlserver.domain.instants import HOUR, MINUTE
from ftlserver.domain.intervals import Interval
from ftlserver.domain.period import ActivityPeriod
from ftlserver.domain.user import User
from ftlserver.storage import Storage, packing
from ftlserver.storage.packing import Packing
from tests.plans import Values, explain, nodes

pytestmark = pytest.mark.slow

USERS = [User(f"u{number}", "U", "UTC") for number in range(400)]
WINDOW = (5 * HOUR, 29 * HOUR)
Partitions = dict[str, set[str]]  # the numbers of partitions by table


def at_hour(user: User, hour: int, minutes: int = 30) -> ActivityPeriod:
    return ActivityPeriod(user.id, hour * HOUR, hour * HOUR + minutes * MINUTE, 0, 0)


def ids(users: Iterable[User]) -> list[str]:
    return [user.id for user in users]


def read(storage: Storage, users: list[User], edges: dict[str, Interval], packed: Packing[Any]) -> None:
    """Count and read what reaches into windows, as every question does."""
    for _, pages in storage.periods.read(packed, storage.periods.extents(users, edges)):
        list(pages)


def heartbeats(storage: Storage, users: list[User], hour: int, minute: int) -> None:
    for user in users:
        end = hour * HOUR + minute * MINUTE
        storage.heartbeats.record(ActivityPeriod(user.id, end - 1, end, 0, 0), 5 * MINUTE)


# What clients ask for and send all the time, about one user or several.
HOT: dict[str, Callable[[Storage, list[User]], object]] = {
    "main question": lambda storage, users: storage.periods.histories(ids(users), WINDOW, 10),
    "window": lambda storage, users: read(storage, users, dict.fromkeys(ids(users), WINDOW), packing.SPANS),
    "overlap": lambda storage, users: read(storage, users, dict.fromkeys(ids(users), WINDOW), packing.EDGES),
    "presence": lambda storage, users: read(
        storage, users, storage.periods.latest(users, 20 * HOUR), packing.SPANS
    ),
    "pages": lambda storage, users: [list(storage.periods.pages_of(user.id)) for user in users],
    "users by ids": lambda storage, users: storage.users.find_many(ids(users)),
    "user": lambda storage, users: [storage.users.get(user.id) for user in users],
    "change": lambda storage, users: [storage.users.change(user.id, {"real_name": "New"}) for user in users],
    "dry run": lambda storage, users: storage.recording.record([at_hour(u, 99) for u in users], dry_run=True),
    "record": lambda storage, users: storage.recording.record([at_hour(user, 99) for user in users]),
    "record amid many": lambda storage, users: storage.recording.record([at_hour(u, 0, 9_000) for u in users]),
    "record again": lambda storage, users: storage.recording.record([at_hour(user, 99) for user in users]),
    "delete": lambda storage, users: storage.recording.delete([at_hour(user, 99) for user in users]),
    "first heartbeat": lambda storage, users: heartbeats(storage, users, 99, 0),
    "next heartbeat": lambda storage, users: heartbeats(storage, users, 99, 4),
    "import": lambda storage, users: storage.bulk_import.store(users, [at_hour(user, 199) for user in users]),
    "delete user": lambda storage, users: [storage.users.delete(user.id) for user in users],
}


@pytest.fixture
def filled_url(partitioned_tables_url: str) -> str:
    """Give the URL of a database in partitions with 400 users of 40 periods each."""
    with Storage.open(partitioned_tables_url) as storage:
        storage.bulk_import.store(USERS, [at_hour(user, hour) for user in USERS for hour in range(40)])
        assert storage.database.engine is not None
        with storage.database.engine.connect() as connection:
            connection.exec_driver_sql("ANALYZE")
            connection.commit()
    return partitioned_tables_url


class ExplainingCursor(psycopg.Cursor[Any]):
    """Explains each statement about users and periods, and rolls that back, before it executes it."""

    explained: ClassVar[list[tuple[str, Partitions]]] = []

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        self._explain(query, params or {})
        return super().execute(query, params, **options)

    def executemany(self, query: Any, params_seq: Any, **options: Any) -> None:
        for params in params_seq:
            self._explain(query, params)
        super().executemany(query, params_seq, **options)

    def _explain(self, statement: str, values: Values) -> None:
        if re.search(r"\b(FROM|INTO|UPDATE) (users|activity_periods)\b", statement):
            with self.connection.transaction(force_rollback=True):
                plan = explain(self.connection, statement, values, analyze=True)
            self.explained.append((" ".join(statement.split()), executed(plan)))


def executed(plan: Any) -> Partitions:
    """Return the partitions that a plan executed, and those whose foreign keys it checked."""
    scanned = [node.get("Relation Name", "") for node in nodes(plan["Plan"]) if node["Actual Loops"]]
    return partitions([*scanned, *(trigger["Relation"] for trigger in plan["Triggers"] if trigger["Calls"])])


def partitions(relations: Iterable[str]) -> Partitions:
    """Return those of the names that are partitions."""
    found: Partitions = {}
    for table, _, number in (relation.rpartition("_") for relation in relations):
        if number.isdigit():
            found.setdefault(table, set()).add(number)
    return found


def shards(url: str, users: list[User]) -> set[str]:
    """Return the numbers of the partitions of users; those of their periods are the same."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT CAST(tableoid::regclass AS text) FROM users WHERE id = ANY(%s)", [ids(users)]
        )
        return partitions(name for (name,) in rows)["users"]


@pytest.mark.parametrize("count", [1, 10])
def test_every_hot_statement_executes_the_partitions_of_its_users_alone(filled_url: str, count: int) -> None:
    users = USERS[7 : 7 + count]
    own = shards(filled_url, users)
    assert len(own) <= count
    with Storage.open(filled_url) as storage:
        engine = storage.database.engine
        assert engine is not None
        engine.dispose()

        @sa.event.listens_for(engine, "connect")
        def watch(driver: Any, _: object) -> None:
            driver.cursor_factory = ExplainingCursor

        found: dict[str, set[str]] = {}
        beyond = []
        for name, work in HOT.items():
            ExplainingCursor.explained.clear()
            work(storage, users)
            for statement, by_table in ExplainingCursor.explained:
                for table, numbers in by_table.items():
                    found.setdefault(name, set()).update(numbers)
                    if not numbers <= own:
                        beyond.append((name, table, len(numbers), statement))
    assert beyond == []
    assert found == dict.fromkeys(HOT, own)


def test_what_a_plan_does_not_show_stays_on_the_partition_of_the_user(filled_url: str) -> None:
    """That are checks of foreign keys, the cascade, and where rows are inserted."""
    user = USERS[7]
    own = shards(filled_url, [user])
    touched: set[str] = set()
    with Storage.open(filled_url) as storage:
        assert storage.database.engine is not None

        @sa.event.listens_for(storage.database.engine, "commit")
        def collect(connection: sa.Connection) -> None:
            counts = "coalesce(seq_scan, 0) + coalesce(idx_scan, 0) + n_tup_ins + n_tup_upd + n_tup_del"
            statement = f"SELECT relname FROM pg_stat_xact_user_tables WHERE {counts} > 0"
            touched.update(connection.exec_driver_sql(statement).scalars())

        storage.recording.record([at_hour(user, 99)])
        assert partitions(touched) == {"users": own, "activity_periods": own}
        storage.users.delete(user.id)
        storage.users.put(user)
        heartbeats(storage, [user], 99, 0)
        heartbeats(storage, [user], 99, 4)
    assert partitions(touched) == {"users": own, "activity_periods": own}


def test_no_statement_reads_system_columns() -> None:
    """They are not the same in other engines, nor in a table in partitions."""
    for path in Path(ftlserver.storage.__file__).parent.glob("*.py"):
        assert not re.search(r"\b(xmin|xmax|cmin|cmax|ctid|tableoid|rowid)\b", path.read_text()), path
