"""How durations, times, windows and members are written, on a terminal as in a picture."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from ftlcommon import zones
from ftlcommon.zones import Zone

_EACH_OWN = "each member's own clock"

_clock_format = "%H:%M"


def use_clock(clock: str) -> None:
    """Show times of day in ``24h`` or ``12h`` from now on.

    Call it only in the terminal program, as it affects the whole process.
    """
    global _clock_format  # noqa: PLW0603
    _clock_format = "%I:%M%p" if clock == "12h" else "%H:%M"


def time_of_day(moment: datetime, *, seconds: bool = False) -> str:
    """Return the time of day of *moment*, such as ``14:30``, or ``2:30pm`` on a 12-hour clock."""
    form = _clock_format.replace("%M", "%M:%S") if seconds else _clock_format
    shown = f"{moment:{form}}"
    return shown if shown[-1].isdecimal() else shown.lstrip("0").lower()


def hours_and_minutes(length: timedelta) -> str:
    """Return a duration as ``h:mm``, or ``<0:01`` if it would round to zero."""
    minutes = round(length.total_seconds() / 60)
    if not minutes and length:
        return "<0:01"
    return f"{minutes // 60}:{minutes % 60:02}"


def in_minutes(seconds: Iterable[float]) -> list[int]:
    """Return lengths in minutes that add up to their rounded total; those with the largest rest are rounded up."""
    exact = [length / 60 for length in seconds]
    found = [int(minutes) for minutes in exact]
    by_rest = sorted(range(len(found)), key=lambda number: found[number] - exact[number])
    for number in by_rest[: round(sum(exact)) - sum(found)]:
        found[number] += 1
    return found


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural unless the number is 1."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def distinct_names(members: Sequence[tuple[str, str]]) -> list[str]:
    """Return the names of *members*, each an id and a name, with the id where several have the same name."""
    count = Counter(name for _, name in members)
    return [name if count[name] == 1 else f"{name} {id_}" for id_, name in members]


def clock_words(zone_names: Iterable[str], tz: Zone | None) -> str:
    """Return whose clock times are on: that of *tz*, or that of members in those zones."""
    names = {*zone_names}
    if tz is not None:
        return tz.key
    return zones.zone_of(names.pop()).key if len(names) == 1 else _EACH_OWN


def window_words(
    window: Mapping[str, Any], members: Iterable[tuple[str, str]], tz: Zone | None
) -> tuple[str, str]:
    """Return the window of an answer, and whose clock it is on.

    That is the clock of *tz*, or those of the *members*, of whom each is an id and a zone.
    """
    people = list(members)
    if tz is not None:
        return _edges(window, tz), tz.key
    own = window.get("by_member", {})
    pairs = {(str(own.get(id_, window)), name): own.get(id_, window) for id_, name in people}
    found = {_edges(edges, zones.zone_of(name)) for (_, name), edges in pairs.items()}
    if len(found) == 1:
        return found.pop(), clock_words((name for _, name in people), None)
    return _edges(window, zones.UTC_ZONE), "UTC"


def moment_words(moment: datetime, tz: Zone) -> str:
    """Return a moment with its weekday, on the clock of *tz*."""
    local = moment.astimezone(tz)
    return f"{local:%a %Y-%m-%d} {time_of_day(local)}"


def presence_words(member: Mapping[str, Any], at: datetime) -> str:
    """Return since when a *member* of a presence answer is active at the moment *at*, or until when they were."""
    if member["active"]:
        since = datetime.fromisoformat(member["since"])
        minutes = at.replace(second=0, microsecond=0) - since.replace(second=0, microsecond=0)
        return f"since {_before(since, at)} ({hours_and_minutes(minutes)})"
    if "last_active" in member:
        return f"until {_before(datetime.fromisoformat(member['last_active']), at)}"
    return "never"


def presence_rank(member: Mapping[str, Any]) -> tuple[bool, float]:
    """Return a key that sorts active members first, then by who was active last."""
    if member["active"]:
        return False, datetime.fromisoformat(member["since"]).timestamp()
    last = member.get("last_active")
    return True, -datetime.fromisoformat(last).timestamp() if last else 0.0


def coming_words(moment: datetime, at: datetime) -> str:
    """Return a moment from *at* on, with its date if it is not within a week."""
    if moment <= at:
        return "now"
    days = (moment.date() - at.astimezone(moment.tzinfo).date()).days
    clock = time_of_day(moment)
    return clock if days == 0 else f"{moment:%a} {clock}" if days < 7 else f"{moment:%Y-%m-%d}"


def _before(moment: datetime, at: datetime) -> str:
    """Format a moment before *at*, with more of the date the longer ago it is."""
    days = (at.astimezone(moment.tzinfo).date() - moment.date()).days
    if days == 0:
        return time_of_day(moment)
    return f"{moment:%a} {time_of_day(moment)}" if days < 7 else f"{moment:%Y-%m-%d}"


def _edges(window: Mapping[str, Any], tz: Zone) -> str:
    """Return a window as days if it consists of whole ones, else to the minute."""
    end = datetime.fromisoformat(window["to"]).astimezone(UTC)
    last = end - timedelta(microseconds=1)
    if window.get("from") is None:
        return f"everything until {moment_words(end, tz)}"
    start = datetime.fromisoformat(window["from"]).astimezone(UTC)
    if not (_is_day_start(start, tz) and _is_day_start(end, tz)):
        return f"{moment_words(start, tz)} to {moment_words(end, tz)}"
    days = [f"{edge.astimezone(tz):%a %Y-%m-%d}" for edge in (start, last)]
    return " to ".join(dict.fromkeys(days))


def _is_day_start(instant: datetime, tz: Zone) -> bool:
    return zones.day_edges(instant.astimezone(tz).date(), tz)[0] == instant
