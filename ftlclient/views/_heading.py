"""What a table is about: what it counts, in which window, on whose clock."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.text import Text

from ftlclient import time_ranges
from ftlclient.time_ranges import Zone
from ftlclient.views.formatting import time_of_day

_EACH_OWN = "each member's own clock"


def heading(what: str, *details: str) -> Text:
    """Return the line above a table."""
    return Text.assemble((what, "bold"), *((f", {detail}", "dim") for detail in details))


def no_activity(answer: Mapping[str, Any], tz: Zone | None) -> Text:
    """Return what stands in place of a table without members: the window, or the moment, that was asked about."""
    if "at" in answer:  # then members are active who were so within a week
        zone = tz or time_ranges.UTC_ZONE
        until = moment_words(datetime.fromisoformat(answer["at"]), zone)
        return heading("No activity", f"in the 7 days until {until}", zone.key)
    return heading("No activity", *(window_words(answer["window"], [], tz) if "window" in answer else []))


def clock_words(zones: Iterable[str], tz: Zone | None) -> str:
    """Return whose clock times are on: that of *tz*, or that of members in those *zones*."""
    names = {*zones}
    if tz is not None:
        return tz.key
    return zone_of(names.pop()).key if len(names) == 1 else _EACH_OWN


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
    found = {_edges(edges, zone_of(name)) for (_, name), edges in pairs.items()}
    if len(found) == 1:
        return found.pop(), clock_words((name for _, name in people), None)
    return _edges(window, time_ranges.UTC_ZONE), "UTC"


def moment_words(moment: datetime, tz: Zone) -> str:
    """Return a moment with its weekday, on the clock of *tz*."""
    local = moment.astimezone(tz)
    return f"{local:%a %Y-%m-%d} {time_of_day(local)}"


def zone_of(name: str) -> Zone:
    """Return the zone with that name, or UTC if it is unknown here."""
    return time_ranges.zone(name) or time_ranges.UTC_ZONE


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
    return time_ranges.day_edges(instant.astimezone(tz).date(), tz)[0] == instant
