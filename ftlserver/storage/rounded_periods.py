"""Periods as a token sees them that is given rounded times only: they are rounded before anything else is done.

Two histories that are equal after rounding give the same to every caller, so what is counted, ordered or limited
is what was rounded, in memory and not by the database.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from ftlserver.domain.instants import DAY, END_OF_TIME, SECOND
from ftlserver.domain.intervals import Interval
from ftlserver.domain.period import LONGEST_PERIOD, Span
from ftlserver.domain.user import User
from ftlserver.domain.window import Window
from ftlserver.storage import packing
from ftlserver.storage.database import Database
from ftlserver.storage.packing import Packing
from ftlserver.storage.periods import PAGE, Extent, Item, Periods, UserWindow, batches

_WIDEST = 2 * DAY  # between the clocks that a user may have had at the same instant, and more


class RoundedPeriods(Periods):
    """The periods in a database, which begin and end at whole *unit* seconds of the clock that the user had."""

    def __init__(self, database: Database, unit: int) -> None:
        super().__init__(database)
        self._unit = unit * SECOND

    def histories(self, user_ids: Sequence[str], window: Interval, most: int) -> list[tuple[User, bytes | None]]:
        return [(user, self._history(user, window, most)) for user, _ in super().histories(user_ids, (0, 1), 0)]

    def _history(self, user: User, window: Interval, most: int) -> bytes | None:
        spans = self._spans(user.id, window)
        return None if len(spans) > most else packing.display_json(packing.pack(spans))

    def extents(
        self,
        users: Sequence[User],
        edges: Mapping[str, Interval],
        moved: Mapping[str, Interval] = MappingProxyType({}),
    ) -> Iterator[Extent]:
        for user in users:
            window = moved.get(user.id, edges[user.id])
            spans = self._spans(user.id, window)
            yield Extent(user, window, len(spans), spans[0][0] if spans else None, moved=user.id in moved)

    def moved(self, users: Sequence[User], window: Window) -> dict[str, Interval]:
        found: dict[str, Interval] = {}
        if window.is_same_for_all:
            return found
        for user in users:
            for near, own in window.beside_edges(user):
                for offset in {offset for span in self._spans(user.id, near) for offset in span[2:]} - {own}:
                    start, end = found.get(user.id, window.edges(user))
                    opens, closes = window.edges_on_clock(user, offset)
                    found[user.id] = min(start, opens), max(end, closes)
        return found

    def read(
        self, packed: Packing[Item], extents: Iterable[Extent]
    ) -> Iterator[tuple[Extent, Iterable[list[Item]]]]:
        for extent in extents:
            ((_, pages),) = self.pages(packed, [(extent.user.id, *extent.window)])
            yield extent, pages

    def pages(
        self, packed: Packing[Item], windows: Sequence[UserWindow]
    ) -> Iterator[tuple[str, Iterable[list[Item]]]]:
        for user_id, *window in windows:
            spans = self._spans(user_id, (window[0], window[1]))
            yield user_id, (packed.of_spans(page) for page in batches(spans, PAGE))

    def latest(self, users: Sequence[User], at: int) -> dict[str, Interval]:
        found = {}
        for user_id, (start, end) in super().latest(users, at).items():
            # What began last may not have done so after rounding, as may what begins soon.
            last = at if start == at else start + LONGEST_PERIOD
            near = self._rounded(user_id, (last - _WIDEST - self._unit, at + _WIDEST + self._unit))
            begun = max((span[0] for span in near if span[0] <= at), default=None)
            found[user_id] = (at if begun is None else begun - LONGEST_PERIOD, end)
        return found

    def _spans(self, user_id: str, window: Interval) -> list[Span]:
        """Return the rounded periods of a user that reach into *window*, each once, by start, then end."""
        wide = window[0] - self._unit, window[1] + self._unit
        return [span for span in self._rounded(user_id, wide) if span[0] < window[1] and span[1] > window[0]]

    def _rounded(self, user_id: str, window: Interval) -> list[Span]:
        ((_, pages),) = super().pages(packing.SPANS, [(user_id, *window)])
        return sorted({self._round(span) for page in pages for span in page})

    def _round(self, span: Span) -> Span:
        """Return a period that begins and ends at whole units of the clock, and contains *span*."""
        start, end, start_offset, end_offset = span
        start -= (start + start_offset * SECOND) % self._unit
        end += -(end + end_offset * SECOND) % self._unit
        return max(start, 0), min(end, END_OF_TIME), start_offset, end_offset
