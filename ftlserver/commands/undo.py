"""Take a change back, whole or not at all. This is a change too, and can be undone."""

import argparse

from ftlserver.commands import change_number
from ftlserver.config import Config
from ftlserver.domain.token import EVERYTHING
from ftlserver.storage import Storage


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("number", metavar="CHANGE", type=change_number, help="its number; see: ftlserver audit")


def handle(args: argparse.Namespace, config: Config) -> int:
    with Storage.open(config.database, create=False) as storage:
        undone = storage.changes.undo(args.number, EVERYTHING)
    print(f"change {args.number} is undone" + ("" if undone is None else f", by change {undone}"))
    return 0
