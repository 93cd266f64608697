"""File formats of other systems, one module each, whose ``read`` yields users and activity periods in order.

Times stay text: only the server decides what they mean and whether a user or a period is valid. A file that is
not in the format raises FormatError.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


class FormatError(Exception):
    """A file cannot be read in its format; the message is one sentence for people."""


@dataclass(frozen=True, slots=True)
class FoundUser:
    """A user, at a *position* such as ``/members/0`` or ``line 7``."""

    position: str
    id: str
    real_name: str
    tz: str


@dataclass(frozen=True, slots=True)
class FoundPeriod:
    """A period; times are iso or display, and times without an offset are the user's wall clock.

    *user_id* is None in the formats that do not name the user.
    """

    position: str
    user_id: str | None
    start_time: str
    end_time: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A valid item that is not imported; *reason* follows a number, as in ``3 bots`` or ``3 with zero length``."""

    reason: str


@dataclass(frozen=True, slots=True)
class BadItem:
    """An item that cannot be used, and why."""

    position: str
    reason: str


Item = FoundUser | FoundPeriod | Skipped | BadItem


@dataclass(frozen=True, slots=True)
class FoundPeriods:
    """Periods on consecutive lines from line *first* on, as user_id, start_time and end_time."""

    first: int
    periods: list[tuple[str, str, str]]

    def __iter__(self) -> Iterator[FoundPeriod]:
        for number, period in enumerate(self.periods, self.first):
            yield FoundPeriod(f"line {number}", *period)


Items = Iterator[Item | FoundPeriods]


def one_by_one(items: Iterable[Item | FoundPeriods]) -> Iterator[Item]:
    """Yield *items* with each FoundPeriods replaced by its periods."""
    for item in items:
        if isinstance(item, FoundPeriods):
            yield from item
        else:
            yield item
