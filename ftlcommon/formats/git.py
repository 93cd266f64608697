"""The history of a git repository: commits show when their author was at work, and what their clock showed."""

import contextlib
import os
import re
import sqlite3
import subprocess
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ftlcommon.formats import FormatError, FoundPeriod, FoundUser, Items, Skipped
from ftlcommon.terminal import safe
from ftlcommon.zone_guess import ZoneGuess

HOUR = 3600
LONGEST_PERIOD = 7 * 24 * HOUR

# HEAD, which may be detached or without a commit, branches and tags; not the stash, notes, or a forge's refs of
# pull requests.
_REFS = ("--exclude=refs/*", "--all", "--branches", "--remotes", "--tags", "--")
_FORMAT = "--format=tformat:%H%x00%aE%x00%aN%x00%ad"
_FIELDS = 4
_LOG = (
    *("git", "--no-pager", "-c", "log.showSignature=false", "-c", "core.pager=cat"),
    *("log", "--no-show-signature", "--use-mailmap", "--encoding=UTF-8", "--no-color", "-s", "-z"),
    *("--date=raw", _FORMAT, *_REFS),
)
# Never fetch missing objects over the network or ask for a password.
_ENVIRON = {"LC_ALL": "C", "GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none", "GIT_TERMINAL_PROMPT": "0"}
_DATE = re.compile(rb"(\d{1,12}) ([+-])(\d\d)([0-5]\d)", re.ASCII)
_LAST = 253_402_128_000  # 9999-12-30T00:00:00Z, the last instant that the server accepts
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  a wall clock

Commit = tuple[int, int, str]  # second, offset in seconds, hash


@dataclass(slots=True)
class _Author:
    number: int
    named_at: int
    name: str


def read(directory: str, gap: int = 2 * HOUR, lead: int = HOUR // 2, tz: Mapping[str, str] | None = None) -> Items:
    """Yield each author, sorted by id, and their periods.

    Commits less than *gap* seconds apart are one period, which begins *lead* seconds before the first. An author's
    id is the address after ``.mailmap``, in lower case; the name is that of the latest commit. The zone is the one
    that *tz* has for the address, else the zone whose offset is right for most commits.
    """
    zones = {_id(os.fsencode(address)): (address, zone) for address, zone in (tz or {}).items()}
    authors: dict[str, _Author] = {}
    # In a temporary file of SQLite's, as a long history does not fit into memory and has to be sorted by author.
    with contextlib.closing(sqlite3.connect("")) as database:
        database.execute(
            "CREATE TABLE commits (author INTEGER, at INTEGER, utc_offset INTEGER, hash TEXT, "
            "PRIMARY KEY (author, at, utc_offset, hash)) WITHOUT ROWID"
        )
        commits = 0
        for commits, (commit, mail, name, date) in enumerate(_log(directory), 1):  # noqa: B007
            clock, id_ = _clock(date), _id(mail)
            if clock is None or not id_:
                yield Skipped("without an address" if clock else "without a usable date")
                continue
            at, offset = clock
            author = authors.setdefault(id_, _Author(len(authors), -1, ""))
            if at > author.named_at:
                author.named_at, author.name = at, _name(name) or _name(mail)
            row = (author.number, at, offset, commit.decode())
            database.execute("INSERT INTO commits VALUES (?, ?, ?, ?)", row)
        if not commits:
            raise FormatError(f"the repository {directory} has no commits")
        for id_, (address, _) in zones.items():
            if id_ not in authors:
                raise FormatError(f"no commit has the author address {address}, which --tz names")
        if not authors:
            return
        guess = ZoneGuess(*database.execute("SELECT min(at), max(at) FROM commits").fetchone())
        for id_, author in sorted(authors.items()):
            one = (author.number,)
            if id_ in zones:
                zone = zones[id_][1]
            else:
                zone = guess.best(database.execute("SELECT at, utc_offset FROM commits WHERE author = ?", one))
            yield FoundUser(id_, id_, author.name, zone)
            rows = database.execute(
                "SELECT at, utc_offset, hash FROM commits WHERE author = ? ORDER BY at, utc_offset", one
            )
            for hash_, start, end in periods(rows, gap, lead):
                yield FoundPeriod(f"commit {hash_}", id_, start, end)


def periods(commits: Iterable[Commit], gap: int, lead: int) -> Iterator[tuple[str, str, str]]:
    """Yield the periods of one author's *commits*, sorted by time, as the first commit's hash, start and end.

    A period longer than 7 days is cut into adjacent ones.
    """
    start, start_offset, last, last_offset, first = 0, 0, 0, 0, ""
    for at, offset, hash_ in commits:
        if not first or not (at - last < gap or at - last <= lead):
            if first:
                yield first, _iso(start, start_offset), _iso(last, last_offset)
            start, start_offset, last_offset, first = max(at - lead, 0), offset, offset, hash_
        while at - start > LONGEST_PERIOD:
            cut = start + LONGEST_PERIOD
            yield first, _iso(start, start_offset), _iso(cut, last_offset)
            start, start_offset, first = cut, last_offset, hash_
        last, last_offset = at, offset
    if first:
        yield first, _iso(start, start_offset), _iso(last, last_offset)


def _log(directory: str) -> Iterator[list[bytes]]:
    """Yield the hash, the author's address and name, and the date of each commit."""
    if not os.path.isdir(directory):
        raise FormatError(f"the format git reads the directory of a repository; {directory!r} is no directory")
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | _ENVIRON
    with tempfile.TemporaryFile() as errors:
        try:
            process = subprocess.Popen(  # noqa: S603  no shell, and no user input among the arguments
                _LOG, cwd=directory, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors
            )
        except FileNotFoundError as exc:
            raise FormatError("git is not installed or not on the PATH; the format git needs it") from exc
        except OSError as exc:
            raise FormatError(f"git cannot be run in {directory}: {exc.strerror}") from exc
        with process:
            assert process.stdout is not None
            fields: list[bytes] = []
            rest = b""
            try:
                while chunk := process.stdout.read(65_536):
                    *more, rest = (rest + chunk).split(b"\0")
                    fields += more
                    whole = len(fields) // _FIELDS * _FIELDS
                    for at in range(0, whole, _FIELDS):
                        yield fields[at : at + _FIELDS]
                    del fields[:whole]
            except BaseException:
                process.kill()
                raise
        if process.returncode != 0:
            errors.seek(0)
            raise FormatError(f"git cannot read the history of {directory}: {_reason(errors.read(65_536))}")


def _reason(errors: bytes) -> str:
    """Return the error from what git wrote to stderr."""
    lines = errors.decode(errors="replace").splitlines()
    fatal = [line.removeprefix("fatal: ") for line in lines if line.startswith("fatal: ")]
    reason = (fatal or lines or ["git was killed"])[-1]
    return safe(reason)[:300]


def _clock(date: bytes) -> tuple[int, int] | None:
    """Return a second and an offset, or None if the server would not accept them."""
    match = _DATE.fullmatch(date)
    if match is None:
        return None
    at, hours, minutes = int(match[1]), int(match[3]), int(match[4])
    if not 0 < at <= _LAST or hours > 23:
        return None
    return at, (hours * HOUR + minutes * 60) * (-1 if match[2] == b"-" else 1)


def _id(address: bytes) -> str:
    text = address.decode(errors="replace").strip().lower()
    return re.sub(r"[^A-Za-z0-9._@+-]", "_", text)[:120]


def _name(name: bytes) -> str:
    text = name.decode(errors="replace")
    return "".join(character for character in text if unicodedata.category(character) != "Cc").strip()[:200]


def _iso(at: int, offset: int) -> str:
    sign = "-" if offset < 0 else "+"
    hours, minutes = divmod(abs(offset) // 60, 60)
    return f"{(_EPOCH + timedelta(seconds=at + offset)).isoformat()}{sign}{hours:02}:{minutes:02}"
