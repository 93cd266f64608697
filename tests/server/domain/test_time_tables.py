"""The fast path for reading and writing times, against its plain twin."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftlserver.domain import instants, time_formats, time_tables
from ftlserver.domain.period import ActivityPeriod
from ftlserver.domain.time_tables import read_rows
from ftlserver.domain.user import User
from tests.helpers import at

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

canonical = st.tuples(
    st.sampled_from(["2026-03-07T", "2026-03-08T", "2026-03-09 "]),
    st.sampled_from(["00:00", "09:59", "10:00", "23:59"]),
    st.sampled_from([":00", ":59", ":07.5", ":07.123456"]),
    st.sampled_from(["Z", "+00:00", "-08:00", "-07:00", "+05:45"]),
).map("".join)

sent = st.tuples(st.sampled_from(["la", "li"]), canonical, canonical) | st.tuples(
    st.sampled_from(["la", "li", "unknown"]), canonical | pieces, canonical | pieces
)


@given(st.lists(sent, max_size=3), st.sampled_from([instants.END_OF_TIME, at("2026-03-08T12:00:00Z")]))
def test_read_rows_equals_reading_periods_one_by_one(found: list[tuple[str, str, str]], latest: int) -> None:
    rows = read_rows(found, ZONED, latest)
    if rows is not None:
        assert rows == [ActivityPeriod.from_text(ZONED[user_id], *times) for user_id, *times in found]
        assert all(row[2] <= latest for row in rows)


@pytest.mark.parametrize("offset", ["Z", "z", "+00:00", "-08:00", "+05:45"])
@pytest.mark.parametrize("seconds", [":00", ":30.5", ":30.000001"])
def test_canonical_times_take_the_fast_path(seconds: str, offset: str) -> None:
    found = [("la", f"2026-03-08T09:00{seconds}{offset}", f"2026-03-08T10:00{seconds}{offset}")]
    assert read_rows(found, ZONED) == [ActivityPeriod.from_text(ZONED["la"], *found[0][1:])]


@given(
    st.integers(0, instants.END_OF_TIME - 1) | st.integers(0, 10**9).map(lambda second: second * instants.SECOND),
    st.integers(-86_399, 86_399) | st.sampled_from([0, 3_600, -28_800, 20_700, -2_670]),
)
def test_times_are_written_as_by_the_plain_functions(instant: int, offset: int) -> None:
    assert time_tables.iso(instant, offset) == time_formats.iso(instant, offset)
    minute = (instant + offset * instants.SECOND) // instants.MINUTE
    displayed = time_tables.DAYS_DISPLAYED[minute // 1440] + time_tables.CLOCKS_DISPLAYED[minute % 1440]
    assert displayed == time_formats.display(instant, offset)
