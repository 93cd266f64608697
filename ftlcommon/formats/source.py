"""The formats, their options on the command line, and opening the file, for both import commands."""

import argparse
import codecs
import contextlib
import importlib
import io
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from ftlcommon.command_line import day_after, duration, first_day, take_relative_times
from ftlcommon.formats import FormatError, Items

# Formats that name the users, and formats that do not and need --user; each is a module of this package.
TEAM_FORMATS = ["members", "slack", "ndjson", "csv", "git"]
USER_FORMATS = ["activitywatch", "timewarrior", "ical"]
# The options of a format, which are keyword arguments of its read().
OPTIONS = {"git": ["gap", "lead", "tz"], "ical": ["from_", "to"]}

_duration = duration(1, 7 * 86_400)


@dataclass(frozen=True, slots=True)
class Source:
    """The items of a file, and the open file unless it is a directory."""

    items: Items
    file: BinaryIO | None

    @property
    def size(self) -> int | None:
        """Return the length of the file in bytes, or None for a pipe or a directory."""
        return (os.fstat(self.file.fileno()).st_size or None) if self.file else None

    @property
    def position(self) -> int:
        """Return how many bytes have been read, or 0 if that is unknown."""
        return self.file.tell() if self.file and self.file.seekable() else 0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    take_relative_times(parser)
    parser.add_argument("format", metavar="FORMAT", choices=[*TEAM_FORMATS, *USER_FORMATS], help="%(choices)s")
    parser.add_argument(
        "file", metavar="FILE", help="the file to read, or - for standard input; for git a repository's directory"
    )
    parser.add_argument("--user", metavar="ID", help=f"the user; required for {', '.join(USER_FORMATS)}")
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
        help="the time zone of an author (default: the one that fits their commits best)",
    )
    ical = parser.add_argument_group("ical")
    ical.add_argument(
        "--from",
        metavar="DAY",
        dest="from_",
        type=first_day,
        help="the first day (default: a year ago for recurring events, any for others)",
    )
    ical.add_argument("--to", metavar="DAY", type=day_after, help="the last day (default: until now)")


@contextlib.contextmanager
def open_source(args: argparse.Namespace) -> Iterator[Source]:
    """Open the file that *args* name; raise FormatError if it cannot be read or an option is of another format."""
    if args.format in TEAM_FORMATS and args.user is not None:
        raise FormatError(f"a file in the format {args.format} names its users; drop --user")
    if args.format in USER_FORMATS and args.user is None:
        raise FormatError(f"a file in the format {args.format} does not name its user; add --user ID")
    options = _options(args)
    read = importlib.import_module(f"ftlcommon.formats.{args.format}").read
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
            file.read(3)  # programs on Windows write it at the start of text files
        yield file
