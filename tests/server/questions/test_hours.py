"""At which hours of the week members are usually active."""

from datetime import date, timedelta

from webtest import TestApp

from ftlserver.domain.user import User
from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests.helpers import ask, put


def test_hours_are_shares_of_the_weeks_in_the_window(storage: Storage) -> None:
    monday = date(2026, 1, 5)
    times = [
        (
            f"{monday + timedelta(weeks=week)}T09:00",
            f"{monday + timedelta(weeks=week)}T{'10' if week else '09'}:30",
        )
        for week in range(4)
    ]
    put(storage, User("u", "U", "Asia/Kathmandu"), *times)
    answer = ask(
        TestApp(create_app(storage)), "hours", id_list=["u"], **{"from": "2026-01-05", "to": "2026-02-02"}
    )
    member = answer["members"][0]
    assert (member["weeks"], answer["tz"]) == (4, None)
    assert {hour: share for hour, share in enumerate(member["hours"]) if share} == {9: 0.875, 10: 0.375}
    shifted = ask(
        TestApp(create_app(storage)),
        "hours",
        id_list=["u"],
        tz="UTC",
        **{"from": "2026-01-05", "to": "2026-02-02"},
    )
    assert shifted["tz"] == "UTC"
    assert {hour: share for hour, share in enumerate(shifted["members"][0]["hours"]) if share} == {
        3: 0.6875,
        4: 0.5625,
    }


def test_an_hour_that_occurs_twice_counts_twice(storage: Storage) -> None:
    put(storage, User("b", "B", "Europe/Berlin"), ("2026-10-25T02:00:00+02:00", "2026-10-25T03:00:00+02:00"))
    window = {"from": "2026-10-19", "to": "2026-10-26"}
    assert (
        ask(TestApp(create_app(storage)), "hours", id_list=["b"], **window)["members"][0]["hours"][6 * 24 + 2]
        == 0.5
    )
