"""When too few members were active, who left before and came after, and how hand-overs overlap."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import nsmallest
from itertools import groupby
from typing import Any, NamedTuple

from ftlcommon import weekly_pattern
from ftlserver.domain import days_and_hours, timezones
from ftlserver.domain.days_and_hours import WEEK, hours_of_week
from ftlserver.domain.instants import DAY, MINUTE, SECOND
from ftlserver.domain.intervals import Interval
from ftlserver.domain.time_formats import TimeFormat, render_in_zone
from ftlserver.domain.timezones import Zone
from ftlserver.domain.user import User
from ftlserver.errors import InvalidRequestError, Problem
from ftlserver.questions import limits, seconds
from ftlserver.questions.hand_overs import HandOvers, HandOverSweep
from ftlserver.questions.overlap_sweep import Groups, slices

_FEWER = "ask about fewer members or a shorter window"
MOST_PAIRS = 1_000
_EPOCH_MONDAY = 4 * DAY  # 1970-01-05


class Gap(NamedTuple):
    """When too few members were active, and the indexes of those who left at its start and came at its end.

    No one left before the window, nor came after it.
    """

    start: int
    end: int
    left: tuple[int, ...]
    came: tuple[int, ...]


def most_of(asked: Mapping[str, Any], users: Sequence[User]) -> int:
    """Return how many members at most are active in a gap, by default none.

    Raise InvalidRequestError unless it is less than the number of members; an id that is unknown counts as one.
    """
    most: int = asked.get("max_members", 0)
    count = max(len(users), len(set(asked.get("id_list", ()))))
    if most >= count > 0:
        members = "1 member" if count == 1 else f"{count:,} members"
        message = f"max_members is {most}, but the question is about {members}, so all of the time would be a gap"
        raise InvalidRequestError("invalid_argument", message, [Problem("/max_members", "too_large", message)])
    return most


def read_quiet(text: str | None) -> list[Interval]:
    """Return the hours of the week in which gaps are meant, in minutes from Monday; raise InvalidRequestError."""
    if text is None:
        return []
    try:
        return weekly_pattern.parse(text)
    except ValueError as exc:
        problem = Problem("/quiet", "invalid_pattern", str(exc))
        raise InvalidRequestError("invalid_argument", "quiet cannot be read", [problem]) from exc


class Coverage:
    """The gaps within *window* in which at most *most* of *users* were active, and the hand-overs between them.

    *groups* are the users' disjoint intervals within the window. Of a gap only the time outside of *quiet* counts,
    which are hours of the week in *tz*. Raise InvalidRequestError for too long an answer.
    """

    def __init__(
        self,
        users: Sequence[User],
        groups: Groups,
        window: Interval,
        *,
        most: int,
        quiet: Sequence[Interval],
        tz: Zone,
    ) -> None:
        self._users = users
        self._window = window
        self._tz = tz
        gaps, self._hand_overs = sweep(groups, window, most)
        self._counted = list(_outside(quiet, window, tz)) if users else []
        self._gaps = list(_within(gaps, self._counted))
        limits.check(len(self._gaps), limits.INTERVALS, "gaps", _FEWER)

    def totals(self) -> dict[str, Any]:
        """Return how much of the time counts and is covered, and the shares, also of each hour of the week."""
        counted = sum(end - start for start, end in self._counted)
        covered = counted - sum(gap.end - gap.start for gap in self._gaps)
        # Quiet hours are covered by chance only; a day has 24 hours all the same.
        whole = self._window[1] - self._window[0] if self._users else 0
        wholes = hours_of_week(self._pieces(self._counted))
        parts = hours_of_week(self._pieces(gap[:2] for gap in self._gaps))
        return {
            "counted_seconds": seconds(counted),
            "covered_seconds": seconds(covered),
            "share": _share(covered, counted),
            "share_24h": _share(covered, whole),
            "hours": [_share(hour - part, hour) for hour, part in zip(wholes, parts, strict=True)],
        }

    def gaps(self, time_format: TimeFormat) -> Iterator[dict[str, Any]]:
        """Yield the gaps by start; the parts of one that quiet hours interrupt have the same members around."""
        for start, end, left, came in self._gaps:
            yield {
                "start_time": render_in_zone(start, self._tz, time_format),
                "end_time": render_in_zone(end, self._tz, time_format),
                "seconds": seconds(end - start),
                "left_last": [self._users[index].id for index in left],
                "came_first": [self._users[index].id for index in came],
            }

    def hand_overs(self) -> Iterator[dict[str, Any]]:
        """Yield up to MOST_PAIRS pairs with hand-overs, the most frequent first, then by the order of members."""
        frequent = nsmallest(MOST_PAIRS, self._hand_overs, key=lambda pair: (-pair.times, pair.left, pair.stayed))
        for left, stayed, times, length in frequent:
            yield {
                "from": self._users[left].id,
                "to": self._users[stayed].id,
                "count": times,
                "seconds": seconds(length),
            }

    def _pieces(self, intervals: Iterable[Interval]) -> Iterator[days_and_hours.Piece]:
        return days_and_hours.in_zone(((start, end, 0, 0) for start, end in intervals), self._window, self._tz)


def sweep(groups: Groups, window: Interval, most: int) -> tuple[list[Gap], Iterator[HandOvers]]:
    """Return the gaps in which at most *most* of *groups* are active, and the pairs of groups with hand-overs.

    Raise InvalidRequestError for too many gaps.
    """
    bits = len(groups).bit_length()
    mask = (1 << bits) - 1
    active: dict[int, int] = {}  # since when each is
    gaps: list[Gap] = []
    pairs = HandOverSweep(len(groups), window)
    since = window[0]
    left: tuple[int, ...] = ()
    for events in slices(groups):
        for point, at_once in groupby(events, lambda event: event >> bits):
            before = len(active)
            ended: dict[int, int] = {}
            started: list[int] = []
            for event in at_once:
                index = event & mask
                if index in active:
                    ended[index] = active.pop(index)
                else:
                    started.append(index)
            active.update(dict.fromkeys(started, point))
            pairs.change(point, started, ended)
            if before <= most < len(active):
                if since < point:
                    gaps.append(Gap(since, point, left, tuple(started)))
                    limits.check(len(gaps), limits.INTERVALS, "gaps", _FEWER)
            elif len(active) <= most < before:
                since, left = point, tuple(ended)
    if len(active) <= most and since < window[1]:
        gaps.append(Gap(since, window[1], left, ()))
    return gaps, pairs.found()


def _outside(quiet: Sequence[Interval], window: Interval, tz: Zone) -> Iterator[Interval]:
    """Yield the time of *window* outside of the hours of the week *quiet* in *tz*."""
    begun = window[0]
    for start, end, offset in timezones.offset_intervals(*window, tz) if quiet else ():
        shift = offset * SECOND - _EPOCH_MONDAY
        for week in range((start + shift) // WEEK, (end - 1 + shift) // WEEK + 1):
            for first, last in quiet:
                opens = max(week * WEEK + first * MINUTE - shift, start)
                closes = min(week * WEEK + last * MINUTE - shift, end)
                if opens < closes:
                    if begun < opens:
                        yield begun, opens
                    begun = closes
    if begun < window[1]:
        yield begun, window[1]


def _within(gaps: Iterable[Gap], counted: Sequence[Interval]) -> Iterator[Gap]:
    """Yield the parts of *gaps* that lie within the intervals *counted*; both are sorted and disjoint."""
    at = 0
    for gap in gaps:
        while at < len(counted) and counted[at][1] <= gap.start:
            at += 1
        number = at
        while number < len(counted) and counted[number][0] < gap.end:
            start, end = counted[number]
            yield gap._replace(start=max(start, gap.start), end=min(end, gap.end))
            number += 1


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
