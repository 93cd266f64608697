"""Read users and activity from a file of another system. Reading the same file again changes nothing.

All or nothing: one bad item, and nothing is stored, unless --skip-bad leaves it out.
"""

import argparse
import codecs
import contextlib
import io
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from typing import Any, BinaryIO

import orjson
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from ftlserver.config import Config
from ftlserver.errors import BadItemError, ConfigError, UserNotFoundError
from ftlserver.importers import (
    Item,
    LeftOut,
    TeamReader,
    UserReader,
    activitywatch,
    members,
    slack,
    timewarrior,
)
from ftlserver.models import ActivityPeriod, User
from ftlserver.store import Recorded, Store

TEAM_FORMATS: dict[str, TeamReader] = {"members": members.read, "slack": slack.read}
USER_FORMATS: dict[str, UserReader] = {"activitywatch": activitywatch.read, "timewarrior": timewarrior.read}

_BATCH = 5_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("format", metavar="FORMAT", choices=[*TEAM_FORMATS, *USER_FORMATS], help="%(choices)s")
    parser.add_argument("file", metavar="FILE", help="the file to read; - is standard input")
    parser.add_argument(
        "--user", metavar="ID", help=f"whose activity it is; needed for {' and '.join(USER_FORMATS)}"
    )
    parser.add_argument("--skip-bad", action="store_true", help="leave bad items out and list them")
    parser.add_argument("--dry-run", action="store_true", help="store nothing, say what would happen")


def handle(args: argparse.Namespace, config: Config) -> int:
    with (
        Store.open(config.database) as store,
        _open(args.file) as file,
        _Spool() as users,
        _Spool() as periods,
    ):
        left_out: Counter[str] = Counter()
        for item in _progress(_items(args, store, file), file):
            match item:
                case User():
                    users.add((item.id, item.real_name, item.tz))
                case ActivityPeriod():
                    offsets = (item.start_offset, item.end_offset)
                    periods.add((item.user_id, item.started_at, item.ended_at, *offsets))
                case LeftOut():
                    left_out[item.reason] += 1
                case BadItemError():
                    if not args.skip_bad:
                        raise item
                    print(f"left out: {item}", file=sys.stderr)
                    left_out["bad"] += 1
        recorded = store.record(
            (User(*row) for row in users),
            (ActivityPeriod(*row) for row in periods),
            dry_run=args.dry_run,
        )
    print(_counts(recorded, left_out, dry_run=args.dry_run))
    return 0


class _Spool:
    """Rows kept in a temporary file, so that nothing is locked while a file, or a pipe, is being read."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  __exit__ closes it
        self._batch: list[tuple[Any, ...]] = []

    def __enter__(self) -> "_Spool":
        return self

    def __exit__(self, *_exc: object) -> None:
        self._file.close()

    def add(self, row: tuple[Any, ...]) -> None:
        self._batch.append(row)
        if len(self._batch) == _BATCH:
            self._flush()

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        self._flush()
        self._file.seek(0)
        for line in self._file:
            yield from orjson.loads(line)

    def _flush(self) -> None:
        self._file.write(orjson.dumps(self._batch) + b"\n")
        self._batch = []


@contextlib.contextmanager
def _open(name: str) -> Iterator[BinaryIO]:
    with contextlib.ExitStack() as stack:
        try:
            if name != "-":
                file: BinaryIO = stack.enter_context(open(name, "rb"))
            elif sys.stdin is None:
                raise ConfigError("there is no standard input to read")
            else:
                file = sys.stdin.buffer
        except OSError as exc:
            raise ConfigError(f"cannot read {name}: {exc.strerror}") from exc
        if isinstance(file, io.BufferedReader) and file.peek(3)[:3] == codecs.BOM_UTF8:
            file.read(3)  # which programs on Windows write before a text
        yield file


def _items(args: argparse.Namespace, store: Store, file: BinaryIO) -> Iterator[Item]:
    if args.format in TEAM_FORMATS:
        if args.user is not None:
            raise ConfigError(f"a file in the format {args.format} says itself whose activity it is; drop --user")
        return TEAM_FORMATS[args.format](file)
    if args.user is None:
        raise ConfigError(f"the format {args.format} does not say whose activity it is; add --user ID")
    user = store.find_user(args.user)
    if user is None:
        raise UserNotFoundError(args.user)
    return USER_FORMATS[args.format](file, user)


def _progress(items: Iterator[Item], file: BinaryIO) -> Iterator[Item]:
    """Yield *items*, with a bar on a terminal for what has been read of *file*."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield from items
        return
    size = os.fstat(file.fileno()).st_size or None
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[items]:,} items"))
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as progress:
        task = progress.add_task("reading", total=size, items=0)
        for number, item in enumerate(items):
            yield item
            if number % 1_000 == 0:
                progress.update(task, items=number, completed=file.tell() if file.seekable() else 0)


def _counts(recorded: Recorded, left_out: Counter[str], *, dry_run: bool) -> str:
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in sorted(left_out.items())) or "nothing"
    return (
        f"{'Dry run, nothing stored: ' if dry_run else ''}"
        f"users: {recorded.users_added:,} added, {recorded.users_updated:,} updated; "
        f"periods: {recorded.periods_added:,} added, {recorded.periods_known:,} already known; "
        f"left out: {reasons}"
    )
