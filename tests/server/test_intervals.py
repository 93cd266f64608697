"""Interval algebra, against an oracle that looks at every point."""

from itertools import chain, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftlserver import intervals
from ftlserver.intervals import (
    Interval,
    are_disjoint,
    clip,
    clusters,
    intersect,
    merge,
    overlapping,
    split,
    subtract,
    sweep,
    total,
    turns,
)

END = 60
raw = st.lists(
    st.tuples(st.integers(0, END), st.integers(0, END)).map(lambda pair: (min(pair), max(pair))), max_size=12
)
flat = raw.map(merge)


def points(found: list[Interval]) -> set[int]:
    return {point for start, end in found for point in range(start, end)}


def is_flat(found: list[Interval]) -> bool:
    return all(start < end for start, end in found) and all(a[1] < b[0] for a, b in pairwise(found))


@given(raw)
def test_merge_keeps_the_points(intervals: list[Interval]) -> None:
    assert points(merge(intervals)) == points(intervals)
    assert is_flat(merge(intervals))
    assert total(merge(intervals)) == len(points(intervals))


@given(flat, flat)
def test_intersect_keeps_what_both_have(left: list[Interval], right: list[Interval]) -> None:
    assert points(intersect(left, right)) == points(left) & points(right)
    assert is_flat(intersect(left, right))


@given(flat, flat)
def test_subtract_keeps_what_the_other_lacks(left: list[Interval], right: list[Interval]) -> None:
    assert points(subtract(left, right)) == points(left) - points(right)
    assert is_flat(subtract(left, right))


@given(flat, flat)
def test_clipping_and_splitting_lose_nothing(left: list[Interval], right: list[Interval]) -> None:
    assert total(intersect(left, right)) + total(subtract(left, right)) == total(left)


@given(flat, st.integers(0, END), st.integers(0, END))
def test_clip_keeps_what_lies_within(intervals: list[Interval], start: int, end: int) -> None:
    assert points(clip(intervals, start, end)) == points(intervals) & set(range(start, end))


@given(flat, st.lists(st.integers(0, END), min_size=2, max_size=8, unique=True).map(sorted))
def test_split_keeps_each_part_between_its_edges(intervals: list[Interval], edges: list[int]) -> None:
    found: dict[int, set[int]] = {}
    for index, part in split(intervals, edges):
        assert part[0] < part[1]
        assert edges[index] <= part[0]
        assert part[1] <= edges[index + 1]
        assert not found.setdefault(index, set()) & points([part])
        found[index] |= points([part])
    assert set().union(*found.values()) == points(intervals) & set(range(edges[0], edges[-1]))


@given(st.lists(flat, max_size=5), st.integers(1, 5))
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


@given(st.lists(flat, max_size=5) | st.lists(flat, min_size=7, max_size=18))
def test_sweep_finds_the_common_time_of_each_pair(groups: list[list[Interval]]) -> None:
    turns_of = [list(chain.from_iterable(group)) for group in groups]
    assert sweep(turns_of, 1)[1] == [[len(points(a) & points(b)) for b in groups] for a in groups]


@given(st.lists(st.tuples(st.integers(0, END), st.integers(1, 20)).map(lambda pair: (pair[0], sum(pair)))))
def test_turns_are_those_of_the_merged_intervals(intervals: list[Interval]) -> None:
    for pairs in (intervals, sorted(intervals), merge(intervals)):
        assert turns(list(chain.from_iterable(pairs))) == list(chain.from_iterable(merge(intervals)))


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
    assert intersect([(0, 5)], [(5, 9)]) == []
    assert merge([(5, 9), (0, 5)]) == [(0, 9)]
    assert sweep([[0, 5], [5, 9]], 2)[0] == []


def test_parallel_periods_count_once() -> None:
    assert total(merge([(0, 10), (2, 5), (4, 12)])) == 12


def test_a_period_at_exact_midnight_belongs_to_one_day() -> None:
    assert list(split([(24, 30)], [0, 24, 48])) == [(1, (24, 30))]
    assert list(split([(20, 24)], [0, 24, 48])) == [(0, (20, 24))]


def test_a_period_over_midnight_is_counted_in_both_days_once() -> None:
    assert list(split([(20, 30)], [0, 24, 48])) == [(0, (20, 24)), (1, (24, 30))]


def test_a_day_that_does_not_exist_takes_nothing() -> None:
    assert list(split([(20, 30)], [0, 24, 24, 48])) == [(0, (20, 24)), (2, (24, 30))]


@pytest.mark.parametrize("function", [intersect, subtract])
def test_nothing_with_nothing_is_nothing(function: object) -> None:
    assert function([], []) == []  # type: ignore[operator]
    assert intervals.merge([]) == []
