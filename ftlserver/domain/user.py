"""A user, as a value that cannot be wrong; what an id and a name may be."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from ftlcommon.member_names import folded
from ftlserver.domain import timezones
from ftlserver.domain.timezones import Zone
from ftlserver.errors import InvalidUserError, UnknownZoneError

USER_ID_RULE = "expected 1 to 120 characters of A-Z a-z 0-9 . _ @ + -"
REAL_NAME_RULE = "expected 1 to 200 characters without control characters"

USER_ID_PATTERN = r"[A-Za-z0-9._@+-]{1,120}"

_USER_ID = re.compile(USER_ID_PATTERN)
_REAL_NAME = re.compile(r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,200}")


def is_user_id(value: object) -> bool:
    """Tell whether *value* is 1 to 120 characters of ``A-Z a-z 0-9 . _ @ + -``."""
    return type(value) is str and _USER_ID.fullmatch(value) is not None


def is_real_name(value: object) -> bool:
    """Tell whether *value* is 1 to 200 characters without control characters and lone surrogates."""
    return type(value) is str and _REAL_NAME.fullmatch(value) is not None


@dataclass(frozen=True, slots=True)
class User:
    """A person; *tz* is an IANA name, kept as given.

    The fields are the columns of the table and the keys in answers, in this order. Raise InvalidUserError or
    UnknownZoneError.
    """

    id: str
    real_name: str
    tz: str

    def __post_init__(self) -> None:
        if not is_user_id(self.id):
            raise InvalidUserError(f"id: {USER_ID_RULE}")
        if not is_real_name(self.real_name):
            raise InvalidUserError(f"real_name: {REAL_NAME_RULE}")
        timezones.zone(self.tz)

    @classmethod
    def stored(cls, *values: Any) -> "User":
        """Return a user as stored, whose zone may be one that this zone data does not know."""
        try:
            return cls(*values)
        except UnknownZoneError:
            user = object.__new__(cls)
            for name, value in zip(USER_FIELDS, values, strict=True):
                object.__setattr__(user, name, value)
            return user

    @property
    def zone(self) -> Zone:
        """Return the zone to answer in: UTC if this zone data does not know the user's."""
        return timezones.zone_or_utc(self.tz)

    def to_json(self) -> dict[str, Any]:
        """Return the part of an answer that identifies a member; fields without a value are left out."""
        known = {name: value for name in USER_FIELDS if (value := getattr(self, name)) is not None}
        return known if timezones.is_known(self.tz) else {**known, "tz_unknown": True}


USER_FIELDS = tuple(field.name for field in fields(User))


@dataclass(frozen=True, slots=True)
class UserSummary:
    """A user with the number of their periods and the end of the last one: an instant, and the offset then.

    *left_at* is the instant at which they left the team, if they have.
    """

    user: User
    periods: int
    last_active_at: int | None
    last_offset: int
    left_at: int | None


# In the order in which they are listed: all of an id or a name, whole words of one, a part of one.
MATCHES = ("exact", "words", "part")


class Match(NamedTuple):
    """A user whom a text names: their id, their name or one of *aliases* is the text, or contains it."""

    kind: str
    user: User
    aliases: list[str]

    @classmethod
    def of(cls, text: str, user: User, aliases: Iterable[str] = ()) -> "Match | None":
        """Return the match of a *text* that is folded, if there is one; only aliases that match are kept."""
        found = [alias for alias in aliases if text in folded(alias)]
        names = [name for name in map(folded, (user.id, user.real_name, *found)) if text in name]
        if not names:
            return None
        if text in names:
            return cls("exact", user, found)
        words = re.compile(rf"(?<!\w){re.escape(text)}(?!\w)")
        return cls("words" if text and any(map(words.search, names)) else "part", user, found)

    @property
    def place(self) -> tuple[int, str]:
        """Return what matches are sorted by."""
        return MATCHES.index(self.kind), self.user.id

    def to_json(self) -> dict[str, Any]:
        """Return the user as an answer has them, with the aliases that match, if there are any."""
        member = self.user.to_json()
        return {**member, "aliases": self.aliases} if self.aliases else member
