"""Show writes that are saved to be sent later, and those that a server refused; --clear removes them."""

import argparse
import json

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ftlclient.api.spool import Spool
from ftlclient.config import spool_file
from ftlcommon.terminal import safe

EXAMPLE = "ftlclient spool --clear refused"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--clear",
        choices=["refused", "all"],
        help="remove the refused writes, or all, including those not sent yet",
    )


def handle(args: argparse.Namespace, console: Console) -> int:
    spool = Spool(spool_file())
    if args.clear:
        console.print(f"{spool.clear(also_waiting=args.clear == 'all')} removed")
        return 0
    items = spool.items()
    if not items:
        console.print("nothing saved")
        return 0
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("server", "request", "state"):
        table.add_column(column, overflow="fold")
    for item in items:
        request = f"{item.method} {item.path} {json.dumps(item.document)}"
        state = Text("waiting") if item.reason is None else Text(f"refused: {safe(item.reason)}", "yellow")
        table.add_row(Text(safe(item.url)), Text(safe(request)), state)
    console.print(table)
    return 0
