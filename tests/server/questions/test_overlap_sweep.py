"""The sweep over the edges of intervals, against an oracle that looks at every point."""

from array import array
from itertools import chain, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftlserver.domain.intervals import Interval, merge
from ftlserver.questions import overlap_sweep
from ftlserver.questions.overlap_sweep import Shared, SharedInterval, disjoint_edges, measure, shared_intervals
from tests.helpers import points

END = 60

raw = st.lists(
    st.tuples(st.integers(0, END), st.integers(0, END)).map(lambda pair: (min(pair), max(pair))), max_size=12
)

disjoint = raw.map(merge)
at_once = st.sampled_from([1, 5, 10_000])


def swept(
    groups: list[list[Interval]], min_members: int, events_at_once: int
) -> tuple[Shared, list[SharedInterval]]:
    edges = [array("q", chain.from_iterable(group)) for group in groups]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(overlap_sweep, "EVENTS_AT_ONCE", events_at_once)
        patch.setattr(overlap_sweep, "KEPT", events_at_once)
        shared = measure(edges, min_members)
        return shared, list(shared_intervals(edges, min_members, shared))


@given(st.lists(disjoint, max_size=5), st.integers(1, 5), at_once)
def test_sweep_finds_where_enough_members_are_active(
    groups: list[list[Interval]], min_members: int, events_at_once: int
) -> None:
    expected = {}
    for point in range(END):
        who = tuple(index for index, group in enumerate(groups) if point in points(group))
        if len(who) >= min_members:
            expected[point] = who
    shared, found = swept(groups, min_members, events_at_once)
    assert {point: who for start, end, who in found for point in range(start, end)} == expected
    assert all(start < end for start, end, _ in found)
    assert all(a[1] < b[0] or a[2] != b[2] for a, b in pairwise(found))
    assert shared[:3] == (len(found), len(expected), sum(len(who) for _, _, who in found))
    at_once = [sum(point in points(group) for group in groups) for point in range(END)]
    assert shared.at_once[1:] == [at_once.count(number) for number in range(1, len(groups) + 1)]


@pytest.mark.slow
@given(st.lists(disjoint, max_size=5) | st.lists(disjoint, min_size=7, max_size=18), at_once)
def test_sweep_finds_the_common_time_of_each_pair(groups: list[list[Interval]], events_at_once: int) -> None:
    shared, _ = swept(groups, 1, events_at_once)
    found = [shared.lengths(index) for index in range(len(groups))]
    assert found == [[len(points(a) & points(b)) for b in groups] for a in groups]


@given(
    st.lists(st.tuples(st.integers(0, END), st.integers(1, 20)).map(lambda pair: (pair[0], sum(pair)))),
    st.integers(1, 4),
)
def test_disjoint_edges_are_those_of_the_merged_intervals(intervals: list[Interval], page: int) -> None:
    window = (5, 70)
    inside = [(start, end) for start, end in sorted(intervals) if start < window[1] and end > window[0]]
    pages = [list(chain.from_iterable(inside[at : at + page])) for at in range(0, len(inside), page)]
    cut = [(max(start, window[0]), min(end, window[1])) for start, end in inside]
    assert list(disjoint_edges(pages, window)) == list(chain.from_iterable(merge(cut)))


def test_adjacent_intervals_do_not_overlap_but_merge_into_one() -> None:
    assert merge([(5, 9), (0, 5)]) == [(0, 9)]
    assert swept([[(0, 5)], [(5, 9)]], 2, 10_000)[1] == []


def test_the_events_of_a_slice_are_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlap_sweep, "EVENTS_AT_ONCE", 10)
    groups = [array("q", range(start, 1_000, 7)) for start in range(2)]
    slices = list(overlap_sweep.slices(groups))
    assert max(map(len, slices)) <= 10
    assert list(chain.from_iterable(slices)) == sorted(chain.from_iterable(slices))
    assert sum(map(len, slices)) == sum(map(len, groups))
