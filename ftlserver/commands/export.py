"""Write users and their activity as JSON with exact times, which ``ftlserver import members`` reads back."""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from ftlcommon.whole_file import whole_file
from ftlserver.commands._names import user_ids_of
from ftlserver.config import Config
from ftlserver.domain.user import User
from ftlserver.errors import ConfigError
from ftlserver.storage import Storage
from ftlserver.web import responses


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("users", metavar="USER", nargs="*", help="the users to export (default: all)")
    parser.add_argument("--output", "-o", metavar="FILE", type=Path, help="the file to write (default: stdout)")


def handle(args: argparse.Namespace, config: Config) -> int:
    with Storage.open(config.database, create=False) as storage:
        users = storage.users.find_many(user_ids_of(storage, args.users))
        if args.output is None:
            _write(storage, users or storage.users.all(), sys.stdout.buffer)
            return 0
        try:
            with whole_file(args.output) as part, part.open("wb") as file:
                _write(storage, users or storage.users.all(), file)
        except OSError as exc:
            raise ConfigError(f"cannot write {args.output}: {exc.strerror}") from exc
    return 0


def _write(storage: Storage, users: Iterable[User], file: BinaryIO) -> None:
    """Write an answer piece by piece, each member and each period on a line of its own."""
    separator = b'{"ok":true,"members":[\n'
    for user in users:
        file.write(separator)
        pages = (responses.periods_json(page, "iso") for page in storage.periods.pages_of(user.id))
        file.writelines(
            responses.long_member(user, (b"[\n" + page[1:].replace(b"},{", b"},\n{") for page in pages))
        )
        separator = b",\n"
    file.write((b"" if separator == b",\n" else separator[:-1]) + b"\n]}\n")
    file.flush()
