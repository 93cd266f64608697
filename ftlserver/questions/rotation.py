"""Times to meet in turn, so that no member bears the odd hours alone."""

from collections.abc import Sequence
from itertools import accumulate
from operator import add, itemgetter, le
from typing import Any, NamedTuple

from ftlserver.domain.intervals import Interval
from ftlserver.domain.time_formats import TimeFormat
from ftlserver.domain.timezones import Zone
from ftlserver.questions.habits import Habits, outside_length
from ftlserver.questions.meeting import Slot, offsets_of

_MOST_WORK = 5_000_000  # of the search: about two seconds
_WORK_OF_A_STEP = 10  # beside that of adding up the cost of each member

Cost = tuple[int, ...]  # of a slot: how much of it lies outside the usual hours of each member


class Fairest(NamedTuple):
    """The indexes of slots whose costs add up to the lowest maximum, unless the search was given up."""

    indexes: list[int]
    is_lowest: bool


def rotation(
    habits: Habits, slots: Sequence[Slot], week: Interval, count: int, *, tz: Zone, time_format: TimeFormat
) -> dict[str, Any]:
    """Return *count* of *slots*, none overlapping another, with the lowest share for the worst-off member.

    That is the share of the meetings outside the hours in which a member is usually active. Among equals, the
    members' shares add up to the least. Members without enough history do not count.
    """
    members = [one for one in habits if one.is_enough]
    offsets = offsets_of(members, week)
    usual = [(one.usual_hours, offsets[one.user.tz]) for one in members]
    costs = [tuple(outside_length(hours, clock, slot.start, slot.end) for hours, clock in usual) for slot in slots]
    found = fairest(costs, [(slot.start, slot.end) for slot in slots], count if members else 0)
    chosen = [slots[index] for index in sorted(found.indexes)]
    whole = sum(slot.end - slot.start for slot in chosen)
    shares = [
        sum(costs[index][number] for index in found.indexes) / (whole or 1) for number in range(len(members))
    ]
    return {
        "slots": [slot.to_json(habits, tz, time_format) for slot in chosen],
        "worst_share": round(max(shares, default=0), 4),
        "is_lowest": found.is_lowest,
        "members": [
            {"id": one.user.id, "outside_share": round(share, 4)}
            for one, share in zip(members, shares, strict=True)
        ],
    }


def fairest(costs: Sequence[Cost], times: Sequence[Interval], count: int) -> Fairest:
    """Return *count* slots with these *costs* and *times*, none overlapping another; fewer where they do not fit.

    The highest sum of a member is as low as can be; among equals, the sum of all.
    """
    order = sorted(range(len(costs)), key=lambda index: (sum(costs[index]), index))
    kept = []
    for place, index in enumerate(order):
        better = [times[other] for other in order[:place] if all(map(le, costs[other], costs[index]))]
        # Each other slot that is chosen overlaps at most two of these, so one of so many could take the place.
        if len(_most_disjoint(better)) < 2 * count - 1:
            kept.append(index)
    search = _Search([costs[index] for index in kept], [times[index] for index in kept])
    best = search.run(count)
    return Fairest([kept[place] for place in best], search.is_complete)


class _Search:
    """A branch and bound over slots, those with the least cost first.

    It begins with a good choice, and leaves out what cannot become better: by the least that the members, each for
    themselves or on average, have to bear in the slots that are still to be chosen.
    """

    def __init__(self, costs: Sequence[Cost], times: Sequence[Interval]) -> None:
        self._costs = costs
        self._times = times
        self._totals = [0, *accumulate(map(sum, costs))]
        self._members = len(costs[0]) if costs else 0
        self._work_left = _MOST_WORK
        self.is_complete = True

    def run(self, count: int) -> list[int]:
        """Return the best choice of *count* slots, or of as many as fit."""
        self._best = self._improved(self._greedy(count))
        self._best_key = self._key(self._best)
        self._least = self._least_costs(len(self._best))
        self._extend([], (0,) * self._members, 0)
        return self._best

    def _key(self, chosen: Sequence[int]) -> tuple[int, int]:
        sums = [sum(column) for column in zip(*(self._costs[place] for place in chosen), strict=True)]
        return max(sums, default=0), sum(sums)

    def _fits(self, place: int, chosen: Sequence[int]) -> bool:
        start, end = self._times[place]
        return all(end <= self._times[other][0] or self._times[other][1] <= start for other in chosen)

    def _greedy(self, count: int) -> list[int]:
        """Return a choice of as many slots as fit, up to *count*."""
        chosen: list[int] = []
        while len(chosen) < count:
            fitting = [place for place in range(len(self._costs)) if self._fits(place, chosen)]
            if not fitting:
                packed = [self._times.index(time) for time in _most_disjoint(self._times)[:count]]
                return max(chosen, packed, key=len)
            chosen.append(min(fitting, key=lambda place: self._key([*chosen, place])))
        return chosen

    def _improved(self, chosen: list[int]) -> list[int]:
        """Return *chosen* after exchanging one slot at a time, as long as that makes it better."""
        key = self._key(chosen)
        for number in range(len(chosen)):
            rest = chosen[:number] + chosen[number + 1 :]
            fitting = [place for place in range(len(self._costs)) if self._fits(place, rest)]
            place = min(fitting, key=lambda place: self._key([*rest, place]))
            if self._key([*rest, place]) < key:
                return self._improved([*rest, place])
        return chosen

    def _least_costs(self, count: int) -> list[list[Cost]]:
        """Return, for each place, the least that each member bears in 0, 1, ... *count* slots from there on."""
        smallest: list[list[int]] = [[] for _ in range(self._members)]
        found = [[(0,) * self._members]]
        for cost in reversed(self._costs):
            smallest = [sorted([*known, new])[:count] for known, new in zip(smallest, cost, strict=True)]
            sums = [list(accumulate(known, initial=0)) for known in smallest]
            found.append(list(zip(*sums, strict=True)))
        return found[::-1]

    def _extend(self, chosen: list[int], sums: Cost, first: int) -> None:
        left = len(self._best) - len(chosen)
        if left == 0:
            if (key := (max(sums, default=0), sum(sums))) < self._best_key:
                self._best, self._best_key = chosen, key
            return
        total = sum(sums)
        for place in range(first, len(self._costs) - left + 1):
            least = total + self._totals[place + left] - self._totals[place]
            if (-(-least // self._members), least) >= self._best_key:
                return  # the slots after this one cost even more
            if self._work_left <= 0:
                self.is_complete = False
                return
            if not self._fits(place, chosen):
                continue
            self._work_left -= self._members + _WORK_OF_A_STEP
            new = tuple(map(add, sums, self._costs[place]))
            if (max(map(add, new, self._least[place + 1][left - 1])), least) < self._best_key:
                self._extend([*chosen, place], new, place + 1)


def _most_disjoint(times: Sequence[Interval]) -> list[Interval]:
    """Return as many of *times* as possible of which none overlaps another."""
    found: list[Interval] = []
    for start, end in sorted(times, key=itemgetter(1)):
        if not found or start >= found[-1][1]:
            found.append((start, end))
    return found
