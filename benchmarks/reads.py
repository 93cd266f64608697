"""Compare reads on SQLite, on PostgreSQL, and there in 32 partitions: ``python -m benchmarks.reads``.

The first table holds PostgreSQL to 1.1 times what SQLite takes, plus 0.3 ms. The second takes the reading of a
week apart, and reckons what it would take on eight machines. Each figure is the lower quartile of alternating
rounds, in ms: whatever else runs on the machine slows two processes more than one.
"""

import statistics
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from benchmarks import data
from benchmarks.measuring import seconds
from benchmarks.tiers import Partitioned, PostgreSQL, SQLite, Tier, postgresql
from ftlserver.domain import instants
from ftlserver.domain.intervals import Interval
from ftlserver.domain.user import User
from ftlserver.storage import Storage, packing
from ftlserver.storage.periods import PAGE, Periods, batches
from tests.plans import explain

TEAM = data.users(1_000)
FEW = data.users(50)
EVERYTHING = (0, instants.END_OF_TIME)
WEEK = (data.START + data.DAY, data.START + 8 * data.DAY)
MONTH = (data.START + 59 * data.DAY, data.START + 89 * data.DAY)
MACHINES = 8
ROUND_TRIP = 0.5  # ms between two machines: an assumption

Read = Callable[[Storage], object]


def ids(users: Iterable[User]) -> list[str]:
    """Return the ids of users."""
    return [user.id for user in users]


def histories(storage: Storage, users: Sequence[User], window: Interval = EVERYTHING) -> None:
    """Read as the assignment's question does, 50 users at once."""
    for batch in batches(users, 50):
        storage.periods.histories(ids(batch), window, PAGE)


def spans(storage: Storage, users: Sequence[User], window: Interval) -> None:
    """Read users and their spans within a window, as the other questions do."""
    found = storage.users.find_many(ids(users))
    _read(storage, found, dict.fromkeys(ids(found), window))


def presence(storage: Storage, users: Sequence[User]) -> None:
    """Read what the presence of users is told from."""
    found = storage.users.find_many(ids(users))
    _read(storage, found, storage.periods.latest(found, WEEK[1]))


def _read(storage: Storage, users: Sequence[User], edges: dict[str, Interval]) -> None:
    extents = list(storage.periods.extents(users, edges))
    for _, pages in storage.periods.read(packing.SPANS, extents):
        list(pages)


# 1,000 users with 100 periods each.
OF_A_TEAM: dict[str, Read] = {
    "a token": lambda storage: storage.tokens.find("unknown"),
    "2 ids x 100 periods": lambda storage: histories(storage, TEAM[:2]),
    "100 ids x 100 periods": lambda storage: histories(storage, TEAM[:100]),
    "a week of 100 ids, for display": lambda storage: histories(storage, TEAM[:100], WEEK),
    "a week of 1 id": lambda storage: spans(storage, TEAM[:1], WEEK),
    "a week of 100 ids": lambda storage: spans(storage, TEAM[:100], WEEK),
    "the presence of 100 ids": lambda storage: presence(storage, TEAM[:100]),
}
# 50 users with 67 periods on each of 90 days.
OF_LONG_HISTORIES: dict[str, Read] = {"a month of 50 ids": lambda storage: spans(storage, FEW, MONTH)}


def main() -> None:
    """Print both tables."""
    with tempfile.TemporaryDirectory() as name, postgresql(Path(name)) as url, ExitStack() as opened:

        def storages(tier: Tier, kind: str) -> tuple[Storage, Storage]:
            team = tier.make(f"team_{kind}", TEAM, data.even_rows(TEAM, 100, 2 * instants.HOUR))
            long = tier.make(f"long_{kind}", FEW, data.working_days(FEW, 90))
            return opened.enter_context(Storage.open(team)), opened.enter_context(Storage.open(long))

        sqlite = storages(SQLite(Path(name)), "sqlite")
        whole = storages(PostgreSQL(url), "whole")
        parts = storages(Partitioned(url), "parts")
        print("| read | SQLite | PostgreSQL | at most | met | in 32 partitions |", "|---" * 6 + "|", sep="\n")
        for read, work in OF_A_TEAM.items():
            print(compared(read, work, [sqlite[0], whole[0], parts[0]], 200), flush=True)
        for read, work in OF_LONG_HISTORIES.items():
            print(compared(read, work, [sqlite[1], whole[1], parts[1]], 20), flush=True)
        print("\n| a week of | statements | measured | in PostgreSQL | in one of 8 | reckoned |")
        print("|---" * 6 + "|")
        for count in (1, 10, 1_000):
            print(reckoned(parts[0], TEAM[:count]), flush=True)


def compared(read: str, work: Read, storages: Sequence[Storage], rounds: int) -> str:
    """Return the row of a read."""
    on_sqlite, on_postgresql, in_partitions = alternately([partial(work, storage) for storage in storages], rounds)
    most = 1.1 * on_sqlite + 0.3
    met = "yes" if on_postgresql <= most else "**no**"
    return f"| {read} | {on_sqlite:.2f} | {on_postgresql:.2f} | {most:.2f} | {met} | {in_partitions:.2f} |"


def alternately(works: Sequence[Callable[[], object]], rounds: int) -> list[float]:
    """Return the lower quartile of what each of *works* takes, in ms."""
    for work in [*works] * 8:  # psycopg prepares a statement after five times
        work()
    taken = [[seconds(work) * 1000 for work in works] for _ in range(rounds)]
    return [statistics.quantiles(column)[0] for column in zip(*taken, strict=True)]


def reckoned(storage: Storage, users: Sequence[User]) -> str:
    """Return the row of a week of *users*; of the machines that share the work, the slowest counts."""
    (measured,) = alternately([lambda: spans(storage, users, WEEK)], 50)
    number, within = in_postgresql(storage, users)
    slowest = max(in_postgresql(storage, share)[1] for share in by_machine(storage, users))
    total = measured - within + slowest + number * ROUND_TRIP
    return f"| {len(users):,} | {number} | {measured:.2f} | {within:.2f} | {slowest:.2f} | {total:.2f} |"


def by_machine(storage: Storage, users: Iterable[User]) -> list[list[User]]:
    """Return the users by machine, each of which has four partitions."""
    assert storage.database.engine is not None
    with storage.database.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT id, CAST(tableoid::regclass AS text) FROM users").all()
    machine = {user_id: int(partition.rpartition("_")[2]) % MACHINES for user_id, partition in rows}
    found: defaultdict[int, list[User]] = defaultdict(list)
    for user in users:
        found[machine[user.id]].append(user)
    return list(found.values())


def in_postgresql(storage: Storage, users: Sequence[User]) -> tuple[int, float]:
    """Return how many statements a week of *users* takes, and the ms in which PostgreSQL executes them."""
    statements = [storage.users._many(ids(users))]
    for batch in batches(users, 200):
        windows = [(user.id, *WEEK) for user in batch]
        statements.append((Periods._EXTENTS["postgresql"], storage.periods._asked(windows)))
        statements.append(storage.periods._within(packing.SPANS, windows, PAGE + 1))
    return len(statements), sum(execution(storage, *statement) for statement in statements)


def execution(storage: Storage, statement: sa.TextClause, values: dict[str, Any]) -> float:
    """Return in how many ms PostgreSQL executes a statement."""
    assert storage.database.engine is not None
    with storage.database.engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        text = str(statement.compile(dialect=storage.database.engine.dialect))
        times = [explain(driver, text, values, analyze=True)["Execution Time"] for _ in range(20)]
    return statistics.quantiles(times)[0]


if __name__ == "__main__":
    main()
