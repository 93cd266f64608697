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
from contextlib import ExitStack
from dataclasses import astuple
from itertools import chain
from typing import Any, NamedTuple

import orjson

from ftlcommon import zone_guess
from ftlcommon.formats import (
    BadItem,
    FormatError,
    FoundLeaver,
    FoundPeriod,
    FoundPeriods,
    FoundUser,
    Item,
    Notice,
    Skipped,
    one_by_one,
)
from ftlcommon.formats.source import Source, open_source
from ftlcommon.formats.source import add_arguments as add_source_arguments
from ftlcommon.progress import with_bar
from ftlcommon.terminal import safe
from ftlserver.commands._names import user_id_of
from ftlserver.commands._owners import Owners
from ftlserver.commands._undo import say_undo
from ftlserver.config import Config
from ftlserver.domain.period import ActivityPeriod
from ftlserver.domain.rules import Rules
from ftlserver.domain.user import User
from ftlserver.errors import (
    ConfigError,
    ImportFileError,
    InvalidValueError,
    NoDatabaseError,
    UserNotFoundError,
)
from ftlserver.storage import Storage
from ftlserver.storage.bulk_import import Imported

_BATCH = 5_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_source_arguments(parser)
    parser.add_argument("--skip-bad", action="store_true", help="skip bad items and list them")
    parser.add_argument("--dry-run", action="store_true", help="store nothing, say what would happen")


def handle(args: argparse.Namespace, config: Config) -> int:
    with ExitStack() as stack:
        storage = _open(config, stack, dry_run=args.dry_run)
        found = read_into(storage, args)
    for line in (*found.report, *zone_guess.weak(found.imported.guesses.items())):
        _say(line)
    print(_counts(found.imported, found.skipped, dry_run=args.dry_run))
    if found.imported.change is not None:
        say_undo(found.imported.change)
    return 0


def _open(config: Config, stack: ExitStack, *, dry_run: bool) -> Storage:
    """Open the database; a dry run without one is of an empty one that is removed afterwards."""
    try:
        rules = Rules(may_overlap=config.overlaps == "store", most_days=config.oldest)
        return stack.enter_context(Storage.open(config.database, create=not dry_run, rules=rules))
    except NoDatabaseError:
        directory = stack.enter_context(tempfile.TemporaryDirectory())
        return stack.enter_context(Storage.open(f"{directory}/ftl.sqlite3"))


def arguments(*words: str) -> argparse.Namespace:
    """Return what *words* on the command line mean to this command."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(words)


class Found(NamedTuple):
    """What became of a file: what was stored, how much was skipped and why, and lines about its owners."""

    imported: Imported
    skipped: Counter[str]
    report: list[str]


def read_into(storage: Storage, args: argparse.Namespace) -> Found:
    """Store what is in the file that *args* name; raise ConfigError or ImportFileError."""
    # Rows hold nothing that could refer to them: looking for cycles among a million takes a tenth of the time.
    before = gc.get_threshold()
    gc.set_threshold(100_000)
    owners = Owners(storage, args)
    try:
        with open_source(args, owners.known) as source:
            imported, skipped = _import(args, storage, source, owners)
    except FormatError as exc:
        raise ConfigError(str(exc)) from exc
    finally:
        gc.set_threshold(*before)
    if imported.periods_too_old:
        skipped["too old"] = imported.periods_too_old
    return Found(imported, skipped, list(owners.report()))


def _import(
    args: argparse.Namespace, storage: Storage, source: Source, owners: Owners
) -> tuple[Imported, Counter[str]]:
    skipped: Counter[str] = Counter()
    if args.user is not None:
        owners.set_only(user_id_of(storage, args.user))
    with _Spool() as users, _Spool() as periods:
        for found in with_bar(source, "reading"):
            if isinstance(found, FoundPeriods) and (rows := owners.read_rows(found)) is not None:
                periods.add(rows)
                continue
            for item in one_by_one([found]):
                try:
                    _read(item, owners, users, periods, skipped)
                except (InvalidValueError, UserNotFoundError) as exc:
                    assert not isinstance(item, Skipped | Notice)
                    if not args.skip_bad:
                        raise ImportFileError(f"{item.position}: {exc.message}") from exc
                    print(f"ftlserver: skipped: {item.position}: {exc.message}", file=sys.stderr)
                    skipped["bad"] += 1
        imported = storage.bulk_import.store(
            (User(*row) for row in users),
            periods,
            aliases=owners.aliases,
            guessed=owners.guessed(),
            left=owners.left,
            dry_run=args.dry_run,
        )
    return imported, skipped


def _read(item: Item, owners: Owners, users: "_Spool", periods: "_Spool", skipped: Counter[str]) -> None:
    match item:
        case FoundUser():
            if (user := owners.add(item)) is not None:
                users.add([astuple(user)])
        case FoundPeriod():
            if (owner := owners.find(item.user_id)) is not None:
                period = ActivityPeriod.from_text(owner, item.start_time, item.end_time)
                owners.note(item.user_id, period)
                periods.add([tuple(period)])  # orjson writes no tuples with names
        case FoundLeaver():
            if not owners.leave(item.id):
                skipped["deleted"] += 1
        case Skipped():
            skipped[item.reason] += 1
        case Notice():
            _say(item.text)
        case BadItem():
            raise InvalidValueError(item.reason)


def _say(text: str) -> None:
    print(f"ftlserver: {safe(text)}", file=sys.stderr)


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
    left = f", {imported.users_left:,} left" if imported.users_left else ""
    aliases = f"aliases: {imported.aliases_added:,} added; " if imported.aliases_added else ""
    return (
        f"{'Dry run, nothing stored: ' if dry_run else ''}"
        f"users: {imported.users_added:,} added, {imported.users_updated:,} updated{left}; {aliases}"
        f"periods: {imported.periods_added:,} added, {extended}{imported.periods_known:,} already known; "
        f"skipped: {reasons}"
    )
