"""The command line of ftlserver.

Exit statuses: 0 done, 1 no such user, team or token (or not confirmed, or faults found), 2 wrong usage or input,
3 the database cannot be used.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence

from ftlcommon.command_line import CommandParser, run
from ftlcommon.terminal import safe
from ftlserver import __version__
from ftlserver.commands import COMMANDS
from ftlserver.errors import (
    DatabaseError,
    FTLError,
    TeamExistsError,
    TeamNotFoundError,
    TokenNotFoundError,
    UserExistsError,
    UserNotFoundError,
)


def main(argv: Sequence[str] | None = None, prog: str = "ftlserver") -> int:
    """Run the command that *argv* names and return the exit status; the help calls the program *prog*."""
    return run(lambda: parser(prog), _handle, argv)


def _handle(args: argparse.Namespace) -> int:
    from dataclasses import replace  # noqa: PLC0415  25 ms that --help does not need

    from ftlserver.config import Config, find_file  # noqa: PLC0415

    _log_to_stderr(verbose=args.verbose, is_service=args.command in ("serve", "demo"))
    try:
        config = Config.from_env(os.environ, find_file(args.config))
        if args.database is not None:
            config = replace(config, database=args.database)
        return int(args.handle(args, config))
    except FTLError as exc:
        print(f"ftlserver: {safe(str(exc))}", file=sys.stderr)
        return _status(exc)


def parser(prog: str = "ftlserver") -> CommandParser:
    """Return the parser of the command line."""
    made = CommandParser(
        prog=prog,
        description="Keep users and their activity periods, and answer over HTTP who was active when.",
    )
    made.add_argument("--version", action="version", version=f"ftlserver {__version__}")
    _add_common_arguments(made, None)
    made.add_commands(
        "ftlserver.commands", COMMANDS, lambda command: _add_common_arguments(command, argparse.SUPPRESS)
    )
    return made


def _add_common_arguments(parser: argparse.ArgumentParser, default: str | None) -> None:
    """Add the options that can precede or follow the command; SUPPRESS keeps a value that preceded it."""
    parser.add_argument(
        "--database",
        metavar="URL",
        default=default,
        help="a path, sqlite: or postgresql: URL (default: DATABASE_URL, else a file in your data directory)",
    )
    parser.add_argument(
        "--config",
        metavar="FILE",
        default=default,
        help="settings in TOML (default: config.toml in your configuration directory, else in the machine's)",
    )
    parser.add_argument(
        "--verbose",
        "-v",
        action="store_true",
        default=default,
        help="write more to stderr, such as the name of the database",
    )


def _log_to_stderr(*, verbose: bool, is_service: bool) -> None:
    """Write log lines with the time for a service, and like all messages of the program for other commands."""
    import logging  # noqa: PLC0415

    line = "%(asctime)s %(levelname)s %(message)s" if is_service else "ftlserver: %(message)s"
    formatter = logging.Formatter(line, "%Y-%m-%dT%H:%M:%SZ")
    formatter.converter = time.gmtime
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, handlers=[handler], force=True)
    # No line shows these, and finding them out is a third of the time that a line takes.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


def _status(exc: FTLError) -> int:
    match exc:
        case (
            UserNotFoundError()
            | UserExistsError()
            | TeamNotFoundError()
            | TeamExistsError()
            | TokenNotFoundError()
        ):
            return 1
        case DatabaseError():
            return 3
    return 2
