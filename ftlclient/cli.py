"""The command line of ftlclient.

Exit statuses: 0 done, 1 the server refused, 2 wrong usage, 3 no such members, 4 no answer from the server, 5 the
server is not FTL Activity, or its answer is not usable.
"""

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ftlclient import __version__
from ftlclient.commands import COMMANDS
from ftlclient.errors import ClientError, NotThisAPIError, RefusedError, UnreachableError
from ftlcommon.command_line import CommandParser, run, seconds
from ftlcommon.terminal import safe

if TYPE_CHECKING:
    from rich.console import Console


def main(argv: Sequence[str] | None = None, prog: str = "ftlclient") -> int:
    """Run the command that *argv* names and return the exit status; the help calls the program *prog*."""
    return run(lambda: parser(prog), _handle, argv)


def _handle(args: argparse.Namespace) -> int:
    try:
        return int(args.handle(args, _console()))
    except ClientError as exc:
        print(f"ftlclient: {safe(str(exc))}", file=sys.stderr)
        return _status(exc)


def _console() -> "Console":
    from rich.console import Console  # noqa: PLC0415  90 ms that --version does not need

    from ftlclient import time_ranges  # noqa: PLC0415
    from ftlclient.config import Settings  # noqa: PLC0415
    from ftlcommon import wording  # noqa: PLC0415

    class PipeConsole(Console):
        def on_broken_pipe(self) -> None:
            """Leave it to main(); Rich would exit with status 1, which means that the server refused."""
            raise BrokenPipeError

    time_ranges.use_bundled_zones()
    wording.use_clock(Settings.load().clock)
    if unknown := time_ranges.unknown_zone():
        text = f"TZ={unknown[:64]} is not an IANA time zone name, such as Europe/Berlin"
        print(f"ftlclient: {safe(text)}; local times are those of {time_ranges.local_zone()}", file=sys.stderr)
    return PipeConsole(highlight=False)


def parser(prog: str = "ftlclient") -> CommandParser:
    """Return the parser of the command line."""
    made = CommandParser(prog=prog, description="Ask an FTL Activity server who was active when.")
    made.add_argument("--version", action="version", version=f"ftlclient {__version__}")
    made.add_commands("ftlclient.commands", COMMANDS, _add_common_arguments)
    return made


def _add_common_arguments(parser: argparse.ArgumentParser) -> None:
    from ftlclient.config import DEFAULT_TIMEOUT, DEFAULT_URL  # noqa: PLC0415  25 ms that --version does not need

    where = f"the URL of the server (default: FTL_URL, else as saved by login, else {DEFAULT_URL})"
    parser.add_argument("--url", help=where)
    parser.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=seconds(0, 86_400),
        default=DEFAULT_TIMEOUT,
        help="how long to wait for a complete answer, or for each piece of an export (default: %(default)g)",
    )
    parser.add_argument(
        "--insecure", action="store_true", help="send the token over plain http to other machines too"
    )


def _status(exc: ClientError) -> int:
    match exc:
        case RefusedError():
            return 1
        case UnreachableError():
            return 4
        case NotThisAPIError():
            return 5
    return 2
