"""Kill a server while many clients write: ``python -m tests.campaigns.kill [--kills N] [--database NAME]``.

Clients send the same batches several times each, in orders of their own, and try again whatever got no answer;
meanwhile the server is killed with SIGKILL and started again. What was acknowledged must be there afterwards,
once, and nothing else.
"""

import argparse
import http.client
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import sqlalchemy as sa

from ftlserver.domain import instants
from ftlserver.domain.period import ActivityPeriod
from ftlserver.domain.user import User
from ftlserver.storage.database import transaction
from tests.campaigns.running import ALL, BOTH, READY, Client, Fresh, free_port, fresh, on_each

USERS = [User(f"u{number}", f"User {number}", "Europe/Berlin") for number in range(5)]
START = 1_767_225_600 * instants.SECOND  # 2026-01-01
PATIENCE = 60  # seconds until a client gives up

Row = tuple[str, int, int]


@dataclass
class Tally:
    """What the clients were told."""

    answers: int = 0
    again: int = 0
    inserted: int = 0
    acknowledged: set[Row] = field(default_factory=set)
    failures: list[BaseException] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


def make_batches(count: int) -> list[list[ActivityPeriod]]:
    """Return batches of 20 periods; each shares five with the next."""
    batches = []
    for batch in range(count):
        minutes = range(batch * 15, batch * 15 + 20)
        starts = [(USERS[minute % len(USERS)].id, START + minute * instants.MINUTE) for minute in minutes]
        batches.append([ActivityPeriod(user, at, at + instants.MINUTE, 3600, 3600) for user, at in starts])
    return batches


def to_row(period: ActivityPeriod) -> Row:
    return period.user_id, period.started_at, period.ended_at


def send(port: int, batch: list[ActivityPeriod], tally: Tally) -> None:
    """Send a batch until it is acknowledged."""
    document = {"periods": [{"user_id": p.user_id, **p.to_json("iso")} for p in batch]}
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with closing(Client(port, timeout=10)) as client:
                status, answer, _ = client.ask("POST", "/api/activity/", document)
            if status == 200:
                break
            assert status == 503, answer
        except (OSError, http.client.HTTPException):
            pass
        assert time.monotonic() < deadline, "no answer for too long"
        with tally.lock:
            tally.again += 1
        time.sleep(0.02)
    assert answer["inserted"] + answer["duplicates"] == len(batch), answer
    with tally.lock:
        tally.answers += 1
        tally.inserted += answer["inserted"]
        tally.acknowledged |= {to_row(period) for period in batch}


def write(port: int, batches: list[list[ActivityPeriod]], repeats: int, seed: int, tally: Tally) -> None:
    todo = batches * repeats
    Random(seed).shuffle(todo)
    try:
        for batch in todo:
            send(port, batch, tally)
    except BaseException as exc:
        tally.failures.append(exc)


@contextmanager
def running(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as stderr, subprocess.Popen(command, stderr=stderr) as process:
        try:
            yield process
        finally:
            process.kill()


def campaign(database: Fresh, *, clients: int, batches: int, repeats: int, kills: int) -> Tally:
    """Let clients write to the database while its server is killed again and again; check what is left."""
    with database.opened() as storage:
        storage.users.add_new(USERS)
    port, log = free_port(), database.directory / "log"
    command = database.command("serve", "--port", str(port))
    sent = make_batches(batches)
    tally = Tally()
    arguments = [(port, sent, repeats, seed, tally) for seed in range(clients)]
    threads = [threading.Thread(target=write, args=args) for args in arguments]
    random = Random(1)
    for thread in threads:
        thread.start()
    for kill in range(kills):
        with running(command, log) as process:
            # So many answers after the last time, and somewhere within the next few.
            while tally.answers < clients * batches * repeats * (kill + 1) // (kills + 2):
                assert process.poll() is None, log.read_text()
                assert not tally.failures, tally.failures
                time.sleep(0.001)
            time.sleep(random.random() / 50)
            process.kill()
            process.wait()
    with running(command, log) as process:
        for thread in threads:
            thread.join()
        while log.read_text().count(READY) <= kills:
            time.sleep(0.01)
        process.terminate()
        assert process.wait(20) == 0
    if tally.failures:
        raise tally.failures[0]
    check(database, sent, tally)
    return tally


def check(database: Fresh, sent: list[list[ActivityPeriod]], tally: Tally) -> None:
    with database.opened() as storage, transaction(storage.database) as connection:
        rows = [tuple(row) for row in connection.execute(sa.text("SELECT * FROM activity_periods"))]
        found = {row[:3] for row in rows}
        assert len(found) == len(rows)
        assert found == {to_row(period) for batch in sent for period in batch} == tally.acknowledged
        assert tally.inserted <= len(rows)
        if storage.database.is_sqlite:
            assert connection.execute(sa.text("PRAGMA integrity_check")).scalars().all() == ["ok"]


def kill(*, long: bool) -> str:
    """Kill the server again and again, on each database."""
    kills = 100 if long else 10

    def attempt(database: Fresh) -> str:
        tally = campaign(database, clients=8, batches=50, repeats=5, kills=kills)
        return f"{kills} kills, {tally.again:,} retries, 0 of {len(tally.acknowledged):,} lost"

    return on_each(ALL, attempt)


def retry() -> str:
    """Let clients send the same batches at once, without a kill."""

    def attempt(database: Fresh) -> str:
        tally = campaign(database, clients=8, batches=50, repeats=5, kills=0)
        rows = len(tally.acknowledged)
        assert tally.inserted == rows, f"{tally.inserted:,} reported as inserted, {rows:,} stored"
        return f"{tally.answers:,} requests, {tally.inserted:,} inserted, {rows:,} rows"

    return on_each(BOTH, attempt)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--database", choices=ALL, action="append")
    args = parser.parse_args()
    for kind in args.database or ALL:
        with fresh(kind) as database:
            started = time.monotonic()
            tally = campaign(database, clients=8, batches=50, repeats=5, kills=args.kills)
            print(
                f"{kind}: {args.kills} kills, {tally.answers:,} acknowledged, {tally.again:,} tried again;"
                f" {len(tally.acknowledged):,} periods, none lost, doubled or made up,"
                f" {tally.inserted:,} said to be new; {time.monotonic() - started:.0f} s",
                flush=True,
            )


if __name__ == "__main__":
    main()
