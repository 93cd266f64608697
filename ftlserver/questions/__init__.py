"""The questions about several people at once, pure: one module each, members and their spans in, an answer out."""

from collections.abc import Iterable
from typing import NamedTuple

from ftlserver.domain.instants import SECOND
from ftlserver.domain.intervals import Interval
from ftlserver.domain.period import Span
from ftlserver.domain.user import User


class Activity(NamedTuple):
    """A user with the part of the window that a question is about, and the spans that reach into it.

    *edges* are those of the window in the user's zone, and *reach* contains it on all clocks that the user had;
    they differ for a user who has moved. Spans come by start, then end, and can be read once: there may be a
    million.
    """

    user: User
    edges: Interval
    reach: Interval
    spans: Iterable[Span]
    has_any: bool


def seconds(length: int) -> float | int:
    """Return a length, in microseconds, in seconds; whole ones as an integer."""
    whole, rest = divmod(length, SECOND)
    return length / SECOND if rest else whole
