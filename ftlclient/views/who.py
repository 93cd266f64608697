"""Who is active, who was active last, and each member's local time."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from rich import box
from rich.console import RenderableType
from rich.table import Table

from ftlclient import time_ranges
from ftlclient.views.formatting import check_rows, hours_and_minutes, plain

COLUMNS = ("user_id", "real_name", "tz", "active", "since", "last_active", "local_time")


def view(answer: dict[str, Any]) -> RenderableType:
    """Return a table of members: active ones first, then by their last activity."""
    check_rows(len(answer["members"]))
    at = datetime.fromisoformat(answer["at"])
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    for name in ("Name", "Active", "Local time", "", "Zone"):
        table.add_column(name)
    for member in sorted(answer["members"], key=_rank):
        zone = time_ranges.zone(member["tz"])
        local = datetime.fromisoformat(member["local_time"])
        night = zone is not None and time_ranges.is_night(at, zone)
        table.add_row(
            plain(member["real_name"], "bold" if member["active"] else ""),
            plain(_state(member, at), "green" if member["active"] else "dim"),
            f"{local:%a %H:%M}",
            "night" if night else "day",
            plain(member["tz"], "dim"),
        )
    return table


def rows(answer: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Yield a row of COLUMNS for each member."""
    for member in answer["members"]:
        who = (member["id"], member["real_name"], member["tz"], "yes" if member["active"] else "no")
        yield (*who, member.get("since", ""), member.get("last_active", ""), member["local_time"])


def _rank(member: dict[str, Any]) -> tuple[bool, float]:
    if member["active"]:
        return False, datetime.fromisoformat(member["since"]).timestamp()
    last = member.get("last_active")
    return True, -datetime.fromisoformat(last).timestamp() if last else 0.0


def _state(member: dict[str, Any], at: datetime) -> str:
    if member["active"]:
        since = datetime.fromisoformat(member["since"])
        return f"since {_moment(since, at)} ({hours_and_minutes(at - since)})"
    if "last_active" in member:
        return f"until {_moment(datetime.fromisoformat(member['last_active']), at)}"
    return "never"


def _moment(moment: datetime, at: datetime) -> str:
    """Format a moment before *at*, with more of the date the longer ago it is."""
    days = (at.astimezone(moment.tzinfo).date() - moment.date()).days
    if days == 0:
        return f"{moment:%H:%M}"
    return f"{moment:%a %H:%M}" if days < 7 else f"{moment:%Y-%m-%d}"
