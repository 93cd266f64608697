"""List what was changed, by whom and when, the last change first."""

import argparse
import json
from collections.abc import Mapping
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ftlcommon.terminal import safe
from ftlserver.commands import positive
from ftlserver.commands._names import user_id_of
from ftlserver.config import Config
from ftlserver.domain import instants, time_formats
from ftlserver.storage import Storage
from ftlserver.storage.undo import Entry

_USERS_SHOWN = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--user", metavar="USER", help="only changes of this user")
    parser.add_argument("--last", metavar="N", type=positive, default=50, help="how many (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="write a line of JSON for each change")


def handle(args: argparse.Namespace, config: Config) -> int:
    with Storage.open(config.database, create=False) as storage:
        user_id = None if args.user is None else user_id_of(storage, args.user)
        entries = storage.changes.newest(args.last, user_id)
        callers = {token.id: token.name for token in storage.tokens.all()}
    if args.json:
        for entry in entries:
            print(json.dumps(_to_json(entry)))
        return 0
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, caption="times are UTC; undo with: ftlserver undo CHANGE")
    table.add_column("Change", justify="right")
    for name in ("When", "What", "By", "Users", "Periods"):
        table.add_column(name, no_wrap=name != "Users")
    for entry in entries:
        when = f"{instants.wall_clock(entry.at, 0):%Y-%m-%d %H:%M:%S}"
        row = (str(entry.number), when, entry.action, _caller(entry, callers), _users(entry), _periods(entry))
        table.add_row(*(Text(safe(cell)) for cell in row))
    console = Console()
    if not console.is_terminal:
        console.width = 1_000  # a pipe has no edge to wrap at
    console.print(table)
    return 0


def _caller(entry: Entry, names: Mapping[str, str]) -> str:
    return "" if entry.caller is None else names.get(entry.caller, entry.caller)


def _users(entry: Entry) -> str:
    more = len(entry.user_ids) - _USERS_SHOWN
    return ", ".join(entry.user_ids[:_USERS_SHOWN]) + (f" and {more:,} more" if more > 0 else "")


def _periods(entry: Entry) -> str:
    counts = {"added": entry.added, "changed": entry.changed, "deleted": entry.deleted}
    return ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)


def _to_json(entry: Entry) -> dict[str, Any]:
    return {
        "change": entry.number,
        "at": time_formats.utc(entry.at),
        "action": entry.action,
        "token": entry.caller,
        "user_ids": list(entry.user_ids),
        "periods": {"added": entry.added, "changed": entry.changed, "deleted": entry.deleted},
        "records": [record._asdict() for record in entry.records],
    }
