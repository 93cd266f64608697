"""Values that cannot be wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftlserver.domain import instants
from ftlserver.domain.period import LONGEST_PERIOD, ActivityPeriod
from ftlserver.domain.time_tables import read_rows
from ftlserver.domain.user import User, is_real_name, is_user_id
from ftlserver.errors import InvalidPeriodError, InvalidUserError, UnknownZoneError
from tests.conftest import EGON, assignment_periods, at


@pytest.mark.parametrize("user_id", ["W012A3CDE", "a", "a" * 120, "ada.lovelace+x@example.com", "a_b-c"])
def test_a_user_id_is_made_of_what_addresses_are_made_of(user_id: str) -> None:
    assert is_user_id(user_id)


@pytest.mark.parametrize("user_id", ["", "a" * 121, "a b", "ä", "a\n", "a/b", "\ud800", None, 5, ["a"], {">": ""}])
def test_anything_else_is_no_user_id(user_id: object) -> None:
    assert not is_user_id(user_id)


@given(st.text(max_size=250))
def test_a_real_name_is_short_text_that_can_be_stored(name: str) -> None:
    if is_real_name(name):
        assert 1 <= len(name) <= 200
        assert name.encode()
        assert "\0" not in name
        assert "\x1b" not in name


def test_a_user_with_a_bad_field_cannot_be_made() -> None:
    with pytest.raises(InvalidUserError):
        User("a b", "A", "UTC")
    with pytest.raises(InvalidUserError):
        User("a", "A\x1b[31m", "UTC")
    with pytest.raises(UnknownZoneError):
        User("a", "A", "GMT+5")


@pytest.mark.parametrize(
    ("start", "end"),
    [(-1, 5), (5, 5), (6, 5), (0, LONGEST_PERIOD + 1), (instants.END_OF_TIME - 1, instants.END_OF_TIME + 1)],
)
def test_a_period_out_of_bounds_cannot_be_made(start: int, end: int) -> None:
    with pytest.raises(InvalidPeriodError):
        ActivityPeriod("a", start, end, 0, 0)


@pytest.mark.parametrize(
    ("start", "end"), [(0, 1), (0, LONGEST_PERIOD), (instants.END_OF_TIME - 1, instants.END_OF_TIME)]
)
def test_a_period_at_the_bounds_can(start: int, end: int) -> None:
    period = ActivityPeriod("a", start, end, 0, 0)
    assert period.to_json("iso")
    assert period.to_json("display")


def test_the_assignment_reads_as_it_should() -> None:
    period = assignment_periods(EGON)[0]
    assert period.started_at == at("2020-02-01T21:33:00Z")
    assert (period.start_offset, period.end_offset) == (-28800, -28800)
    assert period.to_json("display") == {
        "start_time": "Feb 01 2020 01:33PM",
        "end_time": "Feb 01 2020 01:54PM",
    }


ZONED = {name: User(name, name, tz) for name, tz in (("la", "America/Los_Angeles"), ("li", "Africa/Monrovia"))}
pieces = st.tuples(
    st.sampled_from(
        ["2026-03-08", "2026-03-09", "1971-12-31", "1972-01-07", "1970-01-01", "9999-12-31", "2026-02-29"]
    )
    | st.sampled_from(["20260308", "2026-3-08", "\uff12\uff1026-03-08", "0000-01-01", ""]),
    st.sampled_from(["T", "t", " ", "_", ""]),
    st.sampled_from(["00:00", "02:30", "23:59", "24:00", "12:60", "9:30", "0930", ""]),
    st.sampled_from([":00", ":59", ":60", ":07.5", ":07.123456", ":07.1234567", ":07,5", "", "00"]),
    st.sampled_from(["Z", "z", "+00:00", "-00:00", "-08:00", "+05:45", "+14:00", "+24:00", "+0100", "-23:59", ""]),
).map("".join)
usual = st.tuples(
    st.sampled_from(["2026-03-07T", "2026-03-08T", "2026-03-09 "]),
    st.sampled_from(["00:00", "09:59", "10:00", "23:59"]),
    st.sampled_from([":00", ":59", ":07.5", ":07.123456"]),
    st.sampled_from(["Z", "+00:00", "-08:00", "-07:00", "+05:45"]),
).map("".join)
sent = st.tuples(st.sampled_from(["la", "li"]), usual, usual) | st.tuples(
    st.sampled_from(["la", "li", "nobody"]), usual | pieces, usual | pieces
)


@given(st.lists(sent, max_size=3), st.sampled_from([instants.END_OF_TIME, at("2026-03-08T12:00:00Z")]))
def test_read_rows_are_those_that_are_read_one_by_one(found: list[tuple[str, str, str]], latest: int) -> None:
    rows = read_rows(found, ZONED, latest)
    if rows is not None:
        assert rows == [ActivityPeriod.from_text(ZONED[user_id], *times) for user_id, *times in found]
        assert all(row[2] <= latest for row in rows)


@pytest.mark.parametrize("offset", ["Z", "z", "+00:00", "-08:00", "+05:45"])
@pytest.mark.parametrize("seconds", [":00", ":30.5", ":30.000001"])
def test_what_programs_write_is_usual(seconds: str, offset: str) -> None:
    found = [("la", f"2026-03-08T09:00{seconds}{offset}", f"2026-03-08T10:00{seconds}{offset}")]
    assert read_rows(found, ZONED) == [ActivityPeriod.from_text(ZONED["la"], *found[0][1:])]


def test_a_period_over_a_dst_change_has_two_offsets() -> None:
    berlin = User("b", "B", "Europe/Berlin")
    period = ActivityPeriod.from_text(berlin, "2026-10-25T00:30:00", "2026-10-25T04:30:00")
    assert period.ended_at - period.started_at == 5 * instants.HOUR
    assert period.to_json("iso") == {
        "start_time": "2026-10-25T00:30:00+02:00",
        "end_time": "2026-10-25T04:30:00+01:00",
    }
