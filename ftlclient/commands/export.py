"""Download all users and periods, one line of JSON each, in the format that import ndjson reads."""

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from rich.console import Console

from ftlclient.commands._session import connect
from ftlclient.errors import ConfigError, NotThisAPIError
from ftlcommon.terminal import escaped
from ftlcommon.whole_file import whole_file

EXAMPLE = "ftlclient export --output team.ndjson"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--output", "-o", metavar="FILE", type=Path, help="the file to write (default: stdout)")


def handle(args: argparse.Namespace, _console: Console) -> int:
    with connect(args) as client:
        lines = client.lines("/api/export/")
        if args.output is None:
            shown = (escaped(line.decode(errors="replace")).encode() for line in lines)
            count = _write(shown, sys.stdout.buffer)
        else:
            try:
                with whole_file(args.output) as part, part.open("wb") as file:
                    count = _write(lines, file)
            except OSError as exc:
                raise ConfigError(f"cannot write {args.output}: {exc.strerror}") from exc
    print(f"ftlclient: {count:,} users and periods", file=sys.stderr)
    return 0


def _write(lines: Iterable[bytes], file: BinaryIO) -> int:
    """Write *lines* and return how many items they hold; raise NotThisAPIError if the closing line is missing."""
    count = -1
    last = b""
    for last in lines:
        file.write(last + b"\n")
        count += 1
    file.flush()
    try:
        closing = json.loads(last)
        is_complete = (closing["ok"], closing["count"]) == (True, count)
    except (ValueError, RecursionError, TypeError, KeyError):
        is_complete = False
    if not is_complete:
        raise NotThisAPIError("the export is incomplete; try again")
    return count
