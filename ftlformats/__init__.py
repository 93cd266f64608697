"""Files of other systems, read into users and activity periods in the words of the API.

The one package that both ``ftlserver`` and ``ftlclient`` import; it imports neither. One room a format, each a
function that takes an open file and yields what is in it, in order and without keeping it. Times stay text:
what they mean, and whether a user or a period is acceptable, is the server's to say, in one place. A file that
is not in the format at all raises FormatError.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


class FormatError(Exception):
    """A file is not what the reader reads; the message is one sentence for people."""


@dataclass(frozen=True, slots=True)
class FoundUser:
    """A user, at a *position* such as ``/members/0`` or ``line 7``."""

    position: str
    id: str
    real_name: str
    tz: str


@dataclass(frozen=True, slots=True)
class FoundPeriod:
    """A period; times are iso or display, and without offset they are the user's wall clock.

    *user_id* is None in the formats that do not say whose activity it is.
    """

    position: str
    user_id: str | None
    start_time: str
    end_time: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An item that is right but not wanted; *reason* is a plural noun, such as ``bots``."""

    reason: str


@dataclass(frozen=True, slots=True)
class BadItem:
    """An item that cannot be used, and why."""

    position: str
    reason: str


Item = FoundUser | FoundPeriod | LeftOut | BadItem


@dataclass(frozen=True, slots=True)
class FoundPeriods:
    """Periods on consecutive lines from *first* on, as user_id, start_time and end_time."""

    first: int
    periods: list[tuple[str, str, str]]

    def __iter__(self) -> Iterator[FoundPeriod]:
        for number, period in enumerate(self.periods, self.first):
            yield FoundPeriod(f"line {number}", *period)


Items = Iterator[Item | FoundPeriods]


def one_by_one(items: Iterable[Item | FoundPeriods]) -> Iterator[Item]:
    """Yield *items*, periods that come together each by itself."""
    for item in items:
        if isinstance(item, FoundPeriods):
            yield from item
        else:
            yield item
