"""Writing: whole or not at all, nothing lost or invented, seen by every later read, and never by another request."""

import json
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from random import Random
from typing import Any

import sqlalchemy as sa

from ftlserver.domain import instants
from ftlserver.domain.period import ActivityPeriod
from ftlserver.domain.user import User
from ftlserver.storage.database import transaction
from tests.campaigns.kill import START, USERS
from tests.campaigns.running import BOTH, Client, Fresh, Served, on_each

ACTIVITY, PERIODS = "/api/loguseractivity/", "/api/activity/"


def period(user_id: str, minute: int) -> dict[str, str]:
    """Return a period of one minute as a request has it."""
    at = START + minute * instants.MINUTE
    return {"user_id": user_id, **ActivityPeriod(user_id, at, at + instants.MINUTE, 3600, 3600).to_json("iso")}


def batch(user_id: str, first: int, count: int) -> dict[str, Any]:
    """Return a request that records so many periods, from the minute *first* on."""
    return {"periods": [period(user_id, minute) for minute in range(first, first + count)]}


def add_users(database: Fresh) -> None:
    """Make the tables, and store the five users."""
    with database.opened() as storage:
        storage.users.add_new(USERS)


def stored(database: Fresh) -> list[tuple[str, int]]:
    """Return the user and the minute of each period that is stored."""
    with database.opened() as storage, transaction(storage.database) as connection:
        rows = connection.execute(sa.text("SELECT user_id, started_at FROM activity_periods ORDER BY 1, 2")).all()
    return [(user_id, (started_at - START) // instants.MINUTE) for user_id, started_at in rows]


def atomic(*, long: bool) -> str:
    """Send a batch with one invalid period, import a file with one, and kill servers in the middle of a batch."""
    return on_each(BOTH, lambda database: _atomic(database, 100 if long else 12))


def _atomic(database: Fresh, kills: int) -> str:
    add_users(database)
    bad = batch("u0", 0, 2_500)
    bad["periods"][2_200]["end_time"] = bad["periods"][2_200]["start_time"]
    with database.serving() as served:
        answer = served.ask("POST", PERIODS, bad)
        assert (answer.status, answer.document["error"]) == (422, "invalid_period"), answer
        started = time.monotonic()
        assert served.ask("POST", PERIODS, batch("u1", 0, 5_000)).status == 200
        takes = time.monotonic() - started
    lines = database.directory / "bad.ndjson"
    lines.write_text("".join(json.dumps(line) + "\n" for line in bad["periods"]))
    assert "2201" in database.run("import", "ndjson", str(lines), status=2).stderr.replace(",", "")
    assert len(stored(database)) == 5_000, "an invalid batch has left something"
    random, whole = Random(1), 0
    for kill in range(kills):
        first = 5_000 * (kill + 1)
        with database.serving() as served, ThreadPoolExecutor(1) as pool:
            sent = pool.submit(_acknowledged, served, batch("u1", first, 5_000))
            time.sleep(random.uniform(0, takes))
            served.process.kill()
            acknowledged = sent.result()
        found = sum(minute >= first for _, minute in stored(database))
        assert found in (0, 5_000), f"{found:,} of 5,000 periods were stored"
        assert found or not acknowledged, "a batch was acknowledged and is gone"
        whole += bool(found)
    return f"0 rows of invalid batches; {kills} kills, {whole} batches stored whole, {kills - whole} not at all"


def _acknowledged(served: Served, document: dict[str, Any]) -> bool:
    with suppress(OSError, ValueError):
        return served.ask("POST", PERIODS, document).status == 200
    return False


def writers(*, long: bool) -> str:
    """Let eight writers record batches of their own."""
    batches, size = 1_000 if long else 100, 5

    def attempt(database: Fresh) -> str:
        add_users(database)

        def write(writer: int) -> int:
            inserted = 0
            with closing(Client(served.port)) as client:
                for number in range(batches):
                    first = (writer * batches + number) * size
                    answer = client.ask("POST", PERIODS, batch(f"u{number % 5}", first, size))
                    assert answer.status == 200, answer
                    inserted += answer.document["inserted"]
            return inserted

        with database.serving() as served, ThreadPoolExecutor(8) as pool:
            inserted = sum(pool.map(write, range(8)))
        sent = {
            (f"u{number % 5}", (writer * batches + number) * size + minute)
            for writer in range(8)
            for number in range(batches)
            for minute in range(size)
        }
        found = stored(database)
        lost, invented, twice = len(sent - set(found)), len(set(found) - sent), len(found) - len(set(found))
        assert (lost, invented, twice, inserted) == (0, 0, 0, len(sent)), (lost, invented, twice, inserted)
        return f"8 × {batches:,} batches, {len(found):,} rows, 0 lost, duplicated or never sent"

    return on_each(BOTH, attempt)


def visible(*, long: bool) -> str:
    """Write on one connection and read on another, which another worker may serve."""
    pairs, clients = 10_000 if long else 1_000, 4

    def attempt(database: Fresh) -> str:
        add_users(database)

        def follow(number: int) -> int:
            user_id, random, stale = f"u{number}", Random(number), 0
            with ExitStack() as stack:
                writer, *readers = (stack.enter_context(closing(Client(served.port))) for _ in range(7))
                for step in range(pairs // clients):
                    stale += not _is_seen(writer, random.choice(readers), user_id, step)
            return stale

        with database.serving("--workers", "2") as served, ThreadPoolExecutor(clients) as pool:
            stale = sum(pool.map(follow, range(clients)))
            log = served.log.read_text()
        reads = [log.count(f"INFO worker {worker}: 127.0.0.1 POST {ACTIVITY}") for worker in (1, 2)]
        assert stale == 0, f"{stale} of {pairs:,} reads did not see the write before them"
        assert all(reads), reads
        return f"{pairs:,} pairs, 0 stale, with 2 workers"

    return on_each(BOTH, attempt)


def _is_seen(writer: Client, reader: Client, user_id: str, step: int) -> bool:
    """Record a period, change a name and delete a period in turn, and look at once."""
    which, minute = step % 3, step // 3 * 2
    if which == 1:
        changed = writer.ask("PATCH", f"/api/users/{user_id}", {"real_name": f"Name {step}"})
    else:
        changed = writer.ask("DELETE" if which else "POST", PERIODS, batch(user_id, minute, 1))
    assert changed.status == 200, changed
    window = {"from": period(user_id, minute)["start_time"], "to": period(user_id, minute)["end_time"]}
    (member,) = reader.ask("POST", ACTIVITY, {"id_list": [user_id], **window}).document["members"]
    if which == 1:
        return bool(member["real_name"] == f"Name {step}")
    return len(member["activity_periods"]) == (0 if which else 1)


# What makes a statement fail inside of a transaction: a fault that no check of the server foresees.
POISON = {
    "sqlite": [
        "CREATE TRIGGER poison BEFORE INSERT ON activity_periods WHEN new.user_id = 'u4'"
        " BEGIN SELECT RAISE(ABORT, 'poison'); END"
    ],
    "postgresql": [
        "CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN IF new.user_id = 'u4' THEN RAISE EXCEPTION 'poison'; END IF; RETURN new; END $$",
        "CREATE TRIGGER poison BEFORE INSERT ON activity_periods FOR EACH ROW EXECUTE FUNCTION poison()",
    ],
}


def isolated() -> str:
    """Let requests fail in many ways, then look whether good ones notice."""
    return on_each(BOTH, _isolated)


def _isolated(database: Fresh) -> str:
    add_users(database)
    with database.opened() as storage, transaction(storage.database, write=True) as connection:
        for statement in POISON[storage.database.dialect]:
            connection.exec_driver_sql(statement)
    with database.serving() as served, ThreadPoolExecutor(8) as pool:
        failed = list(pool.map(lambda number: _fail(served, number), range(100)))
        assert 200 not in failed, failed
        assert {400, 404, 409, 422, 0} < set(failed), failed
        good = list(pool.map(lambda number: _succeed(served, number), range(1_000)))
        assert good == [200] * 1_000, f"{sum(status != 200 for status in good)} of 1,000 good requests failed"
        check_nothing_open(database)
        served.stop()
    return "100 failures, then 1,000 × 200, no transaction open"


def _fail(served: Served, number: int) -> int:
    """Send a request that fails, and return its status; 0 if the client leaves before its end."""
    way = number % 7
    if way == 6:
        with socket.create_connection(("127.0.0.1", served.port)) as connection:
            connection.sendall(b"POST /api/activity/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\n{")
        return 0
    return served.ask(
        *[
            ("POST", PERIODS, batch("u4", number, 3)),  # a statement that fails
            ("POST", PERIODS, {"periods": [period("u0", number), period("unknown", number)]}),
            ("POST", "/api/users/", {"id": "u0", "real_name": "Other", "tz": "UTC"}),
            ("PATCH", "/api/users/u0", {"tz": "Mars"}),
            ("POST", ACTIVITY, {"id_list": [{">": ""}]}),
            ("DELETE", "/api/users/unknown", None),
        ][way]
    ).status


def _succeed(served: Served, number: int) -> int:
    if number % 2:
        return served.ask("POST", ACTIVITY, {"id_list": ["u0", "u1"]}).status
    return served.ask("POST", PERIODS, batch("u1", number, 2)).status


def check_nothing_open(database: Fresh) -> None:
    """Check that no transaction is open."""
    if database.url.startswith("postgresql"):
        with database.opened() as storage, transaction(storage.database) as connection:
            idle = connection.exec_driver_sql(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE state LIKE 'idle in%%' AND datname = current_database()"
            ).scalar_one()
        assert idle == 0, f"{idle} transactions are open"
    else:
        with closing(sqlite3.connect(database.url, timeout=0)) as other:
            other.execute("BEGIN EXCLUSIVE")


def cursors(*, long: bool) -> str:
    """Follow the cursors of both lists while others add and delete users; forge one."""
    return on_each(BOTH, lambda database: _cursors(database, 20 if long else 4))


def _cursors(database: Fresh, rounds: int) -> str:
    staying = [f"stays{number:04}" for number in range(1_000)]
    with database.opened() as storage:
        storage.users.add_new([User(user_id, "A", "UTC") for user_id in staying])
    done = threading.Event()

    def change(number: int) -> int:
        random, changes = Random(number), 0
        with closing(Client(served.port)) as client:
            while not done.is_set():
                user_id = f"stays{random.randrange(1_000):04}x{number}"  # between those that stay
                client.ask("PUT", f"/api/users/{user_id}", {"real_name": "B", "tz": "UTC"})
                client.ask("DELETE", f"/api/users/{user_id}")
                changes += 2
        return changes

    with database.serving() as served, ThreadPoolExecutor(2) as pool:
        changing = [pool.submit(change, number) for number in range(2)]
        try:
            for path, limit in (("/api/users/", 37), (ACTIVITY, 53)) * rounds:
                seen = list(_pages(served, path, limit))
                assert len(seen) == len(set(seen)), f"{len(seen) - len(set(seen))} users came twice"
                missing = set(staying) - set(seen)
                assert not missing, f"{len(missing)} users are missing"
        finally:
            done.set()
        changes = sum(future.result() for future in changing)
        for path in ("/api/users/", ACTIVITY):
            for forged in ("x", "MTp4eA==x", "Mjp4", "MTphIGI", "MTo", "%20", "1:a", "A" * 5_000):
                answer = served.ask("GET", f"{path}?cursor={forged}")
                assert (answer.status, answer.document["error"]) == (400, "invalid_cursor"), (forged, answer)
    return f"{2 * rounds} lists of 1,000 users during {changes:,} changes, 0 missing, 0 twice; 16 forged: 400"


def _pages(served: Served, path: str, limit: int) -> Iterator[str]:
    cursor = ""
    with closing(Client(served.port)) as client:
        while True:
            answer = client.ask("GET", f"{path}?limit={limit}{cursor}").document
            yield from (member["id"] for member in answer["members"])
            if "response_metadata" not in answer:
                return
            cursor = f"&cursor={answer['response_metadata']['next_cursor']}"
