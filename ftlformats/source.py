"""What both import commands share: which formats there are, their options, and the file itself."""

import argparse
import codecs
import contextlib
import importlib
import io
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from ftlformats import FormatError, Items

# Formats that say whose activity it is, and those that do not and need --user. Each is a room of this package.
TEAM_FORMATS = ["members", "slack", "ndjson", "csv"]
USER_FORMATS = ["activitywatch", "timewarrior"]


@dataclass(frozen=True, slots=True)
class Source:
    """An open file and the items in it."""

    items: Items
    file: BinaryIO

    @property
    def size(self) -> int | None:
        """Return the length of the file in bytes, None for a pipe."""
        return os.fstat(self.file.fileno()).st_size or None

    @property
    def position(self) -> int:
        """Return how many bytes have been read, as far as that can be told."""
        return self.file.tell() if self.file.seekable() else 0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("format", metavar="FORMAT", choices=[*TEAM_FORMATS, *USER_FORMATS], help="%(choices)s")
    parser.add_argument("file", metavar="FILE", help="the file to read; - is standard input")
    parser.add_argument(
        "--user", metavar="ID", help=f"whose activity it is; needed for {' and '.join(USER_FORMATS)}"
    )


@contextlib.contextmanager
def open_source(args: argparse.Namespace) -> Iterator[Source]:
    """Open what *args* names; raise FormatError if it cannot be read, or the options do not fit the format."""
    if args.format in TEAM_FORMATS and args.user is not None:
        raise FormatError(f"a file in the format {args.format} says itself whose activity it is; drop --user")
    if args.format in USER_FORMATS and args.user is None:
        raise FormatError(f"the format {args.format} does not say whose activity it is; add --user ID")
    room = importlib.import_module(f"ftlformats.{args.format}")
    with _open(args.file) as file:
        yield Source(room.read(file), file)


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
