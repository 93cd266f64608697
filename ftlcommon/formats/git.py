"""The history of a git repository: commits show when their author was at work, and what their clock showed."""

import contextlib
import json
import os
import re
import sqlite3
import subprocess
import tempfile
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache

from ftlcommon.formats import FormatError, FoundPeriod, FoundUser, Items, Known, Skipped, address_id
from ftlcommon.terminal import safe
from ftlcommon.zone_guess import ZoneGuess

HOUR = 3600
LONGEST_PERIOD = 7 * 24 * HOUR

# HEAD, which may be detached or without a commit, branches and tags; not the stash, notes, or a forge's refs of
# pull requests.
_REFS = ("--exclude=refs/*", "--all", "--branches", "--remotes", "--tags", "--")
_FORMAT = "--format=tformat:%H%x00%aE%x00%ae%x00%aN%x00%ad"
_FIELDS = 5
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

# Names under which programs commit, and the local parts of their addresses; those with "[bot]" are found anyway.
_BOTS = {
    *("allcontributors", "allcontributors-bot", "codecov", "circleci", "dependabot", "dependabot-preview"),
    *("github-actions", "github-classroom", "greenkeeper", "greenkeeperio-bot", "hosted-weblate", "imgbot"),
    *("mergify", "pre-commit-ci", "pyup-bot", "renovate", "renovate-bot", "scala-steward", "semantic-release-bot"),
    *("snyk-bot", "travis-ci", "weblate", "web-flow", "whitesource-bolt"),
}
_BOT_DOMAINS = ("dependabot.com", "renovateapp.com", "greenkeeper.io")
# Placeholders of settings that were never filled in name no one.
_PLACEHOLDERS = {"first last", "firstname lastname", "no author", "no name", "unknown author", "your name"}

_CLOCKS = "SELECT at, utc_offset FROM commits WHERE author IN (SELECT value FROM json_each(?))"
_COMMITS = (
    "SELECT at, utc_offset, hash FROM commits WHERE author IN (SELECT value FROM json_each(?))"
    " ORDER BY at, utc_offset, hash"
)

Commit = tuple[int, int, str]  # second, offset in seconds, hash


@dataclass(slots=True)
class _Author:
    """Who committed under an id; *written* are the addresses that ``.mailmap`` made into it."""

    number: int
    address: str
    latest: tuple[int, str] = (-1, "")
    commits: int = 0
    written: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        return self.latest[1]


@dataclass(slots=True)
class _Person:
    """One or more authors; the *id* is the one with the most commits."""

    id: str
    aliases: tuple[str, ...]
    name: str
    numbers: list[int]


def _nobody(_ids: Collection[str]) -> Mapping[str, str]:
    return {}


def read(
    directory: str,
    *,
    gap: int = 2 * HOUR,
    lead: int = HOUR // 2,
    tz: Mapping[str, str] | None = None,
    bots: bool = False,
    no_merge_names: bool = False,
    known: Known = _nobody,
) -> Items:
    """Yield each person, sorted by id, and their periods.

    Commits less than *gap* seconds apart are one period, which begins *lead* seconds before the first. An author's
    id is the address after ``.mailmap``, in lower case; the name is that of the latest commit. Authors with the
    same full name are one person, unless *no_merge_names*, or *known*, which returns the member that each of some
    ids stands for, tells them apart. The zone is the one that *tz* has for an address, else the zone that explains
    the offsets of the commits best. Programs are left out, unless *bots*.
    """
    zones = {_id(os.fsencode(address)): (address, zone) for address, zone in (tz or {}).items()}
    authors: dict[str, _Author] = {}
    # In a temporary file of SQLite's, as a long history does not fit into memory and has to be sorted by author.
    with contextlib.closing(sqlite3.connect("")) as database:
        database.execute(
            "CREATE TABLE commits (author INTEGER, at INTEGER, utc_offset INTEGER, hash TEXT, "
            "PRIMARY KEY (author, at, utc_offset, hash)) WITHOUT ROWID"
        )
        yield from _collect(directory, database, authors)
        ids = authors.keys() | {one for author in authors.values() for one in author.written}
        for id_, (address, _) in zones.items():
            if id_ not in ids:
                raise FormatError(f"no commit has the author address {address}, which --tz names")
        if not bots:
            for id_ in [id_ for id_, author in authors.items() if _is_bot(author)]:
                del authors[id_]
                yield Skipped("bots")
        if not authors:
            return
        zone_guess = ZoneGuess(*database.execute("SELECT min(at), max(at) FROM commits").fetchone())
        for person in sorted(_people(authors, known, by_name=not no_merge_names), key=lambda person: person.id):
            numbers = (json.dumps(person.numbers),)
            given = next((zones[id_][1] for id_ in (person.id, *person.aliases) if id_ in zones), None)
            best = zone_guess.best(database.execute(_CLOCKS, numbers)) if given is None else None
            yield FoundUser(
                position=person.id,
                id=person.id,
                real_name=person.name,
                tz=best.zone if best else given,
                aliases=person.aliases,
                guessed=True,
                zone_given=given is not None,
                guess=best,
            )
            for hash_, start, end in periods(database.execute(_COMMITS, numbers), gap, lead):
                yield FoundPeriod(f"commit {hash_}", person.id, start, end)


def _collect(directory: str, database: sqlite3.Connection, authors: dict[str, _Author]) -> Iterator[Skipped]:
    """Put the commits of a history into the *database*, and who made them into *authors*."""
    commits = 0
    for commits, (commit, mail, raw_mail, name, date) in enumerate(_log(directory), 1):  # noqa: B007
        clock, id_ = _clock(date), _id(mail)
        if clock is None or not id_:
            yield Skipped("without an address" if clock else "without a usable date")
            continue
        at, offset = clock
        author = authors.setdefault(id_, _Author(len(authors), mail.decode(errors="replace")))
        author.latest = max(author.latest, (at, _name(name) or _name(mail)))
        author.commits += 1
        author.written.add(_id(raw_mail) or id_)
        row = (author.number, at, offset, commit.decode())
        database.execute("INSERT INTO commits VALUES (?, ?, ?, ?)", row)
    if not commits:
        raise FormatError(f"the repository {directory} has no commits")


def _people(authors: Mapping[str, _Author], known: Known, *, by_name: bool) -> Iterator[_Person]:
    """Yield the people behind *authors*: those with one full name are one, unless several of them are known."""
    made_into: defaultdict[str, set[str]] = defaultdict(set)
    for id_, author in authors.items():
        for one in author.written:
            made_into[one].add(id_)
    members = known({*authors, *made_into})
    # An address that .mailmap gives to one author alone is theirs; a shared one says nothing.
    own = {
        id_: {one for one in author.written if made_into[one] == {id_} and one not in authors}
        for id_, author in authors.items()
    }
    groups: defaultdict[tuple[str | None, str | None], list[str]] = defaultdict(list)
    for id_, author in authors.items():
        name = full_name(author.name) if by_name else None
        groups[name, None if name else id_].append(id_)
    for ids in groups.values():
        by_member: defaultdict[str | None, list[str]] = defaultdict(list)
        for id_ in ids:
            by_member[next((members[one] for one in (id_, *sorted(own[id_])) if one in members), None)].append(id_)
        for same in list(by_member.values()) if len(by_member.keys() - {None}) > 1 else [ids]:
            same.sort(key=lambda id_: (-authors[id_].commits, id_))
            yield _Person(
                id=same[0],
                aliases=tuple(sorted({*same[1:]}.union(*(own[id_] for id_ in same)))),
                name=max(authors[id_].latest for id_ in same)[1],
                numbers=[authors[id_].number for id_ in same],
            )


def full_name(name: str) -> str | None:
    """Return *name* as the same full name always reads, or None unless it has two words or more."""
    words = unicodedata.normalize("NFKC", name).casefold().split()
    if sum(any(map(str.isalpha, word)) for word in words) < 2:
        return None
    joined = " ".join(words)
    return None if joined in _PLACEHOLDERS else joined


def _is_bot(author: _Author) -> bool:
    """Tell whether a program commits as *author*."""
    local, _, domain = author.address.casefold().rpartition("@")
    name = author.name.casefold()
    if "[bot]" in local or "[bot]" in name or domain in _BOT_DOMAINS:
        return True
    return not _BOTS.isdisjoint((local.rpartition("+")[2], "-".join(name.split())))


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


@lru_cache(maxsize=4_096)  # few people make most commits
def _id(address: bytes) -> str:
    return address_id(address.decode(errors="replace"))


@lru_cache(maxsize=4_096)
def _name(name: bytes) -> str:
    text = " ".join(name.decode(errors="replace").split())
    return "".join(character for character in text if unicodedata.category(character) != "Cc")[:200].strip()


def _iso(at: int, offset: int) -> str:
    sign = "-" if offset < 0 else "+"
    hours, minutes = divmod(abs(offset) // 60, 60)
    return f"{(_EPOCH + timedelta(seconds=at + offset)).isoformat()}{sign}{hours:02}:{minutes:02}"
