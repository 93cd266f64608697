"""Print how long the questions about a team take: ``python -m benchmarks [--quick]``.

A million periods: 50 members with 2,000 a month for ten months. Each question is about all members and one
month, 100,000 periods; the time is that of a whole answer over HTTP, the median of several rounds.
"""

import argparse
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

from ftlclient import Client
from ftlserver import clock
from ftlserver.app import create_app
from ftlserver.models import ActivityPeriod, User
from ftlserver.serving import Server, listen
from ftlserver.store import Store

MEMBERS = 50
PERIODS_A_DAY = 67
START = 1_767_225_600 * clock.SECOND  # 2026-01-01
DAY = 24 * clock.HOUR
ZONES = ["America/Los_Angeles", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Pacific/Auckland"]


def make_team() -> list[User]:
    """Return the members."""
    return [User(f"member{number}", f"Member {number}", ZONES[number % len(ZONES)]) for number in range(MEMBERS)]


def make_periods(users: list[User], days: int) -> Iterator[ActivityPeriod]:
    """Yield working days of about nine hours in short periods."""
    random = Random(1)
    for user in users:
        for day in range(days):
            at = START + day * DAY + random.randrange(8 * clock.HOUR)
            offset = clock.offset_at(at, clock.zone(user.tz))
            at += 9 * clock.HOUR - offset * clock.SECOND
            for _ in range(PERIODS_A_DAY):
                start = at + random.randrange(1, clock.MINUTE)
                at = start + random.randrange(4 * clock.MINUTE, 12 * clock.MINUTE)
                yield ActivityPeriod(user.id, start, at, offset, offset)


def measure(client: Client, days: int, rounds: int) -> None:
    """Print the median time of each question."""
    month = {"from": "2026-03-01T00:00:00Z", "to": "2026-03-31T00:00:00Z"} if days > 90 else {}
    for question in ("overlap", "summary", "hours", "meeting"):
        times = []
        for _ in range(rounds):
            started = time.perf_counter()
            client.post(f"/api/{question}/", {"all": True, **month})
            times.append((time.perf_counter() - started) * 1000)
        print(f"{question:10} {statistics.median(times):7.0f} ms   (from {min(times):.0f} to {max(times):.0f})")


def main() -> None:
    """Fill a database, serve it, ask."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one month instead of ten, three rounds")
    args = parser.parse_args()
    days, rounds = (30, 3) if args.quick else (300, 7)
    with (
        tempfile.TemporaryDirectory() as directory,
        Store.open(str(Path(directory, "bench.sqlite3")), threads=4) as store,
    ):
        users = make_team()
        started = time.perf_counter()
        count = store.record(users, make_periods(users, days)).periods_added
        print(f"{count:,} periods recorded in {time.perf_counter() - started:.1f} s")
        server = Server(create_app(store), listen("127.0.0.1", 0), 4)
        thread = threading.Thread(target=server.run)
        thread.start()
        with Client(server.url) as client:
            measure(client, days, rounds)
        server.stop()
        thread.join()


if __name__ == "__main__":
    main()
