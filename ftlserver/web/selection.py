"""Which members a question is about, and in which order: what it selects before it is answered."""

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fnmatch import translate
from re import compile as compiled
from typing import Any, NamedTuple

from ftlcommon.member_names import folded
from ftlserver.domain.instants import DAY
from ftlserver.domain.intervals import Interval
from ftlserver.domain.user import User
from ftlserver.questions import limits
from ftlserver.questions.overlap_sweep import disjoint_edges
from ftlserver.storage import Storage, packing
from ftlserver.storage.periods import Extent
from ftlserver.web.turns import turn_of_members

FIELDS = frozenset(["active_only", "order", "limit", "exclude"])

_FEWER = "ask about fewer members or a shorter window"
_WEEK = 7 * DAY

EdgesOf = Callable[[Sequence[User]], Mapping[str, Interval]]
# A key that sorts members: the most active first, or the one who was active last.
Rank = Callable[["array[int]"], tuple[int, ...]]


class Chosen(NamedTuple):
    """The members of a question, and the keys with which its answer ends: ``not_found`` and ``omitted``."""

    users: list[User]
    last_keys: dict[str, Any]


def most_active(edges: "array[int]") -> tuple[int, ...]:
    """Return the key of a member who was active between *edges*: who was active longer comes first."""
    return (-_length(edges),)


def latest(edges: "array[int]") -> tuple[int, ...]:
    """Return the key of a member who was active between *edges*: who was active later comes first."""
    return -edges[-1] if edges else 0, -_length(edges)


def week_before(at: int) -> EdgesOf:
    """Return the windows in which members have to be active for a question about the instant *at*."""
    return lambda users: {user.id: (at - _WEEK, at + 1) for user in users}


def choose(
    storage: Storage,
    asked: Mapping[str, Any],
    edges_of: EdgesOf,
    most: int = limits.MEMBERS,
    rank: Rank = most_active,
) -> Chosen:
    """Return the members that a request is about; raise InvalidRequestError for more than *most*.

    *edges_of* gives the windows of users, by id, in which they have to be active; *rank* is what ``order: active``
    sorts by.
    """
    if asked.keys().isdisjoint(FIELDS):
        users = _users(storage, asked, most)
        return Chosen(users, missing(storage, asked, users))
    users = _users(storage, asked, limits.CANDIDATES)
    last_keys = missing(storage, asked, users)
    with turn_of_members(len(users)):
        users, omitted = _selected(storage, asked, users, edges_of, rank)
    limits.check(len(users), most, "members", "name fewer")
    return Chosen(users, {**last_keys, "omitted": omitted})


def _selected(
    storage: Storage, asked: Mapping[str, Any], users: Iterable[User], edges_of: EdgesOf, rank: Rank
) -> tuple[list[User], dict[str, int]]:
    candidates = list(_not_excluded(users, asked.get("exclude", ())))
    order = asked.get("order")
    inactive = 0
    if asked.get("active_only") or order == "active":
        extents = list(_counted(storage.periods.extents(candidates, edges_of(candidates)), order == "active"))
        if asked.get("active_only"):
            extents = list(_active(extents, storage.users.departures() if "all" in asked else {}))
            inactive = len(candidates) - len(extents)
        candidates = [extent.user for extent in extents]
    if order == "active":
        read = storage.periods.read(packing.EDGES, extents)
        keys = {extent.user.id: rank(disjoint_edges(pages, extent.window)) for extent, pages in read}
        candidates.sort(key=lambda user: (*keys[user.id], user.id))
    elif order == "name":
        candidates.sort(key=lambda user: (folded(user.real_name), user.id))
    elif order == "id":
        candidates.sort(key=lambda user: user.id)
    chosen = candidates[: asked.get("limit", len(candidates))]
    return chosen, {"inactive": inactive, "beyond_limit": len(candidates) - len(chosen)}


def _active(extents: Iterable[Extent], left_at: Mapping[str, int]) -> Iterator[Extent]:
    """Yield those of *extents* that have periods, of users who did not leave before their windows."""
    for extent in extents:
        start = extent.window[0]
        if extent.periods and left_at.get(extent.user.id, start) >= start:
            yield extent


def _users(storage: Storage, asked: Mapping[str, Any], most: int) -> list[User]:
    users = storage.users.find_many(asked.get("id_list"), most + 1)
    limits.check(len(users), most, "members", "name fewer")
    return users


def not_found(storage: Storage, user_ids: Iterable[str]) -> dict[str, Any]:
    """Return the keys that list unknown users, and which of these are aliases of whom; none if there are none."""
    unknown = list(user_ids)
    if not unknown:
        return {}
    renamed = storage.aliases.resolve(unknown)
    return {"not_found": unknown} | ({"renamed_to": renamed} if renamed else {})


def missing(storage: Storage, asked: Mapping[str, Any], users: Iterable[User]) -> dict[str, Any]:
    """Return those keys for a request that found *users*."""
    there = {user.id for user in users}
    return not_found(storage, (id_ for id_ in dict.fromkeys(asked.get("id_list", ())) if id_ not in there))


def _not_excluded(users: Iterable[User], patterns: Sequence[str]) -> Iterator[User]:
    are_excluded = [compiled(translate(folded(pattern))).match for pattern in patterns]
    for user in users:
        if not any(matches(folded(text)) for matches in are_excluded for text in (user.id, user.real_name)):
            yield user


def _counted(extents: Iterable[Extent], is_read: bool) -> Iterator[Extent]:
    """Yield *extents*; raise InvalidRequestError if there are too many periods in them to be read."""
    periods = 0
    for extent in extents:
        periods += extent.periods
        if is_read:
            limits.check(periods, limits.PERIODS, "periods to order members by", _FEWER)
        yield extent


def _length(edges: "array[int]") -> int:
    return sum(edges[1::2]) - sum(edges[::2])
