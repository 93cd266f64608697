"""The members and their local time."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from rich import box
from rich.console import RenderableType
from rich.table import Table

from ftlclient.views.formatting import check_rows, plain

COLUMNS = ("user_id", "real_name", "tz", "local_time")


def view(answer: dict[str, Any]) -> RenderableType:
    """Return a table of the members."""
    check_rows(len(answer["members"]))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column("Id", no_wrap=True)
    for name in ("Name", "Zone", "Local time"):
        table.add_column(name)
    for member in sorted(answer["members"], key=lambda member: str(member["real_name"])):
        local = datetime.fromisoformat(member["local_time"])
        who = [plain(member[key]) for key in ("id", "real_name", "tz")]
        table.add_row(*who, f"{local:%a %H:%M}")
    return table


def rows(answer: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Yield a row of COLUMNS for each member."""
    for member in answer["members"]:
        yield (member["id"], member["real_name"], member["tz"], member["local_time"])
