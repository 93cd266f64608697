"""Take a change back. This is a change too, and can be undone.

Of an import, periods that a later change extended further are kept, and the users whom these are of. Anything else
that was changed since is named, and nothing is undone.
"""

import argparse

from ftlcommon.command_line import change_number
from ftlcommon.terminal import safe
from ftlcommon.undo_words import undone_lines
from ftlserver.config import Config
from ftlserver.domain.token import EVERYTHING
from ftlserver.storage import Storage


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("number", metavar="CHANGE", type=change_number, help="its number; see: ftlserver audit")


def handle(args: argparse.Namespace, config: Config) -> int:
    with Storage.open(config.database, create=False) as storage:
        undone = storage.changes.undo(args.number, EVERYTHING)
    print(f"change {args.number} is undone" + ("" if undone.change is None else f", by change {undone.change}"))
    for line in undone_lines(undone.to_json()):
        print(safe(line))
    return 0
