"""Members and periods from valid and invalid answers."""

from datetime import timedelta
from typing import Any

import pytest

from ftlclient.api.models import ActivityPeriod, Member
from ftlclient.errors import NotThisAPIError
from tests.client.conftest import member, period


def test_a_member_is_read_from_an_answer() -> None:
    found = Member.from_json(member(period("2026-10-25T00:30:00+02:00", "2026-10-25T04:30:00+01:00")))
    assert (found.id, found.real_name, found.tz) == ("a", "A", "UTC")
    assert found.activity_periods[0].length == timedelta(hours=5)
    assert found.active == timedelta(hours=5)


def test_time_that_overlaps_counts_once() -> None:
    times = [("00", "04"), ("01", "02"), ("03", "05"), ("05", "06"), ("08", "09")]
    found = Member.from_json(
        member(*(period(f"2026-01-01T{a}:00:00Z", f"2026-01-01T{b}:00:00Z") for a, b in times))
    )
    assert found.active == timedelta(hours=7)
    assert Member.from_json(member()).active == timedelta()


@pytest.mark.parametrize(
    "document",
    [
        None,
        5,
        [],
        {},
        {"id": "a"},
        {**member(), "id": 5},
        {**member(), "tz": None},
        {**member(), "activity_periods": {}},
        member(5),
        member({}),
        member(period("Feb 01 2020 01:33PM", "Feb 01 2020 01:54PM")),
        member(period("2026-01-01T00:00:00", "2026-01-01T01:00:00")),
        member(period("2026-01-01T01:00:00Z", "2026-01-01T00:00:00Z")),
        member({"start_time": 5, "end_time": 6}),
    ],
)
def test_an_invalid_member_is_refused(document: Any) -> None:
    with pytest.raises(NotThisAPIError):
        Member.from_json(document)


def test_a_period_is_a_value() -> None:
    one, other = (ActivityPeriod.from_json(period("2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z")) for _ in "ab")
    assert one == other
    assert hash(one) == hash(other)
