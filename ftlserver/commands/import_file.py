"""Read users and activity from a file of another system. Reading the same file again changes nothing.

One bad item, and nothing is stored, unless --skip-bad skips it.
"""

import argparse
import gc
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple
from itertools import chain
from operator import itemgetter
from typing import Any

import orjson

from ftlcommon.formats import BadItem, FormatError, FoundPeriod, FoundPeriods, FoundUser, Item, Skipped, one_by_one
from ftlcommon.formats.source import Source, open_source
from ftlcommon.formats.source import add_arguments as add_source_arguments
from ftlcommon.progress import with_bar
from ftlserver.config import Config
from ftlserver.domain import time_tables
from ftlserver.domain.period import ActivityPeriod, Row
from ftlserver.domain.user import User
from ftlserver.errors import ConfigError, ImportFileError, InvalidValueError, UserNotFoundError
from ftlserver.storage import Storage
from ftlserver.storage.bulk_import import Imported
from ftlserver.storage.users import Users

_BATCH = 5_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_source_arguments(parser)
    parser.add_argument("--skip-bad", action="store_true", help="skip bad items and list them")
    parser.add_argument("--dry-run", action="store_true", help="store nothing, say what would happen")


def handle(args: argparse.Namespace, config: Config) -> int:
    # Rows hold nothing that could refer to them: looking for cycles among a million takes a tenth of the time.
    gc.set_threshold(100_000)
    with Storage.open(config.database) as storage:
        try:
            with open_source(args) as source:
                imported, skipped = _import(args, storage, source)
        except FormatError as exc:
            raise ConfigError(str(exc)) from exc
    print(_counts(imported, skipped, dry_run=args.dry_run))
    if imported.change is not None:
        print(f"undo with: ftlserver undo {imported.change}", file=sys.stderr)
    return 0


def _import(args: argparse.Namespace, storage: Storage, source: Source) -> tuple[Imported, Counter[str]]:
    skipped: Counter[str] = Counter()
    owners = _Owners(storage.users, args.user)
    with _Spool() as users, _Spool() as periods:
        for found in with_bar(source, "reading"):
            if isinstance(found, FoundPeriods) and (rows := owners.read_rows(found)) is not None:
                periods.add(rows)
                continue
            for item in one_by_one([found]):
                try:
                    _read(item, owners, users, periods, skipped)
                except (InvalidValueError, UserNotFoundError) as exc:
                    assert not isinstance(item, Skipped)
                    if not args.skip_bad:
                        raise ImportFileError(f"{item.position}: {exc.message}") from exc
                    print(f"skipped: {item.position}: {exc.message}", file=sys.stderr)
                    skipped["bad"] += 1
        imported = storage.bulk_import.store((User(*row) for row in users), periods, dry_run=args.dry_run)
    return imported, skipped


def _read(item: Item, owners: "_Owners", users: "_Spool", periods: "_Spool", skipped: Counter[str]) -> None:
    match item:
        case FoundUser():
            user = owners.add(item)
            users.add([astuple(user)])
        case FoundPeriod():
            if (owner := owners.find(item.user_id)) is not None:
                # orjson writes no tuples with names
                periods.add([tuple(ActivityPeriod.from_text(owner, item.start_time, item.end_time))])
        case Skipped():
            skipped[item.reason] += 1
        case BadItem():
            raise InvalidValueError(item.reason)


class _Owners:
    """The owners of the periods of a file: the users in it, else those that are stored."""

    def __init__(self, users: Users, user_id: str | None) -> None:
        self._stored_users = users
        self._users: dict[str, User | None] = {}
        self._only = None if user_id is None else self._stored_users.get(user_id)

    def add(self, found: FoundUser) -> User:
        """Return the user that was *found*; raise InvalidValueError, and then their periods have no owner."""
        self._users[found.id] = None
        user = self._users[found.id] = User(found.id, found.real_name, found.tz)
        return user

    def find(self, user_id: str | None) -> User | None:
        """Return the owner of a period, None if the file has an invalid one; raise UserNotFoundError."""
        if user_id is None:
            return self._only
        if user_id not in self._users:
            self._users[user_id] = self._stored_users.get(user_id)
        return self._users[user_id]

    def read_rows(self, found: FoundPeriods) -> list[Row] | None:
        """Return the rows of periods on consecutive lines, None if they have to be read one by one."""
        ids = set(map(itemgetter(0), found.periods))
        self._users |= {user.id: user for user in self._stored_users.find_many(ids - self._users.keys())}
        known = {user_id: user for user_id in ids if (user := self._users.get(user_id)) is not None}
        return time_tables.read_rows(found.periods, known)


class _Spool:
    """Rows kept in a temporary file, so that nothing is locked while a file, or a pipe, is being read."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  __exit__ closes it
        self._batch: list[tuple[Any, ...]] = []

    def __enter__(self) -> "_Spool":
        return self

    def __exit__(self, *_exc: object) -> None:
        self._file.close()

    def add(self, rows: Sequence[tuple[Any, ...]]) -> None:
        self._batch += rows
        if len(self._batch) >= _BATCH:
            self._flush()

    def __iter__(self) -> Iterator[Any]:
        return chain.from_iterable(self._batches())

    def _batches(self) -> Iterator[list[Any]]:
        """Yield the rows in lists; while the database stores one, which needs no interpreter, the next is read."""
        self._flush()
        self._file.seek(0)
        with ThreadPoolExecutor(1) as reader:
            ahead = reader.submit(self._next)
            while batch := ahead.result():
                ahead = reader.submit(self._next)
                yield batch

    def _next(self) -> list[Any] | None:
        line = self._file.readline()
        return orjson.loads(line) if line else None

    def _flush(self) -> None:
        self._file.write(orjson.dumps(self._batch) + b"\n")
        self._batch = []


def _counts(imported: Imported, skipped: Counter[str], *, dry_run: bool) -> str:
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in sorted(skipped.items())) or "nothing"
    extended = f"{imported.periods_extended:,} extended, " if imported.periods_extended else ""
    return (
        f"{'Dry run, nothing stored: ' if dry_run else ''}"
        f"users: {imported.users_added:,} added, {imported.users_updated:,} updated; "
        f"periods: {imported.periods_added:,} added, {extended}{imported.periods_known:,} already known; "
        f"skipped: {reasons}"
    )
