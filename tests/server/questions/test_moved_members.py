"""Windows on the clocks of members who have moved: a day is the one that their clock showed."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from webtest import TestApp

from ftlserver.domain import instants, timezones
from ftlserver.domain.period import ActivityPeriod
from ftlserver.domain.user import User
from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests.helpers import ask, at, few_examples, put, start_over

LOS_ANGELES = User("m", "M", "America/Los_Angeles")
DAY = {"from": "2026-06-10", "to": "2026-06-11"}


@pytest.fixture
def moved(storage: Storage) -> TestApp:
    """Give an application with a user who worked from 15 to 16 in Los Angeles and lives in Kolkata today."""
    put(storage, LOS_ANGELES, ("2026-06-10T15:00:00", "2026-06-10T16:00:00"))
    storage.bulk_import.store([User("m", "M", "Asia/Kolkata")], [])
    return TestApp(create_app(storage))


def active(app: TestApp, from_: str, to: str) -> dict[str, float]:
    (member,) = ask(app, "summary", id_list=["m"], **{"from": from_, "to": to})["members"]
    days = {day["date"]: day["active_seconds"] for day in member["days"]}
    assert sum(days.values()) == member["active_seconds"]
    return days


def test_a_day_alone_is_the_day_among_others(moved: TestApp) -> None:
    assert active(moved, "2026-06-10", "2026-06-11") == {"2026-06-10": 3600}
    assert active(moved, "2026-06-09", "2026-06-13")["2026-06-10"] == 3600
    assert active(moved, "2026-06-11", "2026-06-12") == {"2026-06-11": 0}
    assert active(moved, "2026-06-09", "2026-06-10") == {"2026-06-09": 0}


def test_the_window_is_shown_as_it_lies_in_the_members_zone(moved: TestApp) -> None:
    window = ask(moved, "summary", id_list=["m"], **DAY)["window"]
    assert (window["from"], window["to"]) == ("2026-06-09T18:30:00Z", "2026-06-10T18:30:00Z")


def test_every_question_finds_the_day(moved: TestApp) -> None:
    activity = {"id_list": ["m"], "time_format": "iso", **DAY}
    period = {"start_time": "2026-06-10T15:00:00-07:00", "end_time": "2026-06-10T16:00:00-07:00"}
    assert ask(moved, "loguseractivity", **activity)["members"][0]["activity_periods"] == [period]
    half = activity | {"to": "2026-06-10T15:30:00"}
    assert ask(moved, "loguseractivity", **half)["members"][0]["activity_periods"] == [period]
    cut = period | {"end_time": "2026-06-10T15:30:00-07:00"}
    assert ask(moved, "loguseractivity", **half, clip=True)["members"][0]["activity_periods"] == [cut]
    tomorrow = activity | {"from": "2026-06-11", "to": "2026-06-12"}
    assert ask(moved, "loguseractivity", **tomorrow)["members"][0]["activity_periods"] == []
    assert ask(moved, "overlap", id_list=["m"], **DAY)["overlap_seconds"] == 3600
    shares = ask(moved, "hours", id_list=["m"], **DAY)["members"][0]["hours"]
    assert {hour: share for hour, share in enumerate(shares) if share} == {2 * 24 + 15: 1}
    meeting = ask(moved, "meeting", id_list=["m"], week="2026-06-15", **DAY)
    assert meeting["slots"][0]["members"][0]["local_time"] == "2026-06-17T15:00:00+05:30"


@pytest.mark.parametrize("question", ["summary", "overlap", "hours", "loguseractivity"])
def test_a_member_who_was_active_on_the_day_is_not_left_out_as_inactive(moved: TestApp, question: str) -> None:
    for order in ({}, {"order": "active"}):
        answer = ask(moved, question, all=True, active_only=True, **order, **DAY)
        assert [member["id"] for member in answer["members"]] == ["m"]


def test_a_window_in_a_zone_is_the_same_wherever_a_member_lived(moved: TestApp) -> None:
    for tz, seconds in (("Asia/Kolkata", 0), ("America/Los_Angeles", 3600)):
        assert ask(moved, "summary", id_list=["m"], tz=tz, **DAY)["members"][0]["active_seconds"] == seconds
    absolute = {"from": "2026-06-10T22:30:00Z", "to": "2026-06-11T00:00:00Z"}
    assert ask(moved, "summary", id_list=["m"], **absolute)["members"][0]["active_seconds"] == 1800


def test_a_window_without_end_begins_on_the_clock_that_the_member_had(storage: Storage) -> None:
    put(storage, LOS_ANGELES, ("2026-06-09T18:00:00", "2026-06-09T20:00:00"))  # the 10th in Kolkata
    storage.bulk_import.store([User("m", "M", "Asia/Kolkata")], [])
    app = TestApp(create_app(storage))
    for from_, seconds in (("2026-06-10", 0), ("2026-06-09", 7200), ("2026-06-09T19:00:00", 3600)):
        assert ask(app, "summary", id_list=["m"], **{"from": from_})["members"][0]["active_seconds"] == seconds


DAYS = 5
FIRST = date(2026, 10, 23)  # two days before the clocks go back in Berlin
homes = st.sampled_from(
    ["Europe/Berlin", "America/Los_Angeles", "Asia/Kolkata", "Pacific/Kiritimati", "Pacific/Niue", "UTC"]
)
recorded = st.lists(
    st.tuples(homes, st.integers(-36 * 60, (DAYS * 24 + 36) * 60), st.integers(1, 30 * 60)), max_size=6
)


@pytest.mark.slow
@few_examples
@given(home=homes, history=recorded, window=st.tuples(st.integers(0, DAYS - 1), st.integers(1, DAYS)))
def test_days_hold_each_minute_that_a_clock_showed_on_them(
    storage: Storage, home: str, history: list[tuple[str, int, int]], window: tuple[int, int]
) -> None:
    """The first period that contains a minute says what the clock showed; the oracle looks at each minute."""
    start_over(storage)
    origin = at(f"{FIRST}T00:00:00Z")
    periods = {}
    for tz, start, length in history:
        # A constant offset: where the zone of a period changed its clock cannot be known from the period.
        offset = timezones.offset_at(origin, timezones.zone(tz))
        edges = origin + start * instants.MINUTE, origin + (start + length) * instants.MINUTE
        periods[edges[0]] = ActivityPeriod("m", *edges, offset, offset)
    storage.bulk_import.store([User("m", "M", home)], list(periods.values()))
    from_ = FIRST + timedelta(days=window[0])
    to = min(from_ + timedelta(days=window[1]), FIRST + timedelta(days=DAYS))
    expected = {str(from_ + timedelta(days=number)): 0 for number in range((to - from_).days)}
    seen: set[int] = set()
    for period in sorted(periods.values(), key=lambda period: period.started_at):
        for instant in range(period.started_at, period.ended_at, instants.MINUTE):
            day = str(instants.wall_clock(instant, period.start_offset).date())
            if instant not in seen and day in expected:
                expected[day] += 60
            seen.add(instant)
    app = TestApp(create_app(storage))
    asked: dict[str, Any] = {"id_list": ["m"], "from": str(from_), "to": str(to)}
    (member,) = ask(app, "summary", **asked)["members"]
    assert {day["date"]: day["active_seconds"] for day in member["days"]} == expected
    assert ask(app, "overlap", **asked)["overlap_seconds"] == sum(expected.values())
