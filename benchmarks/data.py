"""Seeded data, written by the driver itself: it is not what is measured."""

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random

from ftlserver import clock
from ftlserver.database import connect
from ftlserver.models import ActivityPeriod, User

START = 1_767_225_600 * clock.SECOND  # 2026-01-01
DAY = 24 * clock.HOUR
ZONES = ["America/Los_Angeles", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Pacific/Auckland"]
PERIODS_A_DAY = 67
INSERT = """
    INSERT INTO activity_periods (user_id, started_at, ended_at, start_offset, end_offset)
    VALUES (?, ?, ?, ?, ?)"""

Row = tuple[str, int, int, int, int]


def users(count: int) -> list[User]:
    """Return users."""
    return [User(f"member{number:06}", f"Member {number}", ZONES[number % len(ZONES)]) for number in range(count)]


def even_rows(count: int, periods: int, apart: int) -> Iterator[Row]:
    """Yield *periods* rows for each of *count* users, a period every *apart* microseconds."""
    for user in users(count):
        offset = clock.offset_at(START, clock.zone(user.tz))
        for number in range(periods):
            at = START + number * apart
            yield user.id, at, at + apart // 3, offset, offset


def working_days(team: list[User], days: int) -> Iterator[ActivityPeriod]:
    """Yield working days of about nine hours in short periods."""
    random = Random(1)
    for user in team:
        for day in range(days):
            at = START + day * DAY + random.randrange(8 * clock.HOUR)
            offset = clock.offset_at(at, clock.zone(user.tz))
            at += 9 * clock.HOUR - offset * clock.SECOND
            for _ in range(PERIODS_A_DAY):
                start = at + random.randrange(1, clock.MINUTE)
                at = start + random.randrange(4 * clock.MINUTE, 12 * clock.MINUTE)
                yield ActivityPeriod(user.id, start, at, offset, offset)


def fill(path: Path, team: list[User], rows: Iterable[Row]) -> None:
    """Make a database at *path* that holds *team* and *rows*."""
    connect(str(path)).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        connection.executemany("INSERT INTO users VALUES (?, ?, ?)", [(u.id, u.real_name, u.tz) for u in team])
        connection.executemany(INSERT, rows)
    connection.close()
