"""Sample data: random users and plausible periods, the same for the same seed."""

import string
from datetime import date, timedelta
from random import Random

from faker import Faker

from ftlserver.domain import timezones
from ftlserver.domain.instants import HOUR, MINUTE, SECOND, wall_clock
from ftlserver.domain.period import ActivityPeriod
from ftlserver.domain.user import User
from ftlserver.errors import InvalidValueError

SHORTEST_PERIOD = 10 * SECOND

# Zones that people live in, with the locale that names them; all in Latin script, for every terminal.
_HOMES = {
    "Pacific/Honolulu": "en_US",
    "America/Los_Angeles": "en_US",
    "America/Denver": "en_US",
    "America/Mexico_City": "es_MX",
    "America/New_York": "en_US",
    "America/St_Johns": "en_CA",
    "America/Sao_Paulo": "pt_BR",
    "Europe/London": "en_GB",
    "Europe/Lisbon": "pt_PT",
    "Africa/Lagos": "en_NG",
    "Europe/Berlin": "de_DE",
    "Europe/Warsaw": "pl_PL",
    "Europe/Helsinki": "fi_FI",
    "Europe/Istanbul": "tr_TR",
    "Asia/Kolkata": "en_IN",
    "Asia/Manila": "en_PH",
    "Australia/Adelaide": "en_AU",
    "Pacific/Auckland": "en_NZ",
}
_TOO_MANY = "so many periods do not fit; ask for fewer of them, or for more days"
_ID_CHARACTERS = string.ascii_letters + string.digits


def make_users(total: int, seed: int | None = None) -> list[User]:
    """Return *total* users with random ids of 12 letters and digits."""
    random = Random(seed)
    names: dict[str, Faker] = {}
    users = []
    for _ in range(total):
        tz = random.choice(list(_HOMES))
        locale = _HOMES[tz]
        if locale not in names:
            names[locale] = Faker(locale)
            names[locale].seed_instance(random.getrandbits(32))
        real_name = f"{names[locale].first_name()} {names[locale].last_name()}"
        users.append(User("".join(random.choices(_ID_CHARACTERS, k=12)), real_name, tz))
    return users


def hourly(user: User, total: int, now: int) -> list[ActivityPeriod]:
    """Return *total* periods of one hour: one from *now* on, each further one a day earlier on the clock.

    Where the clock skipped that time of day it is the first time after; a skipped day is passed over.
    """
    tz = timezones.zone(user.tz)
    wall = wall_clock(now, timezones.offset_at(now, tz))
    periods = [ActivityPeriod.in_zone(user, now, now + HOUR)]
    while len(periods) < total:
        wall -= timedelta(days=1)
        started_at = timezones.nearest_instant_of(wall, tz)
        if started_at + HOUR <= periods[-1].started_at:
            periods.append(ActivityPeriod.in_zone(user, started_at, started_at + HOUR))
    return periods


def working_days(user: User, total: int, days: int, now: int, seed: int | None = None) -> list[ActivityPeriod]:
    """Return *total* periods within the last *days* days in the shape of that user's working days.

    They lie before *now* and do not overlap. Raise InvalidValueError when so many do not fit.
    """
    random = Random(None if seed is None else f"{seed} {user.id}")
    tz = timezones.zone(user.tz)
    today = timezones.date_at(now, tz)
    dates = [today - timedelta(days=back) for back in range(days)]
    begin = random.gauss(9, 0.8)
    length = random.gauss(8.5, 0.6)
    spans = [_working_hours(day, user, begin, length, random) for day in dates]
    if not any(start < now for start, _ in spans):
        spans = [(timezones.day_start(day, tz), now) for day in dates]
    spans = [(start, min(end, now)) for start, end in spans if start < now]
    if not spans:  # the day has just begun
        raise InvalidValueError(_TOO_MANY)
    chosen = random.choices(
        range(len(spans)),
        weights=[
            (end - start)
            * (0.08 if timezones.date_at(start, tz).weekday() >= 5 else random.choice((0.9, 1, 1, 1.1)))
            for start, end in spans
        ],
        k=total,
    )
    periods = []
    for index, (start, end) in enumerate(spans):
        periods += _split(user, start, end, chosen.count(index), random)
    return sorted(periods)


def _working_hours(day: date, user: User, begin: float, length: float, random: Random) -> tuple[int, int]:
    tz = timezones.zone(user.tz)
    start = timezones.day_start(day, tz) + int((begin + random.gauss(0, 0.4)) * HOUR)
    return start, start + int(max(2.0, length + random.gauss(0, 0.7)) * HOUR)


def _split(user: User, start: int, end: int, count: int, random: Random) -> list[ActivityPeriod]:
    """Return *count* periods with breaks between them, on whole seconds."""
    periods = []
    for index in range(count):
        slot = (end - start) // count
        if slot < 2 * SHORTEST_PERIOD:
            raise InvalidValueError(_TOO_MANY)
        from_ = start + index * slot + int(slot * random.uniform(0, 0.12))
        to = start + (index + 1) * slot - int(slot * random.uniform(0.02, 0.2))
        periods.append(ActivityPeriod.in_zone(user, from_ - from_ % SECOND, to - to % SECOND))
    return periods


def demo_team(now: int) -> list[tuple[User, list[ActivityPeriod]]]:
    """Return the assignment's two members with their periods, and eight colleagues with 60 days of theirs."""
    assignment = [
        User("W012A3CDE", "Egon Spengler", "America/Los_Angeles"),
        User("W07QCRPA4", "Glinda Southgood", "Asia/Kolkata"),
    ]
    times = [
        ("Feb 1 2020  1:33PM", "Feb 1 2020 1:54PM"),
        ("Mar 1 2020  11:11AM", "Mar 1 2020 2:00PM"),
        ("Mar 16 2020  5:33PM", "Mar 16 2020 8:02PM"),
    ]
    colleagues = [
        User("kai", "Kai Nakamura", "Pacific/Honolulu"),
        User("maya", "Maya Johnson", "America/New_York"),
        User("rory", "Rory Power", "America/St_Johns"),
        User("amara", "Amara Okafor", "Africa/Lagos"),
        User("jonas", "Jonas Weber", "Europe/Berlin"),
        User("sita", "Sita Gurung", "Asia/Kathmandu"),
        User("chloe", "Chloe Martin", "Australia/Adelaide"),
        User("aroha", "Aroha Ngata", "Pacific/Auckland"),
    ]
    team = [(user, [ActivityPeriod.from_text(user, *pair) for pair in times]) for user in assignment]
    for user in colleagues:
        periods = working_days(user, 150, 60, now, seed=1)
        if now - periods[-1].ended_at < HOUR:  # a demo needs members who are active now
            periods.append(ActivityPeriod.in_zone(user, periods[-1].ended_at + MINUTE, now + HOUR))
        team.append((user, periods))
    return team
