"""What both import commands share: which formats there are, their options, and the file itself."""

import argparse
import codecs
import contextlib
import importlib
import io
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, BinaryIO

from ftlformats import FormatError, Items

# Formats that say whose activity it is, and those that do not and need --user. Each is a room of this package.
TEAM_FORMATS = ["members", "slack", "ndjson", "csv", "git"]
USER_FORMATS = ["activitywatch", "timewarrior", "ical"]
# The options of a format, which are arguments of its room's read.
OPTIONS = {"git": ["gap", "lead", "tz"], "ical": ["from_", "to"]}

_LONGEST = 7 * 24 * 3600
_UNITS = {"h": 3600, "m": 60, "s": 1}


@dataclass(frozen=True, slots=True)
class Source:
    """The items, and the open file that they are in unless it is a directory."""

    items: Items
    file: BinaryIO | None

    @property
    def size(self) -> int | None:
        """Return the length of the file in bytes, None for a pipe and for a directory."""
        return (os.fstat(self.file.fileno()).st_size or None) if self.file else None

    @property
    def position(self) -> int:
        """Return how many bytes have been read, as far as that can be told."""
        return self.file.tell() if self.file and self.file.seekable() else 0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("format", metavar="FORMAT", choices=[*TEAM_FORMATS, *USER_FORMATS], help="%(choices)s")
    parser.add_argument(
        "file", metavar="FILE", help="the file to read, - is standard input; for git the directory of a repository"
    )
    parser.add_argument("--user", metavar="ID", help=f"whose activity it is; needed for {', '.join(USER_FORMATS)}")
    git = parser.add_argument_group("git")
    git.add_argument(
        "--gap", metavar="TIME", type=_duration, help="commits less than this apart are one period (default: 2h)"
    )
    git.add_argument(
        "--lead",
        metavar="TIME",
        type=_duration,
        help="how long before its first commit a period begins (default: 30m)",
    )
    git.add_argument(
        "--tz",
        metavar="ADDRESS=ZONE",
        type=_zone_of,
        action="append",
        help="the zone of an author, instead of the one that fits their commits best",
    )
    ical = parser.add_argument_group("ical")
    ical.add_argument(
        "--from",
        metavar="DATE",
        dest="from_",
        type=_date,
        help="the first day (default: of events that recur, a year ago; of others, any)",
    )
    ical.add_argument("--to", metavar="DATE", type=_date, help="where it ends, itself not included (default: now)")


@contextlib.contextmanager
def open_source(args: argparse.Namespace) -> Iterator[Source]:
    """Open what *args* names; raise FormatError if it cannot be read, or the options do not fit the format."""
    if args.format in TEAM_FORMATS and args.user is not None:
        raise FormatError(f"a file in the format {args.format} says itself whose activity it is; drop --user")
    if args.format in USER_FORMATS and args.user is None:
        raise FormatError(f"the format {args.format} does not say whose activity it is; add --user ID")
    options = _options(args)
    read = importlib.import_module(f"ftlformats.{args.format}").read
    if args.format == "git":
        with contextlib.closing(read(args.file, **options)) as items:
            yield Source(items, None)
    else:
        with _open(args.file) as file:
            yield Source(read(file, **options), file)


def _options(args: argparse.Namespace) -> dict[str, Any]:
    """Return the options that were given; raise FormatError for one of another format."""
    options = {}
    for owner, names in OPTIONS.items():
        for name in names:
            value = getattr(args, name)
            if value is not None and owner != args.format:
                raise FormatError(
                    f"--{name.rstrip('_')} is for the format {owner}, not for {args.format}; drop it"
                )
            if value is not None:
                options[name] = dict(value) if name == "tz" else value
    return options


def _duration(text: str) -> int:
    match = re.fullmatch(r"(\d{1,6})([hms])", text, re.ASCII)
    seconds = int(match[1]) * _UNITS[match[2]] if match else 0
    if not 0 < seconds <= _LONGEST:
        raise argparse.ArgumentTypeError(
            f"expected a time such as 2h, 90m or 45s, of at most 7 days, not {text!r}"
        )
    return seconds


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as exc:
        raise argparse.ArgumentTypeError(f"expected a date such as 2026-11-16, not {text!r}") from exc


def _zone_of(text: str) -> tuple[str, str]:
    address, equals, zone = text.rpartition("=")
    if not (address and equals and zone):
        raise argparse.ArgumentTypeError(
            f"expected ADDRESS=ZONE, such as ada@example.org=Europe/Berlin, not {text!r}"
        )
    return address, zone


@contextlib.contextmanager
def _open(name: str) -> Iterator[BinaryIO]:
    with contextlib.ExitStack() as stack:
        try:
            if name != "-":
                file: BinaryIO = stack.enter_context(open(name, "rb"))
            elif sys.stdin is None:
                raise FormatError("there is no standard input to read")
            else:
                file = sys.stdin.buffer
        except OSError as exc:
            raise FormatError(f"cannot read {name}: {exc.strerror}") from exc
        if isinstance(file, io.BufferedReader) and file.peek(3)[:3] == codecs.BOM_UTF8:
            file.read(3)  # which programs on Windows write before a text
        yield file
