"""Read users and activity from a file of another system. Reading the same file again changes nothing.

All or nothing: one bad item, and nothing is stored, unless --skip-bad leaves it out.
"""

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from typing import Any

import orjson

from ftlformats import BadItem, FormatError, FoundPeriod, FoundUser, LeftOut
from ftlformats.progress import with_bar
from ftlformats.source import Source, open_source
from ftlformats.source import add_arguments as add_source_arguments
from ftlserver.config import Config
from ftlserver.errors import ConfigError, ImportFileError, InvalidValueError, UserNotFoundError
from ftlserver.models import ActivityPeriod, User
from ftlserver.store import Recorded, Store

_BATCH = 5_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_source_arguments(parser)
    parser.add_argument("--skip-bad", action="store_true", help="leave bad items out and list them")
    parser.add_argument("--dry-run", action="store_true", help="store nothing, say what would happen")


def handle(args: argparse.Namespace, config: Config) -> int:
    with Store.open(config.database) as store:
        try:
            with open_source(args) as source:
                recorded, left_out = _import(args, store, source)
        except FormatError as exc:
            raise ConfigError(str(exc)) from exc
    print(_counts(recorded, left_out, dry_run=args.dry_run))
    return 0


def _import(args: argparse.Namespace, store: Store, source: Source) -> tuple[Recorded, Counter[str]]:
    left_out: Counter[str] = Counter()
    whose = _Users(store, args.user)
    with _Spool() as users, _Spool() as periods:
        for item in with_bar(source, "reading"):
            try:
                match item:
                    case FoundUser():
                        user = whose.add(item)
                        users.add((user.id, user.real_name, user.tz))
                    case FoundPeriod():
                        if (owner := whose.find(item.user_id)) is not None:
                            period = ActivityPeriod.from_text(owner, item.start_time, item.end_time)
                            offsets = (period.start_offset, period.end_offset)
                            periods.add((period.user_id, period.started_at, period.ended_at, *offsets))
                    case LeftOut():
                        left_out[item.reason] += 1
                    case BadItem():
                        raise InvalidValueError(item.reason)
            except (InvalidValueError, UserNotFoundError) as exc:
                assert not isinstance(item, LeftOut)
                if not args.skip_bad:
                    raise ImportFileError(f"{item.position}: {exc.message}") from exc
                print(f"left out: {item.position}: {exc.message}", file=sys.stderr)
                left_out["bad"] += 1
        recorded = store.record(
            (User(*row) for row in users),
            (ActivityPeriod(*row) for row in periods),
            dry_run=args.dry_run,
        )
    return recorded, left_out


class _Users:
    """Whose the periods of a file are: the users it has told, else those that are stored."""

    def __init__(self, store: Store, user_id: str | None) -> None:
        self._store = store
        self._users: dict[str, User | None] = {}
        self._only = None if user_id is None else self._stored(user_id)

    def add(self, found: FoundUser) -> User:
        """Return the user that was *found*; raise InvalidValueError, and then their periods have no owner."""
        self._users[found.id] = None
        user = self._users[found.id] = User(found.id, found.real_name, found.tz)
        return user

    def find(self, user_id: str | None) -> User | None:
        """Return the owner of a period, None if the file told one that is bad; raise UserNotFoundError."""
        if user_id is None:
            return self._only
        if user_id not in self._users:
            self._users[user_id] = self._stored(user_id)
        return self._users[user_id]

    def _stored(self, user_id: str) -> User:
        user = self._store.find_user(user_id)
        if user is None:
            raise UserNotFoundError(user_id)
        return user


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


def _counts(recorded: Recorded, left_out: Counter[str], *, dry_run: bool) -> str:
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in sorted(left_out.items())) or "nothing"
    return (
        f"{'Dry run, nothing stored: ' if dry_run else ''}"
        f"users: {recorded.users_added:,} added, {recorded.users_updated:,} updated; "
        f"periods: {recorded.periods_added:,} added, {recorded.periods_known:,} already known; "
        f"left out: {reasons}"
    )
