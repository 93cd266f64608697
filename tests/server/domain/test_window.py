"""The window of a question on the clock that a member had."""

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftlserver.domain import window as window_module
from ftlserver.domain.instants import HOUR, SECOND
from ftlserver.domain.period import LONGEST_PERIOD, Span
from ftlserver.domain.user import User
from ftlserver.domain.window import Window

OPENS = 1_709_251_200 * SECOND  # 2024-03-01
CLOSES = OPENS + 31 * 24 * HOUR
OFFSETS = [0, 3_600, 7_200, -28_800, 19_800, 50_400, -43_200, -86_340]

near_edges = st.sampled_from([OPENS, CLOSES]).flatmap(lambda edge: st.integers(edge - 90 * HOUR, edge + 90 * HOUR))
spans = st.lists(
    st.tuples(
        near_edges | st.integers(OPENS - 10 * 24 * HOUR, CLOSES + 10 * 24 * HOUR),
        st.integers(1, LONGEST_PERIOD) | st.integers(1, 9 * HOUR),
        st.sampled_from(OFFSETS),
        st.sampled_from(OFFSETS),
    ).map(lambda found: (found[0], found[0] + found[1], *found[2:])),
    max_size=8,
).map(sorted)


class Asked(NamedTuple):
    window: Window
    user: User


asked = st.builds(
    Asked,
    st.builds(
        Window,
        st.sampled_from(["2024-03-01", "2024-03-01T12:30", "2024-03-01T00:00:00Z", None]),
        st.sampled_from(["2024-04-01", "2024-04-01T00:00:00+02:00", None]),
        st.none(),
        st.just(CLOSES + 24 * HOUR),
    ),
    st.sampled_from(["Europe/Berlin", "America/Los_Angeles", "Pacific/Kiritimati", "UTC"]).map(
        lambda tz: User("egon", "Egon Spengler", tz)
    ),
)


@pytest.mark.slow
@given(asked, spans)
def test_what_lies_far_from_the_edges_is_in_the_window_on_every_clock(asked: Asked, spans: list[Span]) -> None:
    window, user = asked
    clocks = [window.edges(user), *(window.edges_on_clock(user, offset) for offset in OFFSETS)]
    reach = min(opens for opens, _ in clocks), max(closes for _, closes in clocks)
    fast = list(window.cut(user, spans, reach))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(window_module, "_FROM_EDGES", CLOSES)
        assert joined(fast) == joined(list(window.cut(user, spans, reach)))


def joined(spans: list[Span]) -> list[Span]:
    """Return *spans* without the cuts where the clock of the zone changes."""
    found: list[Span] = []
    for start, end, *offsets in spans:
        if found and found[-1][1] == start and list(found[-1][2:]) == offsets:
            start = found.pop()[0]
        found.append((start, end, *offsets))
    return found
