"""Periods that add nothing."""

from hypothesis import given
from hypothesis import strategies as st

from ftlserver.domain.instants import MINUTE, SECOND
from ftlserver.domain.period import Span
from ftlserver.domain.redundant import redundant
from tests.helpers import points

edges = st.lists(st.tuples(st.integers(0, 300), st.integers(1, 300)), max_size=8)


def spans_of(*pairs: tuple[int, int]) -> list[Span]:
    """Return spans in seconds, by start."""
    return [(start * SECOND, end * SECOND, 0, 0) for start, end in sorted(pairs)]


@given(edges)
def test_a_correction_keeps_the_time_active_and_leaves_nothing_redundant(pairs: list[tuple[int, int]]) -> None:
    longest = {start: max(n for other, n in pairs if other == start) for start, _ in pairs}
    spans = spans_of(*((start, start + length) for start, length in longest.items()))
    found = redundant(spans)
    within = [span for span in spans if any(o[0] < span[0] and span[1] <= o[1] for o in spans)]
    assert found.contained == within
    before, after = found.corrected()
    assert set(before) <= set(spans)
    kept = sorted({*spans} - {*before} | {*after})
    in_seconds = [[(a // SECOND, b // SECOND) for a, b, *_ in them] for them in (spans, kept)]
    assert points(in_seconds[0]) == points(in_seconds[1])
    assert redundant(kept) == ([], [])


def test_what_differs_by_a_minute_or_does_not_overlap_is_not_the_same() -> None:
    assert redundant(spans_of((0, 100), (59, 159))).groups == [spans_of((0, 100), (59, 159))]
    for other in ((60, 101), (59, 160), (61, 161)):
        assert redundant(spans_of((0, 100), other)) == ([], [])
    assert redundant(spans_of((0, 10), (10, 20), (20, 30))) == ([], [])  # single heartbeats
    assert redundant([(0, 7 * 1440 * MINUTE, 0, 0), (SECOND, 7 * 1440 * MINUTE + SECOND, 0, 0)]) == ([], [])
