"""Who is active, who was active last, and each member's local time."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from rich.console import RenderableType

from ftlclient.views._heading import heading
from ftlclient.views._tables import CutTable
from ftlclient.views.formatting import check_rows
from ftlcommon import zones
from ftlcommon.wording import (
    coming_words,
    counted,
    distinct_names,
    moment_words,
    presence_rank,
    presence_words,
    time_of_day,
)
from ftlcommon.zones import Zone

COLUMNS = ("user_id", "real_name", "tz", "active", "since", "last_active", "local_time", "usually_back")
_HEADS = ("Name", "Active", "Usually back", "Local time", "", "Zone")
_BACK = 2  # its column, which is there if the answer says it


def view(answer: dict[str, Any], tz: Zone | None, *, is_sorted: bool = False) -> RenderableType:
    """Return a table of members: active ones first, then by their last activity, or as they are if *is_sorted*.

    Times are on the clock of *tz*, or on each member's own.
    """
    members = answer["members"]
    check_rows(len(members))
    at = datetime.fromisoformat(answer["at"])
    zone = tz or zones.UTC_ZONE
    active = sum(member["active"] for member in members)
    details = [moment_words(at, zone), zone.key, *(["times on their own clocks"] if tz is None else [])]
    ranked = members if is_sorted else sorted(members, key=presence_rank)
    names = distinct_names([(member["id"], member["real_name"]) for member in ranked])
    table = [_row(name, member, at) for name, member in zip(names, ranked, strict=True)]
    title = heading(f"{active:,} of {counted(len(members), 'member')} active", *details)
    if any("usually_back" in member for member in members):
        return CutTable(title, _HEADS, table, order=(5, 0))
    without = [[cell for number, cell in enumerate(row) if number != _BACK] for row in table]
    return CutTable(title, _HEADS[:_BACK] + _HEADS[_BACK + 1 :], without, order=(4, 0))


def rows(answer: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Yield a row of COLUMNS for each member."""
    for member in answer["members"]:
        who = (member["id"], member["real_name"], member["tz"], "yes" if member["active"] else "no")
        times = (member.get(key, "") for key in COLUMNS[4:])
        yield (*who, *times)


def _row(name: str, member: dict[str, Any], at: datetime) -> list[tuple[str, str]]:
    own = zones.zone(member["tz"])
    local = datetime.fromisoformat(member["local_time"])
    back = coming_words(datetime.fromisoformat(member["usually_back"]), at) if "usually_back" in member else ""
    return [
        (name, "bold" if member["active"] else ""),
        (presence_words(member, at), "green" if member["active"] else "dim"),
        (back, ""),
        (f"{local:%a} {time_of_day(local)}", ""),
        ("night" if own is not None and zones.is_night(at, own) else "day", ""),
        (member["tz"], "dim"),
    ]
