"""Days, weeks, months and years as people type them; docs/times.md has more of them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftlcommon.day_expressions import DayError, read_days

TODAY = date(2026, 11, 25)


@given(
    st.dates(date(1970, 1, 1), date(2026, 11, 25)),
    st.sampled_from(
        [
            "%Y-%m-%d",
            "%Y%m%d",
            "%Y/%m/%d",
            "%d %B %Y",
            "%B %d, %Y",
            "%b %d %Y",
            "%d-%b-%Y",
            "%a %d %b %Y",
            "%A, %B %d, %Y",
        ]
    ),
)
def test_every_day_is_read_as_it_is_written(day: date, form: str) -> None:
    assert read_days(day.strftime(form), TODAY) == (day, day + timedelta(days=1))


@given(st.integers(1, 40), st.sampled_from(["may", "november", "feb"]), st.integers(0, 2100), st.booleans())
def test_no_number_of_a_date_is_made_something_else(day: int, month: str, year: int, month_first: bool) -> None:
    text = f"{month} {day} {year}" if month_first else f"{day} {month} {year}"
    try:
        first = date(year, {"may": 5, "november": 11, "feb": 2}[month], day)
    except ValueError:
        first = None
    try:
        found = read_days(text, TODAY)[0]
    except DayError:
        return
    assert first is not None
    assert found == first


@pytest.mark.parametrize(
    ("text", "first", "after"),
    [
        ("last-week", "2026-11-16", "2026-11-23"),
        ("May 2023", "2023-05-01", "2023-06-01"),
        ("2w", "2026-11-12", "2026-11-26"),
        ("2 weeks ago", "2026-11-11", "2026-11-12"),
    ],
)
def test_a_range_has_its_first_day_and_the_day_after(text: str, first: str, after: str) -> None:
    assert read_days(text, TODAY) == (date.fromisoformat(first), date.fromisoformat(after))


@pytest.mark.parametrize(
    "text", ["now", "9am", "2 hours", "2026-11-16T09:00", "999 years ago", "9999-12-31", "1969"]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(DayError):
        read_days(text, TODAY)
