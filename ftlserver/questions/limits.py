"""What a question may cost: it is counted before it is answered, and refused if it is too much.

Each limit is of one question. At all of them together it takes a few seconds, in flat memory.
"""

from ftlserver.errors import InvalidRequestError

MEMBERS = 10_000
CANDIDATES = 100_000  # members to select from
PERIODS = 1_000_000
DAYS = 200_000  # of all members together
MEMBERS_OF_OVERLAP = 1_000  # each pair of them is a number of the answer
COMPARISONS = 100_000_000  # periods times members
INTERVALS = 300_000  # of an overlap, or gaps of a coverage
ATTENDANCES = 2_000_000  # the active members of each interval, of all intervals together
MEMBERS_OF_MEETING = 100
MEMBERS_OF_RETURN = 1_000  # of whom to tell when they are usually back
MEMBERS_OF_FEED = 100
EVENTS = 1_000  # of a calendar


def check(count: int, most: int, what: str, instead: str) -> None:
    """Raise InvalidRequestError if there are more than *most* of *what*; it says what to ask *instead*."""
    if count > most:
        message = f"this is too much at once: more than {most:,} {what}; {instead}"
        raise InvalidRequestError("too_much", message, limit=most)
