"""The questions about several people at once: one room each, pure; members and their spans in, an answer out."""

from typing import Any

from ftlserver import clock
from ftlserver.models import Span, User

Activity = tuple[User, list[Span]]  # spans by start, then end


def who(user: User) -> dict[str, Any]:
    """Return the part of an answer that names a member."""
    return {"id": user.id, "real_name": user.real_name, "tz": user.tz}


def seconds(length: int) -> float | int:
    """Return a length, in microseconds, in seconds; whole ones as an integer."""
    whole, rest = divmod(length, clock.SECOND)
    return length / clock.SECOND if rest else whole
