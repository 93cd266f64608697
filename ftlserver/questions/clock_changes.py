"""The clock changes ahead: whose they are, and what each does to the overlap that pairs can expect."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from ftlserver.domain import timezones
from ftlserver.domain.instants import SECOND
from ftlserver.domain.time_formats import render_in_zone
from ftlserver.questions import seconds
from ftlserver.questions.habits import Habits, shared

Pair = tuple[str, str]


def changes(habits: Habits, now: int, until: int, *, by_pair: bool = False) -> list[dict[str, Any]]:
    """Return the clock changes in the members' zones from *now* to *until*, and the effect of each.

    ``overlap_before`` and ``overlap_after`` are the seconds of a week that the members whose clock changes can be
    expected to share with each of the others, added up over the pairs; *by_pair* adds ``pairs``, those whose
    expected overlap changes, the largest difference first. Others whose clock changes at the same instant are on
    their old clock before it, and on their new one after it.
    """
    found = []
    for name in sorted({user.tz for user, *_ in habits}):
        tz = timezones.zone_or_utc(name)
        for (_, at, before), (_, _, after) in pairwise(timezones.offset_intervals(now, until, tz)):
            moved = [one for one in habits if one.user.tz == name]
            rest = [one for one in habits if one.user.tz != name]
            overlaps = [_overlaps(moved, before, rest, at - 1), _overlaps(moved, after, rest, at)]
            change: dict[str, Any] = {
                "tz": name,
                "at": render_in_zone(at, timezones.zone("UTC"), "iso"),
                "offset_before": before,
                "offset_after": after,
                "members": [user.id for user, *_ in moved],
                "overlap_before": _whole(overlaps[0].values()),
                "overlap_after": _whole(overlaps[1].values()),
            }
            found.append(change | ({"pairs": _pairs(*overlaps)} if by_pair else {}))
    return sorted(found, key=lambda change: (change["at"], change["tz"]))


def _overlaps(moved: Habits, offset: int, rest: Habits, at: int) -> dict[Pair, float]:
    """Return the expected common time of a week of each of *moved*, at *offset*, with each of *rest*."""
    others = [(one, timezones.offset_at(at, one.user.zone)) for one in rest if any(one.shares)]
    return {
        (one.user.id, other.user.id): shared(one.shares, offset, other.shares, other_offset)
        for one in moved
        if any(one.shares)
        for other, other_offset in others
    }


def _pairs(before: dict[Pair, float], after: dict[Pair, float]) -> list[dict[str, Any]]:
    found = [
        {"members": list(pair), "overlap_before": _whole([before[pair]]), "overlap_after": _whole([after[pair]])}
        for pair in before
    ]
    changed = [pair for pair in found if pair["overlap_before"] != pair["overlap_after"]]
    return sorted(
        changed, key=lambda pair: (-abs(pair["overlap_after"] - pair["overlap_before"]), pair["members"])
    )


def _whole(lengths: Iterable[float]) -> float | int:
    return seconds(round(sum(lengths) / SECOND) * SECOND)
