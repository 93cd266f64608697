"""The window [from, to) of a question, as text and as instants."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ftlserver.domain import days_and_hours, time_formats, timezones
from ftlserver.domain.instants import END_OF_TIME, HOUR, SECOND
from ftlserver.domain.intervals import Interval
from ftlserver.domain.period import Span
from ftlserver.domain.timezones import Zone
from ftlserver.domain.user import User
from ftlserver.errors import InvalidRequestError, InvalidValueError, Problem

BEGINNING = 0

_WIDEST = 26 * HOUR  # between the clocks of two zones, which are 12 hours behind UTC to 14 ahead
_FROM_EDGES = 48 * HOUR  # inside of them, a period lies in the window on every clock there may be


@dataclass(frozen=True, slots=True)
class Window:
    """The window of a question: two texts, either of which may be missing, and how to read them.

    A text without offset is read in *tz*, or on each member's own clock when that is None. Without *from_* the
    window contains everything before its end, without *to* it ends at *now*, and no window goes beyond *latest*.

    A moment lies within a window that is read on a member's own clock if that clock showed so when the moment was
    recorded, also when the member lives in another zone today.
    """

    from_: str | None
    to: str | None
    tz: Zone | None
    now: int
    latest: int = END_OF_TIME
    _edges: dict[tuple[str, int | None], Interval] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    @classmethod
    def of(cls, asked: Mapping[str, Any], now: int) -> "Window":
        """Return the window of a request; raise UnknownZoneError."""
        return cls(asked.get("from"), asked.get("to"), read_zone(asked), now)

    def edges(self, user: User) -> Interval:
        """Return the instants between which the window lies in the zone of *user*; raise InvalidRequestError."""
        if (user.tz, None) not in self._edges:
            start, end = self._edges_in(self.tz or user.zone)
            if start >= end:
                problem = Problem(
                    "/to" if self.to is not None else "/from", "empty_window", "from must lie before to"
                )
                raise InvalidRequestError(
                    "invalid_argument", "the window is empty: from must lie before to", [problem]
                )
            self._edges[user.tz, None] = self.limited((start, end))
        return self._edges[user.tz, None]

    def edges_on_clock(self, user: User, offset: int) -> Interval:
        """Return the instants between which the window lies on a clock of *user* that is not their zone's."""
        if (user.tz, offset) not in self._edges:
            edges = list(self._edges_in(self.tz or user.zone))
            for side, text in self._on_own_clock():
                edges[side] = read_edge(("/from", "/to")[side], text, timezones.zone("UTC")) - offset * SECOND
            self._edges[user.tz, offset] = self.limited((edges[0], edges[1]))
        return self._edges[user.tz, offset]

    def edges_of_all(self, users: Iterable[User]) -> dict[str, Interval]:
        """Return the ``edges`` of *users* by their ids."""
        return {user.id: self.edges(user) for user in users}

    def _edges_in(self, tz: Zone) -> Interval:
        start = BEGINNING if self.from_ is None else read_edge("/from", self.from_, tz)
        end = self.now if self.to is None else read_edge("/to", self.to, tz)
        return start, end

    def _on_own_clock(self) -> list[tuple[int, str]]:
        """Return the texts that are read on each member's own clock, with 0 for the start and 1 for the end."""
        if self.tz is not None:
            return []
        texts = enumerate((self.from_, self.to))
        return [(side, text) for side, text in texts if text is not None and not time_formats.is_absolute(text)]

    @property
    def is_same_for_all(self) -> bool:
        """Tell whether the window is the same for all members."""
        return not self._on_own_clock()

    def past(self) -> "Window":
        """Return the window without the future, which has no activity yet."""
        return replace(self, latest=self.now)

    def limited(self, edges: Interval) -> Interval:
        """Return *edges* that do not go beyond the latest instant."""
        start, end = edges
        return start, min(end, max(start + 1, self.latest))

    def beside_edges(self, user: User) -> Iterator[tuple[Interval, int | None]]:
        """Yield where *user* may have recorded on another clock, with the offset of their zone if constant."""
        edges = self.edges(user)
        for side, _ in self._on_own_clock():
            near = edges[side] - _WIDEST, edges[side] + _WIDEST
            constant = timezones.offset_intervals(*near, user.zone)
            yield near, constant[0][2] if len(constant) == 1 else None

    def cut(self, user: User, spans: Iterable[Span], reach: Interval) -> Iterator[Span]:
        """Yield the time of *spans*, by start, that lies in the window on the clock that *user* had.

        Each moment is yielded once. *reach* contains the window on all of their clocks.
        """
        first, last = reach[0] + _FROM_EDGES, reach[1] - _FROM_EDGES
        for started_at, ended_at, offset in days_and_hours.recorded(spans, reach, user.zone):
            if first <= started_at and ended_at <= last:
                yield started_at, ended_at, offset, offset
                continue
            for start, end, own in timezones.offset_intervals(started_at, ended_at, user.zone):
                opens, closes = self.edges(user) if offset == own else self.edges_on_clock(user, offset)
                if max(start, opens) < min(end, closes):
                    yield max(start, opens), min(end, closes), offset, offset

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
