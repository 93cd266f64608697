"""How long members were active on each day."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from webtest import TestApp

from ftlserver.domain.period import ActivityPeriod
from ftlserver.domain.user import User
from ftlserver.questions import limits
from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests.helpers import ABOUT_BOTH, ask, at, few_examples, put, refused


def days(app: TestApp, user_id: str, **document: Any) -> dict[str, Any]:
    return {day["date"]: day for day in ask(app, "summary", id_list=[user_id], **document)["members"][0]["days"]}


def test_a_day_of_25_hours_and_one_of_23(storage: Storage) -> None:
    put(storage, User("b", "B", "Europe/Berlin"), ("2026-10-25T00:30:00+02:00", "2026-10-25T04:30:00+01:00"))
    app = TestApp(create_app(storage))
    day = days(app, "b", **{"from": "2026-10-25", "to": "2026-10-26"})["2026-10-25"]
    assert day == {
        "date": "2026-10-25",
        "active_seconds": 18_000,
        "first_start": "2026-10-25T00:30:00+02:00",
        "last_end": "2026-10-25T04:30:00+01:00",
        "length_seconds": 90_000,
    }
    assert days(app, "b", **{"from": "2026-03-29", "to": "2026-03-30"})["2026-03-29"]["length_seconds"] == 82_800


def test_days_that_a_zone_skipped_or_shortened(storage: Storage) -> None:
    storage.users.add_new([User("a", "A", "Pacific/Apia"), User("l", "L", "Australia/Lord_Howe")])
    app = TestApp(create_app(storage))
    assert list(days(app, "a", **{"from": "2011-12-28", "to": "2012-01-02"})) == [
        "2011-12-28",
        "2011-12-29",
        "2011-12-31",
        "2012-01-01",
    ]
    howe = days(app, "l", **{"from": "2026-01-01", "to": "2027-01-01"})
    assert (howe["2026-10-04"]["length_seconds"], howe["2026-04-05"]["length_seconds"]) == (84_600, 88_200)
    assert len(howe) == 365


def test_a_member_who_moved_keeps_their_days(storage: Storage) -> None:
    berlin = User("m", "M", "Europe/Berlin")
    put(
        storage,
        berlin,
        ("2026-06-01T22:00:00", "2026-06-02T01:00:00"),
        ("2026-10-25T01:00:00", "2026-10-25T23:30:00"),
    )
    app = TestApp(create_app(storage))
    window = {"from": "2026-05-01T00:00:00Z", "to": "2026-11-01T00:00:00Z"}
    before = days(app, "m", **window)
    periods = ask(app, "loguseractivity", id_list=["m"], time_format="iso")["members"][0]["activity_periods"]
    storage.bulk_import.store([User("m", "M", "America/Los_Angeles")], [])
    after = days(app, "m", **window)
    active = {
        name: (day["active_seconds"], day["first_start"]) for name, day in before.items() if day["active_seconds"]
    }
    assert {
        name: (day["active_seconds"], day["first_start"]) for name, day in after.items() if day["active_seconds"]
    } == active
    assert {name: seconds for name, (seconds, _) in active.items()} == {
        "2026-06-01": 7200,
        "2026-06-02": 3600,
        "2026-10-25": 84_600,
    }
    assert all(day["active_seconds"] <= day["length_seconds"] for day in after.values())
    again = ask(app, "loguseractivity", id_list=["m"], time_format="iso")["members"][0]
    assert (again["tz"], again["activity_periods"]) == ("America/Los_Angeles", periods)


def test_day_zone_gives_the_days_of_that_zone(app: TestApp) -> None:
    found = ask(
        app,
        "summary",
        **ABOUT_BOTH,
        day_zone="Asia/Tokyo",
        tz="Asia/Tokyo",
        **{"from": "2020-03-01", "to": "2020-03-03"},
    )
    assert [[day["active_seconds"] for day in member["days"]] for member in found["members"]] == [
        [0, 10140],
        [10140, 0],
    ]
    assert found["members"][0]["days"][1]["first_start"] == "2020-03-02T04:11:00+09:00"
    assert found["window"]["rule"].endswith("days are those of Asia/Tokyo")
    assert refused(app, "summary", **ABOUT_BOTH, day_zone="Mars")[1] == "unknown_timezone"


def test_without_from_the_days_begin_with_the_first_activity(app: TestApp, team: Storage) -> None:
    team.users.add_new([User("idle", "I", "UTC")])
    egon, idle = ask(app, "summary", id_list=["W012A3CDE", "idle"], to="2020-02-04T00:00:00Z")["members"]
    assert [day["date"] for day in egon["days"]] == ["2020-02-01", "2020-02-02", "2020-02-03"]
    assert idle["days"] == []


def test_too_many_days_are_refused(app: TestApp) -> None:
    assert refused(app, "summary", **ABOUT_BOTH, **{"from": "1970-01-02", "to": "9999-01-01"})[:2] == (
        400,
        "too_much",
    )


YEARS = st.sampled_from(["2018-12-24", "2020-12-25", "2024-02-20", "2026-03-20", "2026-10-20"])
QUARTERS = 20 * 24 * 4  # quarters of an hour in 20 days
NAMES = {"week": "%G-W%V", "month": "%Y-%m"}


@few_examples
@given(
    first_day=YEARS,
    tz=st.sampled_from(["Europe/Berlin", "Asia/Kathmandu", "America/Los_Angeles", "Pacific/Apia"]),
    day_zone=st.sampled_from(["member", "Pacific/Kiritimati"]),
    found=st.lists(st.tuples(st.integers(0, QUARTERS), st.integers(1, 300)), max_size=8),
    window=st.tuples(st.integers(0, QUARTERS), st.integers(1, QUARTERS)),
)
def test_weeks_months_and_totals_agree_with_an_oracle_that_looks_at_every_quarter_of_an_hour(
    storage: Storage,
    first_day: str,
    tz: str,
    day_zone: str,
    found: list[tuple[int, int]],
    window: tuple[int, int],
) -> None:
    begin = datetime.fromisoformat(f"{first_day}T00:00:00Z")

    def time(quarter: int) -> datetime:
        return begin + timedelta(minutes=15 * quarter)

    user = User("u", "U", tz)
    for stored in storage.users.all():
        storage.users.delete(stored.id)
    edges = [(at(time(start).isoformat()), at(time(start + length).isoformat())) for start, length in found]
    storage.bulk_import.store([user], (ActivityPeriod.in_zone(user, *pair) for pair in edges))
    first, last = window[0], window[0] + window[1]
    active = {q for start, length in found for q in range(start, start + length) if first <= q < last}
    asked = {"id_list": ["u"], "from": time(first).isoformat(), "to": time(last).isoformat(), "day_zone": day_zone}
    app = TestApp(create_app(storage))
    zone = ZoneInfo(tz if day_zone == "member" else day_zone)

    total = ask(app, "summary", **asked, per="total")["members"]
    assert total == [{"id": "u", "real_name": "U", "tz": tz, "active_seconds": 900 * len(active)}]
    for per, name in NAMES.items():
        expected = dict.fromkeys((f"{time(q).astimezone(zone):{name}}" for q in range(first, last)), 0)
        firsts, lasts = {}, {}
        for quarter in sorted(active):
            unit = f"{time(quarter).astimezone(zone):{name}}"
            expected[unit] += 900
            firsts.setdefault(unit, time(quarter))
            lasts[unit] = time(quarter + 1)
        (member,) = ask(app, "summary", **asked, per=per)["members"]
        assert member["active_seconds"] == 900 * len(active)
        assert {unit[per]: unit["active_seconds"] for unit in member[f"{per}s"]} == expected
        assert list(expected) == [unit[per] for unit in member[f"{per}s"]]
        for unit in member[f"{per}s"]:
            assert unit["active_seconds"] <= unit["length_seconds"] == seconds_of(per, unit[per], zone)
            if unit["active_seconds"]:
                edges_shown = [datetime.fromisoformat(unit[key]) for key in ("first_start", "last_end")]
                assert edges_shown == [firsts[unit[per]], lasts[unit[per]]]


def seconds_of(per: str, name: str, tz: ZoneInfo) -> float:
    """Return how long a week or a month lasts in a zone."""
    if per == "week":
        start = datetime.fromisoformat(f"{name}-1")
        end = start + timedelta(days=7)
    else:
        start = datetime.fromisoformat(f"{name}-01")
        end = (start + timedelta(days=31)).replace(day=1)
    begun, done = (edge.replace(tzinfo=tz).astimezone(UTC) for edge in (start, end))
    return (done - begun).total_seconds()


def test_a_week_belongs_to_its_iso_year(storage: Storage) -> None:
    put(storage, User("a", "A", "UTC"), ("2018-12-31T10:00:00", "2018-12-31T11:00:00"))
    put(storage, User("b", "B", "UTC"), ("2021-01-03T10:00:00", "2021-01-03T11:00:00"))
    app = TestApp(create_app(storage))
    for user_id, week in (("a", "2019-W01"), ("b", "2020-W53")):
        answer = ask(app, "summary", id_list=[user_id], per="week", to="2021-01-04")
        assert answer["members"][0]["weeks"][0]["week"] == week
        assert answer["window"]["rule"].endswith("; weeks are those of each member")


def test_per_day_is_what_is_answered_without_per(app: TestApp) -> None:
    window = {"from": "2020-02-28", "to": "2020-03-20", "tz": "Asia/Kolkata"}
    assert ask(app, "summary", **ABOUT_BOTH, **window, per="day") == ask(app, "summary", **ABOUT_BOTH, **window)


def test_weeks_and_months_at_the_edges_of_the_calendar(app: TestApp) -> None:
    for window in ({"from": "1970-01-01", "to": "1970-01-03"}, {"from": "9999-11-27", "to": "9999-11-29"}):
        for per in ("week", "month"):
            for tz in ("UTC", "Pacific/Kiritimati", "Pacific/Niue"):
                for member in ask(app, "summary", **ABOUT_BOTH, **window, per=per, day_zone=tz)["members"]:
                    assert len(member[f"{per}s"]) in (1, 2)


def test_a_member_who_moved_keeps_their_weeks(storage: Storage) -> None:
    berlin = User("m", "M", "Europe/Berlin")
    # On Monday in Berlin, on Sunday in Los Angeles.
    put(storage, berlin, ("2026-06-01T01:00:00", "2026-06-01T02:00:00"))
    storage.bulk_import.store([User("m", "M", "America/Los_Angeles")], [])
    app = TestApp(create_app(storage))
    for per, expected in (("week", {"2026-W22": 0, "2026-W23": 3600}), ("month", {"2026-05": 0, "2026-06": 3600})):
        window = {"from": "2026-05-30T00:00:00Z", "to": "2026-06-01T02:00:00Z"}
        (member,) = ask(app, "summary", id_list=["m"], **window, per=per)["members"]
        assert {unit[per]: unit["active_seconds"] for unit in member[f"{per}s"]} == expected


def test_a_total_of_many_members_over_years_is_not_too_much(app: TestApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "DAYS", 12)
    window = {"from": "2020-01-01", "to": "2020-07-01"}
    assert refused(app, "summary", **ABOUT_BOTH, **window)[:2] == (400, "too_much")
    assert refused(app, "summary", **ABOUT_BOTH, **window, per="week")[:2] == (400, "too_much")
    assert ask(app, "summary", **ABOUT_BOTH, **window, per="month")["members"]
    assert ask(app, "summary", **ABOUT_BOTH, **window, per="total")["members"]
    assert refused(app, "summary", **ABOUT_BOTH, per="year")[:2] == (400, "invalid_argument")
