"""Interval algebra, against an oracle that looks at every point."""

from itertools import chain, pairwise

from hypothesis import given
from hypothesis import strategies as st

from ftlserver.domain.intervals import Interval, are_disjoint, clusters, merge, overlapping
from ftlserver.questions.overlap_sweep import disjoint_edges, sweep

END = 60
raw = st.lists(
    st.tuples(st.integers(0, END), st.integers(0, END)).map(lambda pair: (min(pair), max(pair))), max_size=12
)
disjoint = raw.map(merge)


def points(found: list[Interval]) -> set[int]:
    return {point for start, end in found for point in range(start, end)}


def is_disjoint(found: list[Interval]) -> bool:
    return all(start < end for start, end in found) and all(a[1] < b[0] for a, b in pairwise(found))


@given(raw)
def test_merge_keeps_the_points(intervals: list[Interval]) -> None:
    assert points(merge(intervals)) == points(intervals)
    assert is_disjoint(merge(intervals))
    assert sum(end - start for start, end in merge(intervals)) == len(points(intervals))


@given(st.lists(disjoint, max_size=5), st.integers(1, 5))
def test_sweep_finds_where_enough_are(groups: list[list[Interval]], least: int) -> None:
    expected = {}
    for point in range(END):
        who = tuple(index for index, group in enumerate(groups) if point in points(group))
        if len(who) >= least:
            expected[point] = who
    found, _ = sweep([list(chain.from_iterable(group)) for group in groups], least)
    assert {point: who for start, end, who in found for point in range(start, end)} == expected
    assert all(start < end for start, end, _ in found)
    assert all(a[1] < b[0] or a[2] != b[2] for a, b in pairwise(found))


@given(st.lists(disjoint, max_size=5) | st.lists(disjoint, min_size=7, max_size=18))
def test_sweep_finds_the_common_time_of_each_pair(groups: list[list[Interval]]) -> None:
    turns_of = [list(chain.from_iterable(group)) for group in groups]
    assert sweep(turns_of, 1)[1] == [[len(points(a) & points(b)) for b in groups] for a in groups]


@given(st.lists(st.tuples(st.integers(0, END), st.integers(1, 20)).map(lambda pair: (pair[0], sum(pair)))))
def test_turns_are_those_of_the_merged_intervals(intervals: list[Interval]) -> None:
    for pairs in (intervals, sorted(intervals), merge(intervals)):
        assert disjoint_edges(list(chain.from_iterable(pairs))) == list(chain.from_iterable(merge(intervals)))


some = st.lists(
    st.tuples(st.integers(0, END), st.integers(1, 20)).map(lambda pair: (pair[0], sum(pair))), max_size=14
)


@given(some, st.integers(1, 4))
def test_overlapping_names_as_many_others_as_there_are_up_to_a_limit(intervals: list[Interval], most: int) -> None:
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
def test_clusters_hold_what_lies_no_further_apart_than_the_distance(
    intervals: list[Interval], distance: int
) -> None:
    found = list(clusters(intervals, distance))
    assert points(found) >= points(intervals)
    assert all(b[0] - a[1] > distance for a, b in pairwise(found))
    for start, end in found:
        inside = points(intervals) & set(range(start, end))
        assert {start, end - 1} <= inside
        assert all(b - a <= distance + 1 for a, b in pairwise(sorted(inside)))


# The traps of the field, by name.


def test_neighbours_that_touch_do_not_overlap_but_are_one_stretch() -> None:
    assert merge([(5, 9), (0, 5)]) == [(0, 9)]
    assert sweep([[0, 5], [5, 9]], 2)[0] == []


def test_parallel_periods_count_once() -> None:
    assert merge([(0, 10), (2, 5), (4, 12)]) == [(0, 12)]


def test_nothing_with_nothing_is_nothing() -> None:
    assert merge([]) == []
