"""Fetch all that the server holds, a line of JSON for each user and each period, which import reads back."""

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

from ftlclient.commands.desk import connect
from ftlclient.errors import ConfigError, NotThisAPIError

EXAMPLE = "ftlclient export --output team.ndjson"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--output", "-o", metavar="FILE", type=Path, help="the file to write; stdout if left out")


def handle(args: argparse.Namespace, _console: Console) -> int:
    with connect(args) as client:
        lines = client.lines("/api/export/")
        count = _write(lines, sys.stdout.buffer) if args.output is None else _write_file(lines, args.output)
    print(f"{count:,} users and periods", file=sys.stderr)
    return 0


def _write(lines: Iterable[bytes], file: BinaryIO) -> int:
    """Write *lines*; return their number, which the last one gives too: without it the answer is cut off."""
    count = -1
    last = b""
    for last in lines:
        file.write(last + b"\n")
        count += 1
    file.flush()
    try:
        is_whole = json.loads(last) == {"ok": True, "count": count}
    except ValueError:
        is_whole = False
    if not is_whole:
        raise NotThisAPIError("the export is cut off; try again")
    return count


def _write_file(lines: Iterable[bytes], path: Path) -> int:
    """Write a whole file or none: the old one stays until the new one is complete."""
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
