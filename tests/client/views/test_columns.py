"""The columns of an axis against an oracle that looks at every minute."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftlclient.api.models import ActivityPeriod, union
from ftlclient.views._columns import Columns, within
from ftlcommon import zones
from tests.client.conftest import lines

ZONES = ["Europe/Berlin", "America/Los_Angeles", "Australia/Lord_Howe", "Asia/Beirut", "UTC"]
DAYS = [date(2026, 1, 5), date(2026, 3, 29), date(2026, 10, 25), date(2026, 3, 8), date(2026, 4, 5)]
pairs_of_minutes = st.lists(st.tuples(st.integers(0, 1439), st.integers(1, 600)), max_size=8)


def periods_of(pairs: list[tuple[int, int]], start: datetime, end: datetime) -> list[ActivityPeriod]:
    minute = timedelta(minutes=1)
    found = [(start + minute * at, min(start + minute * (at + length), end)) for at, length in pairs]
    return union(ActivityPeriod(*pair) for pair in found if pair[0] < pair[1])


@given(pairs_of_minutes, st.integers(24, 200), st.sampled_from(ZONES), st.sampled_from(DAYS))
def test_the_columns_of_a_day_add_up_to_its_active_time(
    pairs: list[tuple[int, int]], width: int, name: str, day: date
) -> None:
    tz = zones.zone(name)
    assert tz is not None
    start, end = zones.day_edges(day, tz)
    periods = periods_of(pairs, start, end)
    active = sum((period.length for period in periods), timedelta())
    shares = Columns.even(start, end, width).shares(periods)
    assert sum(shares) * (end - start) / width / timedelta(minutes=1) == pytest.approx(
        active / timedelta(minutes=1)
    )
    on_clock = Columns.wall_clock(day, tz, width)
    lengths = [after - before for before, after in zip(on_clock._edges, on_clock._edges[1:], strict=False)]
    assert sum(lengths, timedelta()) == end - start
    covered = sum(
        (share * length for share, length in zip(on_clock.shares(periods), lengths, strict=True)), timedelta()
    )
    assert covered / timedelta(minutes=1) == pytest.approx(active / timedelta(minutes=1))
    assert all(0 <= share <= 1 + 1e-9 for share in (*shares, *on_clock.shares(periods)))


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize("day", DAYS, ids=str)
def test_on_the_wall_clock_each_minute_is_in_the_column_of_its_hour(name: str, day: date) -> None:
    tz = zones.zone(name)
    assert tz is not None
    start, end = zones.day_edges(day, tz)
    columns = Columns.wall_clock(day, tz, 24)
    for number in range(int((end - start) / timedelta(minutes=30))):
        minute = start + timedelta(minutes=30 * number)
        shares = columns.shares([ActivityPeriod(minute, minute + timedelta(minutes=1))])
        (column,) = (column for column, share in enumerate(shares) if share)
        assert column == minute.astimezone(tz).hour


def test_the_night_is_that_of_the_members_zone() -> None:
    start = datetime(2026, 1, 5, tzinfo=UTC)
    columns = Columns.even(start, start + timedelta(days=1), 24)
    tokyo, utc = zones.zone("Asia/Tokyo"), zones.UTC_ZONE
    assert tokyo is not None
    assert lines(columns.row([], utc, ascii_only=False)) == ["······" + " " * 16 + "··"]
    assert lines(columns.row([], tokyo, ascii_only=True)) == [" " * 13 + "........"]


def test_periods_are_cut_at_both_edges() -> None:
    start = datetime(2026, 1, 5, tzinfo=UTC)
    hour = timedelta(hours=1)
    periods = [ActivityPeriod(start + hour * n, start + hour * (n + 1)) for n in (0, 2, 4)]
    assert within(periods, start + hour / 2, start + hour * 5 / 2) == [
        ActivityPeriod(start + hour / 2, start + hour),
        ActivityPeriod(start + hour * 2, start + hour * 5 / 2),
    ]
    assert within(periods, start, start) == []
