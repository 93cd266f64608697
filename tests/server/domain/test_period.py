"""Activity periods: their bounds and their offsets."""

import pytest

from ftlserver.domain import instants
from ftlserver.domain.period import LONGEST_PERIOD, ActivityPeriod
from ftlserver.domain.user import User
from ftlserver.errors import InvalidPeriodError
from tests.helpers import EGON, assignment_periods, at


@pytest.mark.parametrize(
    ("start", "end"),
    [(-1, 5), (5, 5), (6, 5), (0, LONGEST_PERIOD + 1), (instants.END_OF_TIME - 1, instants.END_OF_TIME + 1)],
)
def test_a_period_out_of_bounds_cannot_be_created(start: int, end: int) -> None:
    with pytest.raises(InvalidPeriodError):
        ActivityPeriod("a", start, end, 0, 0)


@pytest.mark.parametrize(
    ("start", "end"), [(0, 1), (0, LONGEST_PERIOD), (instants.END_OF_TIME - 1, instants.END_OF_TIME)]
)
def test_a_period_at_the_bounds_can_be_created(start: int, end: int) -> None:
    period = ActivityPeriod("a", start, end, 0, 0)
    assert period.to_json("iso")
    assert period.to_json("display")


def test_the_assignments_times_are_read_in_the_users_zone() -> None:
    period = assignment_periods(EGON)[0]
    assert period.started_at == at("2020-02-01T21:33:00Z")
    assert (period.start_offset, period.end_offset) == (-28800, -28800)
    assert period.to_json("display") == {
        "start_time": "Feb 01 2020 01:33PM",
        "end_time": "Feb 01 2020 01:54PM",
    }


def test_a_period_over_a_dst_change_has_two_offsets() -> None:
    berlin = User("b", "B", "Europe/Berlin")
    period = ActivityPeriod.from_text(berlin, "2026-10-25T00:30:00", "2026-10-25T04:30:00")
    assert period.ended_at - period.started_at == 5 * instants.HOUR
    assert period.to_json("iso") == {
        "start_time": "2026-10-25T00:30:00+02:00",
        "end_time": "2026-10-25T04:30:00+01:00",
    }
