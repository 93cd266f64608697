"""The members and their local time."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from rich.console import RenderableType

from ftlclient.views._heading import heading
from ftlclient.views._tables import CutTable
from ftlclient.views.formatting import check_rows
from ftlcommon.wording import counted, moment_words, time_of_day
from ftlcommon.zones import UTC_ZONE

COLUMNS = ("user_id", "real_name", "tz", "local_time")


def view(answer: dict[str, Any], *, is_sorted: bool = False, left: int = 0) -> RenderableType:
    """Return a table of the members by name, or as they are if the answer *is_sorted*; *left* others are gone."""
    check_rows(len(answer["members"]))
    at = moment_words(datetime.fromisoformat(answer["at"]), UTC_ZONE)
    gone = [f"{left:,} who left not shown (--all)"] if left else []
    title = heading(counted(len(answer["members"]), "member"), f"local times at {at} UTC", *gone)
    members = answer["members"]
    ordered = members if is_sorted else sorted(members, key=lambda member: str(member["real_name"]))
    rows = [
        (
            *((member[key], "") for key in ("id", "real_name", "tz")),
            (_weekday_and_time(datetime.fromisoformat(member["local_time"])), ""),
        )
        for member in ordered
    ]
    return CutTable(title, ("Id", "Name", "Zone", "Local time"), rows, order=(2, 1, 0))


def rows(answer: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Yield a row of COLUMNS for each member."""
    for member in answer["members"]:
        yield (member["id"], member["real_name"], member["tz"], member["local_time"])


def _weekday_and_time(local: datetime) -> str:
    return f"{local:%a} {time_of_day(local)}"
