"""The sweep over the edges of intervals, against an oracle that looks at every point."""

from itertools import chain, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftlserver.domain.intervals import Interval, merge
from ftlserver.questions.overlap_sweep import disjoint_edges, sweep
from tests.helpers import points

END = 60

raw = st.lists(
    st.tuples(st.integers(0, END), st.integers(0, END)).map(lambda pair: (min(pair), max(pair))), max_size=12
)

disjoint = raw.map(merge)


@given(st.lists(disjoint, max_size=5), st.integers(1, 5))
def test_sweep_finds_where_enough_members_are_active(groups: list[list[Interval]], min_members: int) -> None:
    expected = {}
    for point in range(END):
        who = tuple(index for index, group in enumerate(groups) if point in points(group))
        if len(who) >= min_members:
            expected[point] = who
    found, _ = sweep([list(chain.from_iterable(group)) for group in groups], min_members)
    assert {point: who for start, end, who in found for point in range(start, end)} == expected
    assert all(start < end for start, end, _ in found)
    assert all(a[1] < b[0] or a[2] != b[2] for a, b in pairwise(found))


@pytest.mark.slow
@given(st.lists(disjoint, max_size=5) | st.lists(disjoint, min_size=7, max_size=18))
def test_sweep_finds_the_common_time_of_each_pair(groups: list[list[Interval]]) -> None:
    edges_of = [list(chain.from_iterable(group)) for group in groups]
    assert sweep(edges_of, 1)[1] == [[len(points(a) & points(b)) for b in groups] for a in groups]


@given(st.lists(st.tuples(st.integers(0, END), st.integers(1, 20)).map(lambda pair: (pair[0], sum(pair)))))
def test_disjoint_edges_are_those_of_the_merged_intervals(intervals: list[Interval]) -> None:
    for pairs in (intervals, sorted(intervals), merge(intervals)):
        assert disjoint_edges(list(chain.from_iterable(pairs))) == list(chain.from_iterable(merge(intervals)))


def test_adjacent_intervals_do_not_overlap_but_merge_into_one() -> None:
    assert merge([(5, 9), (0, 5)]) == [(0, 9)]
    assert sweep([[0, 5], [5, 9]], 2)[0] == []
