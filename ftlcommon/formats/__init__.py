"""File formats of other systems, one module each, whose ``read`` yields users and activity periods in order.

Times stay text: only the server decides what they mean and whether a user or a period is valid. A file that is
not in the format raises FormatError.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ftlcommon.zone_guess import Guess


class FormatError(Exception):
    """A file cannot be read in its format; the message is one sentence for people."""


@dataclass(frozen=True, slots=True)
class FoundUser:
    """A user, at a *position* such as ``/members/0`` or ``line 7``.

    *tz* is None in a file that does not say it. *aliases* are further ids of the same person. A *guessed* name and
    zone replace none that a person set, but a person said the zone if *zone_given*. *guess* tells how much of what
    was seen a zone explains that was guessed from clocks.
    """

    position: str
    id: str
    real_name: str
    tz: str | None
    aliases: tuple[str, ...] = ()
    guessed: bool = False
    zone_given: bool = False
    guess: "Guess | None" = None


@dataclass(frozen=True, slots=True)
class FoundLeaver:
    """A user who has left the team; one who is not known is not added."""

    position: str
    id: str


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
class Notice:
    """A sentence for the person who imports the file."""

    text: str


@dataclass(frozen=True, slots=True)
class BadItem:
    """An item that cannot be used, and why."""

    position: str
    reason: str


Item = FoundUser | FoundLeaver | FoundPeriod | Skipped | Notice | BadItem


@dataclass(frozen=True, slots=True)
class FoundPeriods:
    """Periods on consecutive lines from line *first* on, as user_id, start_time and end_time."""

    first: int
    periods: list[tuple[str, str, str]]

    def __iter__(self) -> Iterator[FoundPeriod]:
        for number, period in enumerate(self.periods, self.first):
            yield FoundPeriod(f"line {number}", *period)


Items = Iterator[Item | FoundPeriods]
# Returns the member that each of some ids stands for, of those that are known.
Known = Callable[[Collection[str]], Mapping[str, str]]


def address_id(address: str) -> str:
    """Return the user id that an e-mail address becomes, "" for none."""
    return re.sub(r"[^A-Za-z0-9._@+-]", "_", address.strip().lower())[:120]


def one_by_one(items: Iterable[Item | FoundPeriods]) -> Iterator[Item]:
    """Yield *items* with each FoundPeriods replaced by its periods."""
    for item in items:
        if isinstance(item, FoundPeriods):
            yield from item
        else:
            yield item
