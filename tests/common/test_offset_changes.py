"""The search for offset changes, against offsets that are known at every second."""

from bisect import bisect_right
from datetime import UTC, datetime
from itertools import accumulate
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from ftlcommon.offset_changes import offset_changes

DAY = 86_400


@given(
    st.integers(-DAY, DAY),
    st.lists(st.tuples(st.integers(6 * DAY + 1, 100 * DAY), st.sampled_from([-3600, 3600, 1800])), max_size=8),
    st.integers(-20 * DAY, 200 * DAY),
    st.integers(0, 200 * DAY),
)
def test_each_change_between_start_and_end_is_found(
    first: int, distances: list[tuple[int, int]], start: int, length: int
) -> None:
    seconds = list(accumulate((distance for distance, _ in distances), initial=first))
    offsets = list(accumulate((step for _, step in distances), initial=0))

    def offset_at(second: int) -> int:
        return offsets[max(bisect_right(seconds, second) - 1, 0)]

    expected = [(second, offset) for second, offset in zip(seconds[1:], offsets[1:], strict=True)]
    end = start + length
    found = list(offset_changes(offset_at, start, end))
    assert found == [(second, offset) for second, offset in expected if start < second < end]


def test_the_shortest_known_interval_between_two_changes_is_found() -> None:
    recife = ZoneInfo("America/Recife")

    def offset_at(second: int) -> int:
        offset = datetime.fromtimestamp(second, recife).utcoffset()
        assert offset is not None
        return int(offset.total_seconds())

    start, end = (int(datetime(2000, month, 1, tzinfo=UTC).timestamp()) for month in (10, 12))
    assert [(datetime.fromtimestamp(at, UTC), offset) for at, offset in offset_changes(offset_at, start, end)] == [
        (datetime(2000, 10, 8, 3, tzinfo=UTC), -7_200),
        (datetime(2000, 10, 15, 2, tzinfo=UTC), -10_800),
    ]


def test_an_empty_interval_has_no_changes() -> None:
    assert list(offset_changes(lambda second: second, 5, 5)) == []
    assert list(offset_changes(lambda second: second, 5, 6)) == []
