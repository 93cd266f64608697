"""The window [from, to) of a question, in words and as instants."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ftlserver import clock
from ftlserver.clock import Zone
from ftlserver.errors import InvalidRequestError, InvalidValueError, Problem
from ftlserver.models import User

BEGINNING = 0


@dataclass(frozen=True, slots=True)
class Window:
    """What a question asks about: two texts, either of which may be missing, and how to read them.

    A text without offset is read in *tz*, or in each user's own zone when that is None. Without *from_* the
    window holds everything before its end, without *to* it ends at *now*.
    """

    from_: str | None
    to: str | None
    tz: Zone | None
    now: int

    @classmethod
    def of(cls, asked: Mapping[str, Any], now: int) -> "Window":
        """Return the window of a request; raise UnknownZoneError."""
        return cls(asked.get("from"), asked.get("to"), read_zone(asked), now)

    def edges(self, user: User) -> tuple[int, int]:
        """Return the instants between which the window lies for *user*; raise InvalidRequestError."""
        tz = self.tz or clock.zone(user.tz)
        start = BEGINNING if self.from_ is None else read_edge("/from", self.from_, tz)
        end = self.now if self.to is None else read_edge("/to", self.to, tz)
        if start >= end:
            problem = Problem("/to" if self.to is not None else "/from", "empty_window", "from must lie before to")
            raise InvalidRequestError(
                "invalid_argument", "the window is empty: from must lie before to", [problem]
            )
        return start, end

    @property
    def is_one(self) -> bool:
        """Tell whether the window is the same for everybody."""
        return self.tz is not None or all(
            text is None or clock.is_absolute(text) for text in (self.from_, self.to)
        )

    def to_json(self, edges: Mapping[str, tuple[int, int]], rule: str) -> dict[str, Any]:
        """Return the window as instants, and the *rule* by which it was used.

        *edges* are the instants by user id; where they differ, the outermost are given, and each user's own.
        """
        starts, ends = zip(*edges.values(), strict=True) if edges else ((BEGINNING,), (self.now,))
        answer: dict[str, Any] = {**_window(min(starts), max(ends), self.from_), "rule": rule}
        if not self.is_one:
            answer["by_member"] = {id_: _window(*pair, self.from_) for id_, pair in edges.items()}
        return answer


def read_zone(asked: Mapping[str, Any]) -> Zone | None:
    """Return the zone that a request asks to be answered in, if any; raise UnknownZoneError."""
    return clock.zone(asked["tz"]) if "tz" in asked else None


def read_edge(pointer: str, text: str, tz: Zone) -> int:
    """Return the instant that a field of a request gives; raise InvalidRequestError, which names the field."""
    try:
        return clock.parse_edge(text, tz)
    except InvalidValueError as exc:
        message = f"{exc.message}, or a date such as 2020-02-01"
        raise InvalidRequestError(
            "invalid_argument", f"{pointer[1:]} cannot be read", [Problem(pointer, exc.code, message)]
        ) from exc


def shown_in(tz: Zone | None) -> Callable[[int, int], int]:
    """Return the function that gives the offset to show an instant with: that of *tz*, else the one recorded."""
    if tz is None:
        return lambda _instant, recorded: recorded
    return lambda instant, _recorded: clock.offset_at(instant, tz)


def _window(start: int, end: int, from_: str | None) -> dict[str, str | None]:
    return {"from": None if from_ is None else instant(start), "to": instant(end)}


def instant(value: int) -> str:
    """Return an instant as RFC 3339 in UTC."""
    return clock.iso(value, 0).removesuffix("+00:00") + "Z"
