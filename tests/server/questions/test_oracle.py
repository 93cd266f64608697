"""Every question, against an oracle that looks at every minute."""

import functools
from collections.abc import Iterator
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from webtest import TestApp

from ftlserver.domain import instants, time_formats, timezones
from ftlserver.domain.period import ActivityPeriod
from ftlserver.domain.user import User
from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests.helpers import ask, at

MINUTES = 3 * 24 * 60
BERLIN_SUNDAY = at("2026-10-23T22:00:00Z")  # two days before the clocks go back in Berlin
periods = st.lists(st.tuples(st.integers(0, MINUTES - 1), st.integers(1, 1500)), max_size=6)

teams = st.lists(
    st.tuples(st.sampled_from(["Europe/Berlin", "Asia/Kathmandu", "America/Los_Angeles", "UTC"]), periods),
    min_size=1,
    max_size=3,
)


def minutes_of(pairs: list[tuple[int, int]], first: int, last: int) -> set[int]:
    return {m for start, length in pairs for m in range(start, start + length) if first <= m < last}


def instant_of(minute: int) -> int:
    return BERLIN_SUNDAY + minute * instants.MINUTE


@functools.cache
def wall(minute: int, tz: str) -> datetime:
    return instants.wall_clock(instant_of(minute), timezones.offset_at(instant_of(minute), timezones.zone(tz)))


@pytest.mark.slow
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    team=teams,
    window=st.tuples(st.integers(0, MINUTES - 2), st.integers(1, MINUTES)),
    min_members=st.integers(1, 3),
)
def test_every_question_agrees_with_the_oracle(
    storage: Storage, team: list[tuple[str, list[tuple[int, int]]]], window: tuple[int, int], min_members: int
) -> None:
    first, last = window[0], min(window[0] + window[1], MINUTES)
    users = [User(f"u{index}", "U", tz) for index, (tz, _) in enumerate(team)]
    for user in storage.users.all():
        storage.users.delete(user.id)
    storage.bulk_import.store(
        users,
        (
            ActivityPeriod.in_zone(user, instant_of(start), instant_of(start + length))
            for user, (_, pairs) in zip(users, team, strict=True)
            for start, length in pairs
        ),
    )
    app = TestApp(create_app(storage))
    asked = {
        "id_list": [user.id for user in users],
        "from": time_formats.iso(instant_of(first), 0),
        "to": time_formats.iso(instant_of(last), 0),
    }
    active = [minutes_of(pairs, first, last) for _, pairs in team]

    min_members = min(min_members, len(users))
    overlap = ask(app, "overlap", **asked, min_members=min_members)
    enough = [minute for minute in range(first, last) if sum(minute in found for found in active) >= min_members]
    assert overlap["overlap_seconds"] == 60 * len(enough)
    together = [sum(minute in found for found in active) for minute in range(first, last)]
    assert overlap["at_least"] == [60 * sum(n >= least for n in together) for least in range(1, len(users) + 1)]
    assert overlap["matrix"] == [[60 * len(a & b) for b in active] for a in active]
    shown = {
        minute: [u.id for u, found in zip(users, active, strict=True) if minute in found] for minute in enough
    }
    for interval in overlap["stretches"]:
        start, end = (
            time_formats.parse(interval[key], timezones.zone("UTC"))[0] for key in ("start_time", "end_time")
        )
        for minute in range((start - BERLIN_SUNDAY) // instants.MINUTE, (end - BERLIN_SUNDAY) // instants.MINUTE):
            assert shown.pop(minute) == interval["members"]
    assert not shown

    for day_zone in ("member", "Europe/Berlin"):
        summary = ask(app, "summary", **asked, day_zone=day_zone)
        for member, found, (tz, _) in zip(summary["members"], active, team, strict=True):
            zone = tz if day_zone == "member" else day_zone
            expected: dict[str, int] = {}
            for minute in found:
                name = wall(minute, zone).date().isoformat()
                expected[name] = expected.get(name, 0) + 60
            assert {
                day["date"]: day["active_seconds"] for day in member["days"] if day["active_seconds"]
            } == expected
            assert (
                sum(day["active_seconds"] for day in member["days"]) == member["active_seconds"] == 60 * len(found)
            )
            assert all(day["active_seconds"] <= day["length_seconds"] for day in member["days"])

    for zone_asked in ({}, {"tz": "Asia/Kathmandu"}):
        hours = ask(app, "hours", **asked, **zone_asked)
        for member, found, (tz, _) in zip(hours["members"], active, team, strict=True):
            zone = zone_asked.get("tz", tz)
            expected_shares = [0.0] * 168
            for hour, (part, whole) in by_hour(found, zone, first, last):
                expected_shares[hour] = part / whole
            assert member["hours"] == pytest.approx(expected_shares, abs=6e-5)

    middle = (first + last) // 2
    presence = ask(app, "presence", id_list=asked["id_list"], at=time_formats.iso(instant_of(middle), 0), tz="UTC")
    for member, (_, pairs) in zip(presence["members"], team, strict=True):
        everything = minutes_of(pairs, 0, 10**6)
        assert member["active"] == (middle in everything)
        if member["active"]:
            since = middle
            while since - 1 in everything:
                since -= 1
            assert member["since"] == time_formats.iso(instant_of(since), 0)
        else:
            before = [minute for minute in everything if minute < middle]
            last_active = time_formats.iso(instant_of(max(before) + 1), 0) if before else None
            assert member.get("last_active") == last_active


def by_hour(found: set[int], zone: str, first: int, last: int) -> Iterator[tuple[int, tuple[int, int]]]:
    parts: dict[int, list[int]] = {}
    for minute in range(first, last):
        shown = wall(minute, zone)
        part = parts.setdefault(shown.weekday() * 24 + shown.hour, [0, 0])
        part[0] += minute in found
        part[1] += 1
    yield from ((hour, (part[0], part[1])) for hour, part in parts.items())
