"""Interval algebra, against an oracle that looks at every point."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ftlserver.domain.intervals import Interval, are_disjoint, clusters, merge, overlapping
from tests.helpers import points

END = 60

raw = st.lists(
    st.tuples(st.integers(0, END), st.integers(0, END)).map(lambda pair: (min(pair), max(pair))), max_size=12
)


def is_disjoint(found: list[Interval]) -> bool:
    return all(start < end for start, end in found) and all(a[1] < b[0] for a, b in pairwise(found))


@given(raw)
def test_merge_keeps_the_points(intervals: list[Interval]) -> None:
    assert points(merge(intervals)) == points(intervals)
    assert is_disjoint(merge(intervals))
    assert sum(end - start for start, end in merge(intervals)) == len(points(intervals))


some = st.lists(
    st.tuples(st.integers(0, END), st.integers(1, 20)).map(lambda pair: (pair[0], sum(pair))), max_size=14
)


@given(some, st.integers(1, 4))
def test_overlapping_names_the_others_up_to_a_limit(intervals: list[Interval], most: int) -> None:
    for index, found in enumerate(overlapping(intervals, most)):
        start, end = intervals[index]
        others = {
            other for other, (a, b) in enumerate(intervals) if other != index and max(start, a) < min(end, b)
        }
        assert set(found) <= others
        assert len(set(found)) == len(found) == min(len(others), most)


@given(some)
def test_intervals_are_disjoint_if_none_overlaps_another(intervals: list[Interval]) -> None:
    assert are_disjoint(intervals) == (not any(overlapping(intervals, 1)))


@given(some, st.integers(0, 10))
def test_clusters_join_intervals_no_further_apart_than_the_distance(
    intervals: list[Interval], distance: int
) -> None:
    counted = list(clusters(intervals, distance))
    assert sum(count for _, count in counted) == len(intervals)
    found = [cluster for cluster, _ in counted]
    assert points(found) >= points(intervals)
    assert all(b[0] - a[1] > distance for a, b in pairwise(found))
    for start, end in found:
        inside = points(intervals) & set(range(start, end))
        assert {start, end - 1} <= inside
        assert all(b - a <= distance + 1 for a, b in pairwise(sorted(inside)))


def test_parallel_periods_count_once() -> None:
    assert merge([(0, 10), (2, 5), (4, 12)]) == [(0, 12)]


def test_merging_no_intervals_gives_none() -> None:
    assert merge([]) == []
