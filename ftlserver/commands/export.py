"""Write users and their activity as JSON with exact times, which ``ftlserver import members`` reads back."""

import argparse
import contextlib
import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import orjson

from ftlserver.config import Config
from ftlserver.errors import ConfigError, UserNotFoundError
from ftlserver.models import User
from ftlserver.store import Store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("user_ids", metavar="ID", nargs="*", help="whom to export; everybody if left out")
    parser.add_argument("--output", "-o", metavar="FILE", type=Path, help="the file to write; stdout if left out")


def handle(args: argparse.Namespace, config: Config) -> int:
    with Store.open(config.database) as store:
        users = [_find(store, user_id) for user_id in dict.fromkeys(args.user_ids)]
        if args.output is None:
            _write(store, users or store.all_users(), sys.stdout.buffer)
        else:
            _write_file(store, users or store.all_users(), args.output)
    return 0


def _find(store: Store, user_id: str) -> User:
    user = store.find_user(user_id)
    if user is None:
        raise UserNotFoundError(user_id)
    return user


def _write(store: Store, users: Iterable[User], file: BinaryIO) -> None:
    """Write the answer piece by piece: a history may be larger than the memory."""
    file.write(b'{"ok":true,"members":[')
    for number, user in enumerate(users):
        head = {"id": user.id, "real_name": user.real_name, "tz": user.tz}
        file.write((b",\n" if number else b"\n") + orjson.dumps(head)[:-1] + b',"activity_periods":[')
        for index, period in enumerate(store.periods(user.id)):
            file.write((b",\n" if index else b"\n") + orjson.dumps(period.to_json("iso")))
        file.write(b"]}")
    file.write(b"\n]}\n")
    file.flush()


def _write_file(store: Store, users: Iterable[User], path: Path) -> None:
    """Write a whole file or none: the old one stays until the new one is complete."""
    target = path.resolve()  # a link stays, and what it leads to is replaced
    try:
        if target.exists() and not target.is_file():
            with target.open("wb") as file:  # a pipe, a device
                _write(store, users, file)
            return
        descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=target.name, suffix=".part")
        try:
            with os.fdopen(descriptor, "wb") as file:
                _write(store, users, file)
            Path(temporary).replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
            raise
    except OSError as exc:
        raise ConfigError(f"cannot write {path}: {exc.strerror}") from exc
