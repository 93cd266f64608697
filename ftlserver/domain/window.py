"""The window [from, to) of a question, as text and as instants."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ftlserver.domain import time_formats, timezones
from ftlserver.domain.intervals import Interval
from ftlserver.domain.timezones import Zone
from ftlserver.domain.user import User
from ftlserver.errors import InvalidRequestError, InvalidValueError, Problem

BEGINNING = 0


@dataclass(frozen=True, slots=True)
class Window:
    """The window of a question: two texts, either of which may be missing, and how to read them.

    A text without offset is read in *tz*, or in each user's own zone when that is None. Without *from_* the
    window contains everything before its end, without *to* it ends at *now*.
    """

    from_: str | None
    to: str | None
    tz: Zone | None
    now: int
    _edges: dict[str, Interval] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, asked: Mapping[str, Any], now: int) -> "Window":
        """Return the window of a request; raise UnknownZoneError."""
        return cls(asked.get("from"), asked.get("to"), read_zone(asked), now)

    def edges(self, user: User) -> Interval:
        """Return the instants between which the window lies for *user*; raise InvalidRequestError."""
        if user.tz not in self._edges:
            self._edges[user.tz] = self._edges_in(self.tz or user.zone)
        return self._edges[user.tz]

    def edges_of_all(self, users: Iterable[User]) -> dict[str, Interval]:
        """Return the ``edges`` of *users* by their ids."""
        return {user.id: self.edges(user) for user in users}

    def _edges_in(self, tz: Zone) -> Interval:
        start = BEGINNING if self.from_ is None else read_edge("/from", self.from_, tz)
        end = self.now if self.to is None else read_edge("/to", self.to, tz)
        if start >= end:
            problem = Problem("/to" if self.to is not None else "/from", "empty_window", "from must lie before to")
            raise InvalidRequestError(
                "invalid_argument", "the window is empty: from must lie before to", [problem]
            )
        return start, end

    @property
    def is_same_for_all(self) -> bool:
        """Tell whether the window is the same for all members."""
        return self.tz is not None or all(
            text is None or time_formats.is_absolute(text) for text in (self.from_, self.to)
        )

    def past(self, edges: Interval) -> Interval:
        """Return the *edges* of a member without the future, which has no activity yet."""
        start, end = edges
        return start, max(start + 1, min(end, self.now))

    def from_first_activity(self, edges: Interval, first_start: int | None) -> Interval:
        """Return the *edges* of a member; one without beginning begins with *first_start*, if there is one."""
        start, end = edges
        if self.from_ is None and first_start is not None:
            start = min(max(start, first_start), end - 1)
        return start, end

    def to_json(self, edges: Mapping[str, Interval], rule: str) -> dict[str, Any]:
        """Return the window as instants, and the *rule* by which it was applied.

        *edges* are the instants by user id; where they differ, the outermost are given, and each user's own.
        Without users a text without offset is read in UTC.
        """
        shown = edges.values() or [self._edges_in(self.tz or timezones.zone("UTC"))]
        starts, ends = zip(*shown, strict=True)
        answer: dict[str, Any] = {**self._to_json(min(starts), max(ends)), "rule": rule}
        if not self.is_same_for_all:
            answer["by_member"] = {user_id: self._to_json(*pair) for user_id, pair in edges.items()}
        return answer

    def _to_json(self, start: int, end: int) -> dict[str, str | None]:
        return {"from": None if self.from_ is None else time_formats.utc(start), "to": time_formats.utc(end)}


def read_zone(asked: Mapping[str, Any]) -> Zone | None:
    """Return the zone that a request asks to be answered in, if any; raise UnknownZoneError."""
    return timezones.zone(asked["tz"]) if "tz" in asked else None


def read_edge(pointer: str, text: str, tz: Zone) -> int:
    """Return the instant that a field of a request gives; raise InvalidRequestError, which names the field."""
    try:
        return time_formats.parse_edge(text, tz)
    except InvalidValueError as exc:
        message = f"{exc.message}, or a date such as 2020-02-01"
        raise InvalidRequestError(
            "invalid_argument", f"{pointer[1:]} cannot be read", [Problem(pointer, exc.code, message)]
        ) from exc
