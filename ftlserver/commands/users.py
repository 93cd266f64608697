"""List the users: id, name, zone, number of periods, and their last activity on their own clock."""

import argparse
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ftlcommon.terminal import safe
from ftlserver.config import Config
from ftlserver.domain import timezones
from ftlserver.domain.instants import wall_clock
from ftlserver.domain.user import UserSummary
from ftlserver.storage import Storage


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Take no arguments."""


def handle(_args: argparse.Namespace, config: Config) -> int:
    with Storage.open(config.database, create=False) as storage:
        show(storage.users.summaries())
    return 0


def show(summaries: Sequence[UserSummary]) -> None:
    """Print a table of users."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("Id", no_wrap=True)
    table.add_column("Name")
    table.add_column("Zone", no_wrap=True)
    table.add_column("Periods", justify="right")
    table.add_column("Last activity", no_wrap=True)
    if any(summary.left_at is not None for summary in summaries):
        table.add_column("Left", no_wrap=True)
    for summary in summaries:
        user = summary.user
        table.add_row(
            Text(user.id),
            Text(safe(user.real_name)),
            Text(user.tz),
            f"{summary.periods:,}",
            _last(summary),
            *_left(summary),
        )
    console = Console()
    if not console.is_terminal:
        console.width = 1_000  # a pipe has no edge to wrap at
    console.print(table)


def _left(summary: UserSummary) -> list[str]:
    """Return the last day of a user who has left, on their own clock."""
    if summary.left_at is None:
        return []
    return [timezones.date_at(summary.left_at - 1, summary.user.zone).isoformat()]


def _last(summary: UserSummary) -> str:
    if summary.last_active_at is None:
        return "never"
    return f"{wall_clock(summary.last_active_at, summary.last_offset):%Y-%m-%d %H:%M}"
