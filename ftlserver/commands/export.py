"""Write users and their activity as JSON with exact times, which ``ftlserver import members`` reads back."""

import argparse
import contextlib
import os
import sys
import tempfile
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any, BinaryIO

from ftlserver.config import Config
from ftlserver.domain.user import User
from ftlserver.errors import ConfigError
from ftlserver.storage import Storage
from ftlserver.web import responses


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("user_ids", metavar="ID", nargs="*", help="the users to export (default: all)")
    parser.add_argument("--output", "-o", metavar="FILE", type=Path, help="the file to write (default: stdout)")


def handle(args: argparse.Namespace, config: Config) -> int:
    with Storage.open(config.database) as storage:
        users = [storage.users.get(user_id) for user_id in dict.fromkeys(args.user_ids)]
        if args.output is None:
            _write(storage, users or storage.users.all(), sys.stdout.buffer)
        else:
            _write_file(storage, users or storage.users.all(), args.output)
    return 0


def _write(storage: Storage, users: Iterable[User], file: BinaryIO) -> None:
    """Write the answer piece by piece: a history may be larger than the memory."""
    for piece in responses.members({"ok": True}, _members(storage, users)):
        file.write(piece)
    file.write(b"\n")
    file.flush()


def _members(storage: Storage, users: Iterable[User]) -> Generator[bytes, None, dict[str, Any]]:
    """Yield the JSON of members, each member and each period on a line of its own."""
    separator = b"\n"
    for user in users:
        yield separator
        pages = (responses.periods_json(page, "iso") for page in storage.periods.pages_of(user.id))
        yield from responses.long_member(user, (b"[\n" + page[1:].replace(b"},{", b"},\n{") for page in pages))
        separator = b",\n"
    yield b"\n"
    return {}


def _write_file(storage: Storage, users: Iterable[User], path: Path) -> None:
    """Write a whole file or none: the old one stays until the new one is complete."""
    target = path.resolve()  # a link stays, and what it leads to is replaced
    try:
        if target.exists() and not target.is_file():
            with target.open("wb") as file:  # a pipe, a device
                _write(storage, users, file)
            return
        descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=target.name, suffix=".part")
        try:
            with os.fdopen(descriptor, "wb") as file:
                _write(storage, users, file)
            Path(temporary).replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
            raise
    except OSError as exc:
        raise ConfigError(f"cannot write {path}: {exc.strerror}") from exc
