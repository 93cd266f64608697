"""Times to meet in turn."""

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from webtest import TestApp

from ftlserver.commands import sample_data
from ftlserver.domain import instants
from ftlserver.domain.period import ActivityPeriod
from ftlserver.domain.user import User
from ftlserver.questions import rotation
from ftlserver.questions.rotation import fairest
from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests.helpers import ask, at, put, refused


def key(costs: list[tuple[int, ...]], chosen: tuple[int, ...]) -> tuple[int, int]:
    sums = [sum(costs[index][member] for index in chosen) for member in range(len(costs[0]))]
    return max(sums), sum(sums)


def are_apart(times: list[tuple[int, int]], chosen: tuple[int, ...]) -> bool:
    return all(times[a][1] <= times[b][0] or times[b][1] <= times[a][0] for a, b in combinations(chosen, 2))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_other_choice_is_fairer(data: st.DataObject) -> None:
    members, length = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 3))
    cost = st.tuples(*[st.sampled_from([0, 0, 30, 60])] * members)
    costs = data.draw(st.lists(cost, min_size=10, max_size=14))
    times = [(start, start + length) for start in range(len(costs))]
    count = data.draw(st.integers(1, 4))
    found = fairest(costs, times, count)
    assert found.is_lowest
    possible = [chosen for chosen in combinations(range(len(costs)), count) if are_apart(times, chosen)]
    assert tuple(sorted(found.indexes)) in possible
    assert key(costs, tuple(found.indexes)) == min(key(costs, chosen) for chosen in possible)


def test_fewer_are_chosen_where_no_more_fit() -> None:
    assert sorted(fairest([(0,), (0,), (5,)], [(0, 2), (1, 3), (2, 4)], 3).indexes) == [0, 2]
    assert fairest([], [], 3).indexes == []


def test_a_search_that_is_given_up_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "_MOST_WORK", 100)
    costs = [tuple((7 * slot + 3 * member) % 5 for member in range(6)) for slot in range(40)]
    found = fairest(costs, [(start, start + 1) for start in range(40)], 6)
    assert (len(found.indexes), found.is_lowest) == (6, False)


WEEK = {"from": "2026-01-05", "to": "2026-02-02", "week": "2026-02-02"}


def test_three_who_share_no_hour_take_turns(sqlite_storage: Storage) -> None:
    ids = []
    for tz in ("Europe/Berlin", "America/Los_Angeles", "Asia/Tokyo"):
        days = [date(2026, 1, 5) + timedelta(days=n) for n in range(28)]
        times = [(f"{day}T09:00", f"{day}T16:00") for day in days if day.weekday() < 5]
        put(sqlite_storage, User(tz.replace("/", "-"), tz, tz), *times)
        ids.append(tz.replace("/", "-"))
    put(sqlite_storage, User("new", "New", "UTC"), ("2026-01-05T09:00", "2026-01-05T10:00"))
    app = TestApp(create_app(sqlite_storage))
    found = ask(app, "meeting", id_list=[*ids, "new"], rotate=3, **WEEK)["rotation"]
    assert (found["worst_share"], found["is_lowest"]) == (0.6667, True)
    assert {member["id"]: member["outside_share"] for member in found["members"]} == dict.fromkeys(ids, 0.6667)
    assert len(found["slots"]) == 3
    assert all(slot["outside_usual_hours"] == 2 for slot in found["slots"])
    assert [slot["start_time"] for slot in found["slots"]] == sorted(slot["start_time"] for slot in found["slots"])


@pytest.mark.slow
def test_the_share_of_each_member_is_that_of_their_minutes(sqlite_storage: Storage) -> None:
    now = at("2026-11-25T12:00:00Z")
    team = [pair for pair in sample_data.demo_team(now) if pair[1][-1].ended_at > now - 60 * 24 * instants.HOUR]
    sqlite_storage.bulk_import.store([user for user, _ in team], [one for _, found in team for one in found])
    app = TestApp(create_app(sqlite_storage))
    ids = [user.id for user, _ in team]
    window = {"from": "2026-09-28", "to": "2026-11-23", "week": "2026-10-26"}
    answer = ask(app, "meeting", id_list=ids, rotate=4, minutes=45, **window)
    past = {name: window[name] for name in ("from", "to")}
    shares = {member["id"]: member["hours"] for member in ask(app, "hours", id_list=ids, **past)["members"]}
    zones = {user.id: ZoneInfo(user.tz) for user, _ in team}
    for member in answer["rotation"]["members"]:
        hours = shares[member["id"]]
        least = min(0.25, sum(sorted(hours)[-10:]) / 20)
        outside = []
        for slot in answer["rotation"]["slots"]:
            start = datetime.fromisoformat(slot["start_time"])
            for minute in range(45):
                wall = (start + timedelta(minutes=minute)).astimezone(zones[member["id"]])
                outside.append(hours[wall.weekday() * 24 + wall.hour] < least)
        assert member["outside_share"] == pytest.approx(sum(outside) / len(outside), abs=1e-4)
    assert answer["rotation"]["worst_share"] == max(m["outside_share"] for m in answer["rotation"]["members"])


@pytest.mark.slow
def test_no_two_other_slots_of_the_week_are_fairer(sqlite_storage: Storage) -> None:
    """All pairs of half hours are tried, by the shares that the API answers."""
    now = at("2026-11-25T12:00:00Z")
    team = [pair for pair in sample_data.demo_team(now) if len(pair[1]) > 10]
    sqlite_storage.bulk_import.store([user for user, _ in team], [one for _, found in team for one in found])
    app = TestApp(create_app(sqlite_storage))
    window = {"from": "2026-09-28", "to": "2026-11-23", "week": "2026-10-26"}
    rotation = ask(app, "meeting", all=True, active_only=True, rotate=2, minutes=30, **window)["rotation"]
    past = {name: window[name] for name in ("from", "to")}
    members = ask(app, "hours", all=True, active_only=True, **past)["members"]
    monday = datetime(2026, 10, 26, tzinfo=UTC)
    outside = []
    for half_hour in range(7 * 48):
        start = monday + timedelta(minutes=30 * half_hour)
        costs = []
        for member in members:
            least = min(0.25, sum(sorted(member["hours"])[-10:]) / 20)
            walls = [(start + timedelta(minutes=n)).astimezone(ZoneInfo(member["tz"])) for n in range(0, 30, 15)]
            costs.append(sum(member["hours"][wall.weekday() * 24 + wall.hour] < least for wall in walls))
        outside.append(tuple(costs))
    assert rotation["is_lowest"]
    lowest = min(key(outside, pair) for pair in combinations(range(len(outside)), 2))
    assert rotation["worst_share"] == lowest[0] / 4
    total = sum(member["outside_share"] for member in rotation["members"])
    assert total == pytest.approx(lowest[1] / 4)


def test_a_rotation_without_history_is_empty(sqlite_storage: Storage) -> None:
    put(sqlite_storage, User("a", "A", "UTC"), ("2026-01-05T09:00", "2026-01-05T10:00"))
    app = TestApp(create_app(sqlite_storage))
    answer = ask(app, "meeting", id_list=["a"], rotate=3, **WEEK)
    assert answer["rotation"] == {"slots": [], "worst_share": 0, "is_lowest": True, "members": []}
    assert "rotation" not in ask(app, "meeting", id_list=["a"], **WEEK)
    for count in (1, 13):
        assert refused(app, "meeting", id_list=["a"], rotate=count) == (400, "invalid_argument", "/rotate")


DATA = Path(__file__).parents[2] / "data"


def usual_hours(user: User, spans: list[tuple[datetime, datetime]]) -> list[bool]:
    """Return the hours of the week in which a member was usually active in 2016, counted second by second."""
    zone = ZoneInfo(user.tz)
    active, whole = [0] * 168, [0] * 168
    at_ = datetime(2016, 1, 1, tzinfo=zone).astimezone(UTC)
    while at_ < datetime(2017, 1, 1, tzinfo=zone):
        wall = at_.astimezone(zone)
        whole[wall.weekday() * 24 + wall.hour] += 1800
        at_ += timedelta(minutes=30)
    seen = set()
    for start, end in spans:
        wall_start = int(start.replace(tzinfo=UTC).timestamp())
        for second in range(int((end - start).total_seconds())):
            if (instant := int(start.timestamp()) + second) not in seen:
                seen.add(instant)
                active[((wall_start + second) // 3600 + 72) % 168] += 1  # 1970 began on a Thursday
    shares = [part / most for part, most in zip(active, whole, strict=True)]
    least = min(0.25, sum(sorted(shares)[-10:]) / 20)
    return [share >= least for share in shares]


def lowest(costs: list[tuple[int, ...]], count: int) -> tuple[int, int]:
    """Return the lowest of the highest sums of *count* costs, and then of all; every choice is tried or too high."""
    kinds = sorted(Counter(costs).items(), key=lambda kind: sum(kind[0]))
    best = (10**9, 10**9)

    def extend(first: int, left: int, sums: tuple[int, ...]) -> None:
        nonlocal best
        if (max(sums), sum(sums)) >= best:
            return
        if not left:
            best = (max(sums), sum(sums))
            return
        for place in range(first, len(kinds)):
            cost, there = kinds[place]
            more = sums
            for taken in range(1, min(left, there) + 1):
                more = tuple(a + b for a, b in zip(more, cost, strict=True))
                extend(place + 1, left - taken, more)

    extend(0, count, (0,) * len(costs[0]))
    return best


@pytest.mark.slow
def test_four_slots_for_the_ten_most_active_of_a_real_team_are_the_fairest(sqlite_storage: Storage) -> None:
    """Ten members of a git history in 2016, and the week in which America and Europe are an hour further apart."""
    lines = [json.loads(line) for line in (DATA / "team-history-2016.ndjson").read_text().splitlines()]
    users = [User(**line) for line in lines if "id" in line]
    spans: dict[str, list[tuple[datetime, datetime]]] = {user.id: [] for user in users}
    periods = []
    for line in lines:
        if "user_id" in line:
            start, end = (datetime.fromisoformat(line[name]) for name in ("start_time", "end_time"))
            spans[line["user_id"]].append((start, end))
            edges = (int(edge.timestamp()) * instants.SECOND for edge in (start, end))
            offsets = (int((edge.utcoffset() or timedelta()).total_seconds()) for edge in (start, end))
            periods.append(ActivityPeriod(line["user_id"], *edges, *offsets))
    sqlite_storage.bulk_import.store(users, periods)
    window = {"from": "2016-01-01", "to": "2017-01-01", "week": "2016-10-31"}
    asked = {"id_list": [user.id for user in users], "rotate": 4, "minutes": 30}
    found = ask(TestApp(create_app(sqlite_storage)), "meeting", **asked, **window)["rotation"]
    assert len({user.tz for user in users}) >= 3
    assert len(found["members"]) == 10
    usual = [(ZoneInfo(user.tz), usual_hours(user, spans[user.id])) for user in users]
    costs = []
    for half_hour in range(7 * 48):
        start = datetime(2016, 10, 31, tzinfo=UTC) + timedelta(minutes=30 * half_hour)
        minutes = [start + timedelta(minutes=number) for number in range(30)]
        clocks = ([minute.astimezone(zone) for minute in minutes] for zone, _ in usual)
        costs.append(
            tuple(
                sum(not hours[wall.weekday() * 24 + wall.hour] for wall in walls)
                for walls, (_, hours) in zip(clocks, usual, strict=True)
            )
        )
    worst, total = lowest(costs, 4)
    assert found["is_lowest"]
    assert found["worst_share"] == pytest.approx(worst / 120, abs=1e-4)
    assert sum(member["outside_share"] for member in found["members"]) == pytest.approx(total / 120, abs=1e-3)
    assert worst < 120  # a choice that is bad for no one all of the time
