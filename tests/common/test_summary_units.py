"""Days, weeks, months and years."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ftlcommon.summary_units import UNITS, next_unit, seconds_of, unit_start

FORMS = {"day": "%F", "week": "%G-W%V", "month": "%Y-%m", "year": "%Y"}


@given(st.dates(date(1970, 1, 1), date(9990, 1, 1)), st.sampled_from(UNITS))
def test_units_follow_each_other(day: date, per: str) -> None:
    start, after = unit_start(per, day), next_unit(per, unit_start(per, day))
    assert start <= day < after
    name = f"{day:{FORMS[per]}}"
    assert f"{start:{FORMS[per]}}" == f"{after - timedelta(days=1):{FORMS[per]}}" == name
    assert f"{after:{FORMS[per]}}" != name


def test_the_units_of_a_summary_have_first_days() -> None:
    member = {
        "days": [{"date": "2018-12-31", "active_seconds": 1}],
        "weeks": [{"week": "2019-W01", "active_seconds": 2.5}],
        "months": [{"month": "2018-12", "active_seconds": 3}],
    }
    assert seconds_of(member, "day") == {date(2018, 12, 31): 1.0}
    assert seconds_of(member, "week") == {date(2018, 12, 31): 2.5}
    assert seconds_of(member, "month") == {date(2018, 12, 1): 3.0}
