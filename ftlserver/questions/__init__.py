"""The questions about several people at once, pure: one module each, members and their spans in, an answer out."""

from ftlserver.domain.instants import SECOND
from ftlserver.domain.period import Span
from ftlserver.domain.user import User

Activity = tuple[User, list[Span]]  # spans by start, then end


def seconds(length: int) -> float | int:
    """Return a length, in microseconds, in seconds; whole ones as an integer."""
    whole, rest = divmod(length, SECOND)
    return length / SECOND if rest else whole
