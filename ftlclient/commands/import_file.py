"""Import users and activity from a file of another system on this machine, in batches.

The formats are those of ``ftlserver import``. An interrupted import continues where it stopped; items that are
sent twice are stored once. A batch with a bad item is not stored and ends the import, unless --skip-bad skips it.
"""

import argparse
import hashlib
import json
import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from rich.console import Console

from ftlclient import time_ranges
from ftlclient.api import answers
from ftlclient.api.client import Client
from ftlclient.api.spool import Spool
from ftlclient.commands._known_members import KnownMembers
from ftlclient.commands._session import connect, find_user, note_change
from ftlclient.config import spool_file
from ftlclient.errors import ConfigError, RefusedError
from ftlcommon import zone_guess
from ftlcommon.formats import (
    BadItem,
    FormatError,
    FoundLeaver,
    FoundPeriod,
    FoundUser,
    Item,
    Notice,
    Skipped,
    one_by_one,
)
from ftlcommon.formats.source import CHANGING_FORMATS, USER_FORMATS, Source, open_source
from ftlcommon.formats.source import add_arguments as add_source_arguments
from ftlcommon.progress import with_bar
from ftlcommon.terminal import safe
from ftlcommon.zone_guess import Guess

EXAMPLE = "ftlclient import activitywatch export.json --user W012A3CDE"

_BATCH = 4_000  # items of at most 250 bytes, less than the 1 MiB that a request body may have


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_source_arguments(parser)
    parser.add_argument("--skip-bad", action="store_true", help="skip bad items and list them")


def handle(args: argparse.Namespace, console: Console) -> int:
    with connect(args) as client:
        if args.format in USER_FORMATS:
            args.user = find_user(client, args.user) if args.user else args.default_user
        try:
            members = KnownMembers(client, by_name=args.format == "git" and not args.no_merge_names)
            with open_source(args, members.known) as source:
                counts = _Import(args, client, members).run(source)
        except FormatError as exc:
            raise ConfigError(str(exc)) from exc
    console.print(_summary(counts), soft_wrap=True)
    return 0


class _Import:
    """One import."""

    def __init__(self, args: argparse.Namespace, client: Client, members: KnownMembers) -> None:
        self._client = client
        self._members = members
        self._skip_bad = args.skip_bad
        self._update = args.update
        self._user_id = args.user
        self._spool = Spool(spool_file())
        self._key = _key(args, client.url)
        self._counts: Counter[str] = Counter()
        self._bad_users: set[str | None] = set()
        self._guesses: list[tuple[str, Guess]] = []

    def run(self, source: Source) -> Counter[str]:
        """Send all items that an earlier run has not sent; return the counts of each outcome."""
        done = self._spool.import_done(self._key) if self._key else 0
        if done:
            print(f"ftlclient: continuing after the first {done:,} items", file=sys.stderr)
        items = one_by_one(with_bar(source, "sending"))
        for _ in islice(items, done):
            pass
        while batch := list(islice(items, _BATCH)):
            self._send(batch)
            done += len(batch)
            if self._key:
                self._spool.note_import(self._key, done)
        if self._key:
            self._spool.note_import(self._key, None)
        for line in zone_guess.weak(self._guesses):
            _say(line)
        return self._counts

    def _send(self, batch: list[Item]) -> None:
        periods: list[FoundPeriod] = []
        leavers: list[str] = []
        for item in batch:
            match item:
                case FoundUser():
                    self._send_periods(periods)
                    periods = []
                    self._send_user(item)
                case FoundPeriod():
                    if item.user_id not in self._bad_users:  # their periods are dropped
                        periods.append(item)
                case FoundLeaver():
                    leavers.append(item.id)
                case Skipped():
                    self._counts[item.reason] += 1
                case Notice():
                    _say(item.text)
                case BadItem():
                    self._bad(item.position, item.reason)
        self._send_periods(periods)
        self._mark_as_gone(leavers)

    def _mark_as_gone(self, ids: list[str]) -> None:
        """Mark the members among *ids* who are not marked yet as having left now."""
        members = self._members.known(ids)
        self._counts["deleted"] += len(ids) - len(members)
        for member in dict.fromkeys(members.values()):
            path = f"/api/users/{member}/"
            answer = self._client.request("GET", path)
            answers.check(answer, answers.USER)
            if "left_at" not in answer["member"]:
                left_at = f"{time_ranges.now():%Y-%m-%dT%H:%M:%SZ}"
                self._client.request("PATCH", path, {"left_at": left_at})
                self._counts["members left"] += 1

    def _send_user(self, user: FoundUser) -> None:
        if user.tz is None:
            return  # only the server knows whether they are known; if not, it refuses their periods
        aliases: Sequence[str] = user.aliases
        if user.guessed:
            member, aliases = self._members.find(user)
            if member not in (None, user.id):
                verb = "joins" if len(aliases) == 1 else "join"
                if aliases:
                    _say(f"{', '.join(aliases)} {verb} {member}, who is known, as an alias")
                user = replace(user, id=member)
        try:
            created = self._add(user) if user.guessed and not self._update else self._put(user)
        except RefusedError as exc:
            if exc.status not in (400, 422):
                raise
            self._bad_users.add(user.id)
            self._bad(user.position, str(exc))
            return
        self._counts["users added" if created else "users known"] += 1
        for alias in aliases:
            self._send_alias(user.id, alias)
        self._members.add((user.id, *aliases), user.id)
        if created and user.guess is not None:
            self._guesses.append((user.id, user.guess))

    def _send_alias(self, user_id: str, alias: str) -> None:
        try:
            answer = self._client.request("PUT", f"/api/users/{user_id}/aliases/{alias}/")
        except RefusedError as exc:
            if exc.code not in ("user_exists", "user_not_found"):
                raise
            _say(f"{alias} is not added as an alias of {user_id}: {exc}")
        else:
            self._counts["aliases added"] += bool(answer.get("created"))

    def _put(self, user: FoundUser) -> bool:
        """Add a user or replace the one who is known, and tell whether they are new."""
        document = {"real_name": user.real_name, "tz": user.tz}
        return bool(self._client.request("PUT", f"/api/users/{user.id}/", document).get("created"))

    def _add(self, user: FoundUser) -> bool:
        """Add a user unless they are known, and tell whether they are new; a zone that was given is set anyway."""
        try:
            answer = self._client.post("/api/users/", {"id": user.id, "real_name": user.real_name, "tz": user.tz})
        except RefusedError as exc:
            if exc.code != "user_exists":
                raise
        else:
            return bool(answer.get("created"))
        if user.zone_given:
            try:
                self._client.request("PATCH", f"/api/users/{user.id}/", {"tz": user.tz})
            except RefusedError as exc:
                if exc.code != "user_not_found":
                    raise
                _say(f"{user.id} is an alias; to change the zone of the member: ftlclient user zone ID {user.tz}")
        return False

    def _send_periods(self, periods: list[FoundPeriod]) -> None:
        if not periods:
            return
        document = {
            "periods": [
                {
                    "user_id": item.user_id or self._user_id,
                    "start_time": item.start_time,
                    "end_time": item.end_time,
                }
                for item in periods
            ],
            "partial": self._skip_bad,
        }
        try:
            answer = self._client.request("POST", "/api/activity/", document)
        except RefusedError as exc:
            if (found := _first_bad(exc.answer, len(periods))) is None:
                raise
            self._bad(periods[found[0]].position, found[1])
            return
        answers.check(answer, answers.recorded(len(periods)))
        note_change(self._client, answer, document)
        for item, verdict in zip(periods, answer["verdicts"], strict=True):
            if verdict["verdict"] == "rejected":
                self._bad(item.position, verdict.get("message", "rejected"))
        self._counts["periods added"] += answer["inserted"]
        self._counts["periods extended"] += answer.get("extended", 0)
        self._counts["periods known"] += answer["duplicates"]

    def _bad(self, position: str, reason: str) -> None:
        if not self._skip_bad:
            raise ConfigError(f"{position}: {reason}")
        print(safe(f"ftlclient: skipped: {position}: {reason}"), file=sys.stderr)
        self._counts["bad"] += 1


def _say(text: str) -> None:
    print(f"ftlclient: {safe(text)}", file=sys.stderr)


def _first_bad(answer: dict[str, Any], count: int) -> tuple[int, str] | None:
    """Return the index and the fault of the one of *count* periods for which a batch was refused."""
    match answer.get("errors"):
        case [{"pointer": str(pointer), "message": str(message)}, *_]:
            found = re.match(r"/periods/(\d{1,9})(?:/|$)", pointer, re.ASCII)
            if found and int(found[1]) < count and answers.is_text(message):
                return int(found[1]), message
    return None


def _key(args: argparse.Namespace, url: str) -> str | None:
    """Return a key that identifies this import, or None if another reading could yield other items."""
    path = Path(args.file)
    if args.file == "-" or args.format in CHANGING_FORMATS or not path.is_file():
        return None
    stat = path.stat()
    about = [
        url,
        args.format,
        str(path.resolve()),
        stat.st_size,
        stat.st_mtime_ns,
        args.user,
        args.zone,
        args.dates,
    ]
    return hashlib.sha256(json.dumps(about).encode()).hexdigest()


def _summary(counts: Counter[str]) -> str:
    outcomes = (
        "users added",
        "users known",
        "aliases added",
        "periods added",
        "periods extended",
        "periods known",
        "members left",
    )
    extended = f"{counts['periods extended']:,} extended, " if counts["periods extended"] else ""
    left = f", {counts['members left']:,} left" if counts["members left"] else ""
    aliases = f"aliases: {counts['aliases added']:,} added; " if counts["aliases added"] else ""
    reasons = (name for name in sorted(counts) if counts[name] and name not in outcomes)
    skipped = ", ".join(f"{counts[name]:,} {name}" for name in reasons) or "nothing"
    return (
        f"users: {counts['users added']:,} added, {counts['users known']:,} known{left}; {aliases}"
        f"periods: {counts['periods added']:,} added, {extended}{counts['periods known']:,} already known; "
        f"skipped: {skipped}"
    )
