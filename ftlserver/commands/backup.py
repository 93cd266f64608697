"""Write a consistent copy of a SQLite database while it is in use; the copy is a database, to serve or to keep."""

import argparse
from pathlib import Path

from ftlserver.config import Config
from ftlserver.storage.backup import backup
from ftlserver.storage.database import connect


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", type=Path, help="the file to write; an old one is replaced")


def handle(args: argparse.Namespace, config: Config) -> int:
    database = connect(config.database, create=False)  # a new one would give an empty copy
    try:
        backup(database, args.file)
    finally:
        database.close()
    print(f"{args.file} holds {args.file.stat().st_size:,} bytes")
    return 0
