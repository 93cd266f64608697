"""Calendar files that questions write."""

import argparse
import sys
from pathlib import Path

from ftlclient.errors import ConfigError
from ftlcommon.terminal import safe
from ftlcommon.whole_file import whole_file


def add_arguments(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument("--ics", metavar="FILE", type=Path, help=f"also write {what} into a calendar file")
    parser.add_argument("--yes", action="store_true", help="replace that file without asking")


def check(args: argparse.Namespace) -> None:
    """Raise ConfigError if the file is there, and neither ``--yes`` nor a person agrees to replace it."""
    if args.ics is not None and args.watch:
        raise ConfigError("--watch draws on the terminal alone; drop --watch, or --ics")
    if args.ics is None or args.yes or not args.ics.exists():
        return
    if not sys.stdin.isatty():
        raise ConfigError(f"{args.ics} is there already; add --yes to replace it; nothing was written")
    print(f"{safe(str(args.ics))} is there already\nreplace it? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise ConfigError("nothing was written")


def write(path: Path, calendar: bytes) -> None:
    """Write a calendar file whole; raise ConfigError."""
    try:
        with whole_file(path) as part:
            part.write_bytes(calendar)
    except OSError as exc:
        raise ConfigError(f"cannot write {path}: {exc.strerror}") from exc
    print(f"ftlclient: wrote {safe(str(path))}", file=sys.stderr)
