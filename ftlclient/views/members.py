"""The members and their local time."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from rich.console import RenderableType

from ftlclient.time_ranges import UTC_ZONE
from ftlclient.views._heading import heading, moment_words
from ftlclient.views._tables import CutTable
from ftlclient.views.formatting import check_rows, counted, time_of_day

COLUMNS = ("user_id", "real_name", "tz", "local_time")


def view(answer: dict[str, Any]) -> RenderableType:
    """Return a table of the members."""
    check_rows(len(answer["members"]))
    at = moment_words(datetime.fromisoformat(answer["at"]), UTC_ZONE)
    title = heading(counted(len(answer["members"]), "member"), f"local times at {at} UTC")
    rows = [
        (
            *((member[key], "") for key in ("id", "real_name", "tz")),
            (_weekday_and_time(datetime.fromisoformat(member["local_time"])), ""),
        )
        for member in sorted(answer["members"], key=lambda member: str(member["real_name"]))
    ]
    return CutTable(title, ("Id", "Name", "Zone", "Local time"), rows, order=(2, 1, 0))


def rows(answer: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Yield a row of COLUMNS for each member."""
    for member in answer["members"]:
        yield (member["id"], member["real_name"], member["tz"], member["local_time"])


def _weekday_and_time(local: datetime) -> str:
    return f"{local:%a} {time_of_day(local)}"
