"""Download all users and periods, one line of JSON each, in the format that import ndjson reads."""

import argparse
import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from rich.console import Console

from ftlclient.commands._session import connect
from ftlclient.errors import ConfigError, NotThisAPIError

EXAMPLE = "ftlclient export --output team.ndjson"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--output", "-o", metavar="FILE", type=Path, help="the file to write (default: stdout)")


def handle(args: argparse.Namespace, _console: Console) -> int:
    with connect(args) as client:
        lines = client.lines("/api/export/")
        count = _write(lines, sys.stdout.buffer) if args.output is None else _write_file(lines, args.output)
    print(f"{count:,} users and periods", file=sys.stderr)
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
        is_complete = json.loads(last) == {"ok": True, "count": count}
    except ValueError:
        is_complete = False
    if not is_complete:
        raise NotThisAPIError("the export is incomplete; try again")
    return count


def _write_file(lines: Iterable[bytes], path: Path) -> int:
    """Replace the file at *path* once the new one is complete."""
    try:
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    except OSError as exc:
        raise ConfigError(f"cannot write {path}: {exc.strerror}") from exc
    try:
        with os.fdopen(descriptor, "wb") as file:
            count = _write(lines, file)
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise
    return count
