"""The command line: from arguments to a command, from an outcome to an exit status.

Statuses: 0 done, 1 no such user or token (or not confirmed), 2 wrong usage or input, 3 the database cannot be
used.
"""

import argparse
import contextlib
import importlib
import os
import sys
import time
from collections.abc import Sequence
from io import TextIOWrapper
from typing import Any

from ftlserver import __version__
from ftlserver.commands import COMMANDS
from ftlserver.errors import DatabaseError, FTLError, TokenNotFoundError, UserExistsError, UserNotFoundError


class _CommandParser(argparse.ArgumentParser):
    """A parser that loads its command's room only when it was chosen (dataset: 600 ms)."""

    room = ""

    def load(self) -> None:
        if self.room:
            module = importlib.import_module(f"ftlserver.commands.{self.room}")
            self.room = ""
            self.description = module.__doc__
            module.add_arguments(self)
            _add_common_arguments(self, argparse.SUPPRESS)
            self.set_defaults(handle=module.handle)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        self.load()
        return super().parse_known_args(args, namespace)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that *argv* asks for; return the exit status."""
    _mend_streams()
    if "_ARGCOMPLETE" in os.environ:
        _complete(os.environ.get("COMP_LINE", ""))
    try:
        args = _parser().parse_args(argv)
        from dataclasses import replace  # noqa: PLC0415  --help needs none of this; it is 25 ms

        from ftlserver.config import Config  # noqa: PLC0415

        _log_to_stderr(verbose=args.verbose)
        config = Config.from_env(os.environ)
        if args.database is not None:
            config = replace(config, database=args.database)
        status: int = args.handle(args, config)
        sys.stdout.flush()
    except FTLError as exc:
        print(exc, file=sys.stderr)
        return _status(exc)
    except BrokenPipeError:
        _close_stdout()  # whoever read it has seen enough
        return 0
    except OSError as exc:
        print(f"ftlserver: {exc.strerror or exc}", file=sys.stderr)
        _close_stdout()
        return 2
    except KeyboardInterrupt:
        return 130
    return status


def _parser() -> argparse.ArgumentParser:
    parser = _CommandParser(
        prog="ftlserver",
        description="Keep users and their activity periods, and answer over HTTP who was active when.",
        formatter_class=_formatter(),
    )
    parser.add_argument("--version", action="version", version=f"ftlserver {__version__}")
    _add_common_arguments(parser, None)
    commands = parser.add_subparsers(metavar="COMMAND", required=True, title="commands")
    for name, room, help_ in COMMANDS:
        command = commands.add_parser(name, help=help_, formatter_class=parser.formatter_class)
        command.room = room
    return parser


def _complete(line: str) -> None:
    """Tell a shell what may stand next in *line*, and exit; only the room of the command in it is loaded."""
    import argcomplete  # noqa: PLC0415  30 ms that only completion needs

    parser = _parser()
    assert parser._subparsers is not None
    commands = parser._subparsers._group_actions[0].choices
    chosen = next((word for word in line.split()[1:] if commands and word in commands), None)
    if chosen is not None:
        dict(commands or {})[chosen].load()
    argcomplete.autocomplete(parser)


def _add_common_arguments(parser: argparse.ArgumentParser, default: str | None) -> None:
    """Add what may stand before the command or after it; SUPPRESS keeps what stood before."""
    parser.add_argument(
        "--database",
        metavar="URL",
        default=default,
        help="a path or a URL, sqlite: or postgresql: (DATABASE_URL, else a file in your data directory)",
    )
    parser.add_argument(
        "--verbose",
        "-v",
        action="store_true",
        default=default,
        help="say more on stderr, such as which database",
    )


def _formatter() -> type[argparse.HelpFormatter]:
    """Return the coloured formatter where somebody sees it; it costs 60 ms."""
    if not sys.stdout.isatty():
        return argparse.RawDescriptionHelpFormatter
    from rich_argparse import RawDescriptionRichHelpFormatter  # noqa: PLC0415

    return RawDescriptionRichHelpFormatter


def _log_to_stderr(*, verbose: bool) -> None:
    import logging  # noqa: PLC0415

    formatter = logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%SZ")
    formatter.converter = time.gmtime
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, handlers=[handler], force=True)
    # What no line says need not be found out: a third of the time that a line takes.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None  # as its HOWTO says, under Optimization


def _mend_streams() -> None:
    """Make output possible wherever it goes: a terminal that cannot show a character shows a question mark."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by whoever started us
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def _close_stdout() -> None:
    """Let nothing more be written, at exit either."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _status(exc: FTLError) -> int:
    match exc:
        case UserNotFoundError() | UserExistsError() | TokenNotFoundError():
            return 1
        case DatabaseError():
            return 3
    return 2
