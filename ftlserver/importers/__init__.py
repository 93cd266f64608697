"""Files of other systems, read into users and periods.

One room a format, each a function that takes an open file and yields what is in it, in order and without
keeping it: a User, an ActivityPeriod of a user, a LeftOut, or a BadItemError that the caller may raise or
pass over. A file that is not in the format at all raises ImportFileError.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from ftlserver.errors import BadItemError
from ftlserver.models import ActivityPeriod, User


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An item that is right but not wanted; *reason* is a plural noun, such as ``bots``."""

    reason: str


Item = User | ActivityPeriod | LeftOut | BadItemError
TeamReader = Callable[[BinaryIO], Iterator[Item]]
UserReader = Callable[[BinaryIO, User], Iterator[Item]]
