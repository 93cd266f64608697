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
from ftlcommon.formats import FormatError, Items, Known

# Formats that name the users, and formats that do not and need --user; each is a module of this package.
TEAM_FORMATS = ["members", "slack", "ndjson", "csv", "git", "toggl", "clockify"]
USER_FORMATS = ["activitywatch", "timewarrior", "ical"]
# The options of formats, which are keyword arguments of their read(), and the formats that have them.
OPTIONS = {
    "gap": ["git"],
    "lead": ["git"],
    "tz": ["git"],
    "bots": ["git"],
    "no_merge_names": ["git"],
    "zone": ["toggl", "clockify"],
    "dates": ["toggl", "clockify"],
    "from_": ["ical"],
    "to": ["ical"],
}
# Formats that guess names and zones, which replace those that a person set only with --update.
GUESSING_FORMATS = ["git", "toggl", "clockify"]
# Formats from which another reading may yield other items.
CHANGING_FORMATS = ["git", "ical"]

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
    git.add_argument(
        "--bots", action="store_true", default=None, help="read the commits of programs such as dependabot too"
    )
    git.add_argument(
        "--no-merge-names",
        action="store_true",
        default=None,
        help="leave addresses apart that commit under the same full name (default: they are one member)",
    )
    reports = parser.add_argument_group("toggl and clockify")
    reports.add_argument(
        "--zone",
        metavar="ZONE",
        help="the time zone of the report, that of the person who exported it; new users get it too"
        " (default: each known user's own)",
    )
    reports.add_argument(
        "--dates", choices=["dmy", "mdy"], help="whether the day or the month comes first, if no date tells"
    )
    guessing = parser.add_argument_group(", ".join(GUESSING_FORMATS))
    guessing.add_argument(
        "--update", action="store_true", help="replace names and zones that a person set by those of the file"
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
def open_source(args: argparse.Namespace, known: Known | None = None) -> Iterator[Source]:
    """Open the file that *args* name; raise FormatError if it cannot be read or an option is of another format.

    *known* returns the member that each of some ids stands for.
    """
    if args.format in TEAM_FORMATS and args.user is not None:
        raise FormatError(f"a file in the format {args.format} names its users; drop --user")
    if args.format in USER_FORMATS and args.user is None:
        raise FormatError(f"a file in the format {args.format} does not name its user; add --user ID")
    if args.update and args.format not in GUESSING_FORMATS:
        raise FormatError(f"the format {args.format} always replaces names and zones; drop --update")
    options = _options(args)
    read = importlib.import_module(f"ftlcommon.formats.{args.format}").read
    if args.format == "git":
        with contextlib.closing(read(args.file, **options, **({"known": known} if known else {}))) as items:
            yield Source(items, None)
    else:
        with _open(args.file) as file:
            yield Source(read(file, **options), file)


def _options(args: argparse.Namespace) -> dict[str, Any]:
    """Return the options that were given; raise FormatError for one of another format."""
    options = {}
    for name, owners in OPTIONS.items():
        value = getattr(args, name)
        if value is None:
            continue
        if args.format not in owners:
            flag = "--" + name.rstrip("_").replace("_", "-")
            formats = f"format{'s' * (len(owners) > 1)} {' and '.join(owners)}"
            raise FormatError(f"{flag} is for the {formats}, not for {args.format}; drop it")
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
