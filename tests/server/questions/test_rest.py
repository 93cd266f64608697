"""What leaves a member time to rest."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from webtest import TestApp

from ftlserver.domain import instants, timezones
from ftlserver.domain.period import Span
from ftlserver.domain.user import User
from ftlserver.domain.window import Window
from ftlserver.questions import Activity
from ftlserver.questions.rest import rest
from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests.helpers import EGON, GLINDA, ask, at, make_team, make_token, put, refused, send, store_team

MINUTES = 5 * 24 * 60
MINUTE = instants.MINUTE
BEGIN = at("2026-10-23T22:00:00Z")  # two days before the clocks go back in Berlin
END = BEGIN + MINUTES * MINUTE
periods = st.lists(
    st.tuples(st.integers(0, MINUTES - 1), st.one_of(st.integers(1, 300), st.integers(1, 3000))), max_size=12
)


def spans_of(pairs: list[tuple[int, int]], tz: str) -> list[Span]:
    zone = timezones.zone(tz)
    edges = sorted(
        (BEGIN + start * MINUTE, BEGIN + min(start + length, MINUTES) * MINUTE) for start, length in pairs
    )
    return [(a, b, timezones.offset_at(a, zone), timezones.offset_at(b, zone)) for a, b in edges]


@settings(max_examples=100)
@given(pairs=periods, tz=st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/Los_Angeles"]))
def test_a_rest_agrees_with_an_oracle_that_looks_at_every_minute(pairs: list[tuple[int, int]], tz: str) -> None:
    user = User("u", "U", tz)
    window = Window(None, None, None, END)
    answer = rest(
        Activity(user, (BEGIN, END), (BEGIN, END), spans_of(pairs, tz), has_any=bool(pairs)), window, "iso"
    )

    active = sorted({minute for start, n in pairs for minute in range(start, min(start + n, MINUTES))})
    walls = {
        minute: instants.wall_clock(instant, timezones.offset_at(instant, user.zone))
        for minute in active
        for instant in [BEGIN + minute * MINUTE]
    }
    assert answer["active_seconds"] == 60 * len(active)
    night = sum(wall.hour >= 22 or wall.hour < 6 for wall in walls.values())
    weekend = sum(wall.weekday() >= 5 for wall in walls.values())
    for key, part in (("night_share", night), ("weekend_share", weekend)):
        assert answer[key] == (round(part / len(active), 4) if active else None)

    runs: list[list[int]] = []
    for minute in active:
        if runs and runs[-1][1] == minute:
            runs[-1][1] = minute + 1
        else:
            runs.append([minute, minute + 1])
    longest = max((end - start for start, end in runs), default=None)
    assert seconds_of(answer["longest_active"]) == (None if longest is None else 60 * longest)

    firsts: dict[Any, int] = {}
    for start, _ in runs:
        firsts.setdefault(walls[start].date(), start)
    pauses = [(before[1], after[0]) for before, after in pairwise(runs)]
    rests = [
        max((b - a for a, b in pauses if first <= a < first + 1440), default=0)
        for first in firsts.values()
        if runs[-1][1] >= first + 1440
    ]
    assert seconds_of(answer["shortest_rest"]) == (60 * min(rests) if rests else None)

    days = {wall.date() for wall in walls.values()}
    assert answer["active_days"] == len(days)
    most = 0
    for day in days:
        number = 1
        while day + timedelta(days=number) in days:
            number += 1
        most = max(most, number)
    assert (answer["days_in_a_row"] or {"days": 0})["days"] == most


def seconds_of(interval: dict[str, Any] | None) -> float | None:
    """Return the seconds of an interval, which agree with its times."""
    if interval is None:
        return None
    assert (at(interval["end_time"]) - at(interval["start_time"])) == interval["seconds"] * instants.SECOND
    return float(interval["seconds"])


@pytest.fixture
def late(storage: Storage) -> TestApp:
    """Return an application about a member who worked past midnight, then on a weekend."""
    berlin = User("m", "M", "Europe/Berlin")
    put(
        storage,
        berlin,
        ("2026-01-08T10:00", "2026-01-08T18:00"),
        ("2026-01-08T23:50", "2026-01-09T00:30"),
        ("2026-01-09T09:00", "2026-01-09T12:00"),
        ("2026-01-10T10:00", "2026-01-10T10:20"),
        ("2026-01-12T10:00", "2026-01-12T11:00"),
    )
    return TestApp(create_app(storage))


def test_a_break_after_midnight_is_the_rest_of_the_day_before(late: TestApp) -> None:
    (member,) = ask(late, "rest", id_list=["m"])["members"]
    assert member["shortest_rest"] == {
        "start_time": "2026-01-09T00:30:00+01:00",
        "end_time": "2026-01-09T09:00:00+01:00",
        "seconds": 8.5 * 3600,
    }
    assert member["longest_active"]["start_time"] == "2026-01-08T10:00:00+01:00"
    assert member["days_in_a_row"] == {"days": 3, "first_date": "2026-01-08", "last_date": "2026-01-10"}
    assert (member["active_seconds"], member["active_days"]) == (13 * 3600, 4)
    assert member["night_share"] == round(40 / 780, 4)
    assert member["weekend_share"] == round(20 / 780, 4)
    (shown,) = ask(late, "rest", id_list=["m"], tz="UTC", time_format="display")["members"]
    assert shown["shortest_rest"]["start_time"] == "Jan 08 2026 11:30PM"


def test_a_member_without_activity_has_no_rest_to_know(late: TestApp) -> None:
    (member,) = ask(late, "rest", id_list=["m"], **{"from": "2026-01-11", "to": "2026-01-12"})["members"]
    empty = {"longest_active": None, "shortest_rest": None, "days_in_a_row": None, "night_share": None}
    assert {key: member[key] for key in empty} == empty


def test_a_member_who_moves_keeps_their_nights(storage: Storage) -> None:
    there = User("m", "M", "America/Los_Angeles")
    put(storage, there, ("2026-01-08T23:00", "2026-01-08T23:30"))
    storage.users.put(User("m", "M", "Asia/Kolkata"))
    (member,) = ask(TestApp(create_app(storage)), "rest", id_list=["m"])["members"]
    assert (member["night_share"], member["days_in_a_row"]["first_date"]) == (1, "2026-01-08")


@pytest.mark.parametrize(
    ("scopes", "users", "team", "status"),
    [
        (("read",), (EGON.id,), None, 200),
        (("admin",), None, None, 200),
        (("read",), None, None, 403),
        (("read", "write"), None, None, 403),
        (("read",), None, "backend", 403),
        (("admin",), None, "backend", 200),
        (("read",), (GLINDA.id,), None, 403),
        (("write",), (EGON.id,), None, 403),
    ],
)
def test_a_token_sees_its_own_and_admin_sees_all(
    sqlite_storage: Storage, scopes: tuple[str, ...], users: tuple[str, ...] | None, team: str | None, status: int
) -> None:
    store_team(sqlite_storage)
    make_team(sqlite_storage, "backend", EGON, GLINDA)
    headers = make_token(sqlite_storage, *scopes, users=users, team_id=team)
    app = TestApp(create_app(sqlite_storage))
    response = send(app, "POST", "/api/rest/", {"id_list": [EGON.id]}, headers)
    assert response.status_int == status
    if status == 403:
        assert response.json["error"] == "missing_scope"
    whole = send(app, "POST", "/api/rest/", {"all": True}, headers)
    assert whole.status_int == (200 if (scopes, users, team) == (("admin",), None, None) else 403)


def test_a_rest_needs_a_window_that_is_not_empty(app: TestApp) -> None:
    assert refused(app, "rest", id_list=[EGON.id], **{"from": "2026-01-02", "to": "2026-01-01"})[2] == "/to"
