"""The teams, and the members of one."""

from typing import Any

from rich import box
from rich.console import RenderableType
from rich.table import Table

from ftlclient.views.formatting import check_rows, plain


def teams(answer: dict[str, Any]) -> RenderableType:
    """Return a table of the teams."""
    table = _table(len(answer["teams"]), "Name")
    table.add_column("Members", justify="right")
    for team in answer["teams"]:
        table.add_row(plain(team["id"]), plain(team["name"]), f"{team['size']:,}")
    return table


def members(team: dict[str, Any]) -> RenderableType:
    """Return a table of the members of a team."""
    table = _table(len(team["members"]), "Name", "Zone")
    for member in team["members"]:
        table.add_row(*(plain(member[key]) for key in ("id", "real_name", "tz")))
    return table


def _table(rows: int, *columns: str) -> Table:
    check_rows(rows)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column("Id", no_wrap=True)
    for name in columns:
        table.add_column(name)
    return table
