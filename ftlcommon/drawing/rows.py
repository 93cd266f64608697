"""The members of an answer as rows of a picture: which are drawn, their names, and their spans of activity."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from heapq import nlargest
from typing import Any

from ftlcommon.drawing.axes import Span
from ftlcommon.wording import counted, distinct_names
from ftlcommon.zones import Zone, zone_of

MOST_MEMBERS = 50

Answer = Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """A member, a name that no other has, and when they were active: *spans* neither overlap nor touch."""

    member: Answer
    name: str
    spans: Sequence[Span]

    @property
    def tz(self) -> Zone:
        """Return the member's own zone."""
        return zone_of(self.member["tz"])

    @cached_property
    def seconds(self) -> float:
        """Return how long the member was active."""
        return sum(end - start for start, end in self.spans)


def names_of(members: Sequence[Answer]) -> list[str]:
    """Return the names of *members*, told apart."""
    return distinct_names([(member["id"], member["real_name"]) for member in members])


def most_active(members: Sequence[Answer], seconds: Callable[[Answer], float]) -> list[Answer]:
    """Return the most active 50 of *members*, in their order."""
    if len(members) <= MOST_MEMBERS:
        return list(members)
    drawn = {*nlargest(MOST_MEMBERS, range(len(members)), key=lambda number: (seconds(members[number]), -number))}
    return [member for number, member in enumerate(members) if number in drawn]


def rows_of(answer: Answer) -> list[Row]:
    """Return the members to draw of an answer with ``activity_periods``."""
    spans = {member["id"]: _union(member["activity_periods"]) for member in answer["members"]}
    drawn = most_active(answer["members"], lambda member: sum(end - start for start, end in spans[member["id"]]))
    return [Row(member, name, spans[member["id"]]) for member, name in zip(drawn, names_of(drawn), strict=True)]


def not_shown(answer: Answer, drawn: int, who: str = "who were less active") -> str:
    """Return which members of an answer, or left out of it, are not among those *drawn*, and *who* they are."""
    omitted = answer.get("omitted", {})
    less_active = len(answer["members"]) - drawn
    parts = []
    if less_active:
        parts.append(f"{less_active:,} {who} than these {drawn}")
    if beyond := omitted.get("beyond_limit", 0):
        parts.append(f"{beyond:,} beyond the limit")
    if inactive := omitted.get("inactive", 0):
        parts.append(f"{counted(inactive, 'member')} without activity")
    return f"Not shown: {', '.join(parts)}" if parts else ""


def first_and_last_day(
    rows: Sequence[Row], window: Mapping[str, Any] | None, tz: Zone | None
) -> tuple[date, date] | None:
    """Return the days between which the *window* of an answer lies; without ``from`` it begins with activity."""
    found = set()
    for row in rows:
        own = tz or row.tz
        edges = {} if window is None else window.get("by_member", {}).get(row.member["id"], window)
        start, end = edges.get("from"), edges.get("to")
        if end is not None:
            last = datetime.fromisoformat(end) - timedelta(microseconds=1)
            found.add(last.astimezone(own).date())
        elif row.spans:
            found.add(datetime.fromtimestamp(row.spans[-1][1], own).date())
        if start is not None:
            found.add(datetime.fromisoformat(start).astimezone(own).date())
        elif row.spans:
            found.add(datetime.fromtimestamp(row.spans[0][0], own).date())
    return (min(found), max(found)) if found else None


def _union(periods: Sequence[Answer]) -> list[Span]:
    """Return the time that *periods* cover as spans that neither overlap nor touch, in order."""
    instants = sorted((_seconds(period["start_time"]), _seconds(period["end_time"])) for period in periods)
    found: list[Span] = []
    for start, end in instants:
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        elif start < end:
            found.append((start, end))
    return found


def _seconds(time: str) -> float:
    return datetime.fromisoformat(time).timestamp()
