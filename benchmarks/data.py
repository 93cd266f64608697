"""Seeded random data."""

from collections.abc import Iterable, Iterator
from itertools import chain
from random import Random

from ftlserver.domain import instants, timezones
from ftlserver.domain.period import ActivityPeriod, Row
from ftlserver.domain.user import User

START = 1_767_225_600 * instants.SECOND  # 2026-01-01
DAY = 24 * instants.HOUR
ZONES = ["America/Los_Angeles", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Pacific/Auckland"]
PERIODS_A_DAY = 67


def users(count: int) -> list[User]:
    """Return *count* users in five zones."""
    return [User(f"member{number:06}", f"Member {number}", ZONES[number % len(ZONES)]) for number in range(count)]


def even_rows(team: Iterable[User], periods: int, apart: int) -> Iterator[Row]:
    """Yield *periods* rows for each user of *team*, one period every *apart* microseconds."""
    for user in team:
        offset = timezones.offset_at(START, timezones.zone(user.tz))
        for number in range(periods):
            at = START + number * apart
            yield user.id, at, at + apart // 3, offset, offset


def history(size: int) -> tuple[list[User], Iterator[Row]]:
    """Return two users with 100 periods each, followed by users with *size* periods in all, 10,000 each."""
    team = users(size // 10_000 + 2)
    apart = 8 * instants.HOUR
    return team, chain(even_rows(team[:2], 100, apart), even_rows(team[2:], 10_000, apart))


def working_days(team: list[User], days: int) -> Iterator[ActivityPeriod]:
    """Yield working days of about nine hours, in short periods."""
    random = Random(1)
    for user in team:
        for day in range(days):
            at = START + day * DAY + random.randrange(8 * instants.HOUR)
            offset = timezones.offset_at(at, timezones.zone(user.tz))
            at += 9 * instants.HOUR - offset * instants.SECOND
            for _ in range(PERIODS_A_DAY):
                start = at + random.randrange(1, instants.MINUTE)
                at = start + random.randrange(4 * instants.MINUTE, 12 * instants.MINUTE)
                yield ActivityPeriod(user.id, start, at, offset, offset)
