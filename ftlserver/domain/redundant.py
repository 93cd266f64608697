"""Periods of a user that add nothing: those within another one, and those that differ from another by seconds."""

from collections.abc import Sequence
from typing import NamedTuple

from ftlserver.domain.instants import MINUTE
from ftlserver.domain.period import LONGEST_PERIOD, Span

SECONDS_APART = MINUTE  # the starts of two periods, and their ends, that are the same activity


class Redundant(NamedTuple):
    """Periods within another one, and groups of those that differ by seconds, which are one each."""

    contained: list[Span]
    groups: list[list[Span]]

    def corrected(self) -> tuple[list[Span], list[Span]]:
        """Return what these periods were, and what they are when they are corrected: the time active stays."""
        before = [*self.contained, *(span for group in self.groups for span in group)]
        return before, [joined(group) for group in self.groups]


def redundant(spans: Sequence[Span]) -> Redundant:
    """Return what is redundant among all *spans* of a user, which come by start."""
    contained: list[Span] = []
    groups: list[list[Span]] = []
    group: list[Span] = []
    for span in spans:
        if group and span[1] <= group[-1][1]:
            contained.append(span)
        elif group and _is_same(group, span):
            group.append(span)
        else:
            groups.append(group)
            group = [span]
    return Redundant(contained, [found for found in (*groups, group) if len(found) > 1])


def joined(group: Sequence[Span]) -> Span:
    """Return the period that contains all of *group*, which come by start and end."""
    return group[0][0], group[-1][1], group[0][2], group[-1][3]


def _is_same(group: Sequence[Span], span: Span) -> bool:
    """Tell whether *span* differs by seconds from what *group* is when it is joined, and overlaps it."""
    first, last = group[0], group[-1]
    return (
        span[0] < last[1]
        and span[0] - first[0] < SECONDS_APART
        and span[1] - last[1] < SECONDS_APART
        and span[1] - first[0] <= LONGEST_PERIOD
    )
