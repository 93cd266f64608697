"""The command line: the parser, the console, from an outcome to an exit status.

Statuses: 0 done, 1 the server refused, 2 wrong usage, 3 nobody has those ids, 4 no answer from a server,
5 what answers is not this API.
"""

import argparse
import contextlib
import importlib
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any

from ftlclient import __version__
from ftlclient.commands import COMMANDS
from ftlclient.errors import ClientError, NotThisAPIError, RefusedError, UnreachableError
from ftlclient.text import safe

if TYPE_CHECKING:
    from rich.console import Console


class _CommandParser(argparse.ArgumentParser):
    """A parser that loads its command's room only when it was chosen (Rich and requests: 300 ms)."""

    room = ""

    def load(self) -> None:
        if self.room:
            module = importlib.import_module(f"ftlclient.commands.{self.room}")
            self.room = ""
            self.description = module.__doc__
            self.epilog = f"example: {module.EXAMPLE}"
            module.add_arguments(self)
            _add_common_arguments(self)
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
        status: int = args.handle(args, _console())
        sys.stdout.flush()
    except ClientError as exc:
        print(f"ftlclient: {safe(str(exc))}", file=sys.stderr)
        return _status(exc)
    except BrokenPipeError:
        _close_stdout()  # whoever read it has seen enough
        return 0
    except OSError as exc:
        print(f"ftlclient: {exc.strerror or exc}", file=sys.stderr)
        _close_stdout()
        return 2
    except KeyboardInterrupt:
        return 130
    return status


def _console() -> "Console":
    from rich.console import Console  # noqa: PLC0415  90 ms that --version does not need

    from ftlclient import clock  # noqa: PLC0415

    class PipeConsole(Console):
        def on_broken_pipe(self) -> None:
            """Leave it to main(); Rich would exit with the status of a refusal."""
            raise BrokenPipeError

    clock.use_bundled_zones()
    return PipeConsole(highlight=False)


def _parser() -> argparse.ArgumentParser:
    parser = _CommandParser(
        prog="ftlclient",
        description="Ask an FTL Activity server who was active when.",
        formatter_class=_formatter(),
    )
    parser.add_argument("--version", action="version", version=f"ftlclient {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, title="commands")
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


def _add_common_arguments(parser: argparse.ArgumentParser) -> None:
    from ftlclient.config import DEFAULT_TIMEOUT, DEFAULT_URL  # noqa: PLC0415  25 ms that --version does not need

    where = f"where the server is (FTL_URL, else as login has it, else {DEFAULT_URL})"
    parser.add_argument("--url", help=where)
    parser.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=_seconds,
        default=DEFAULT_TIMEOUT,
        help="how long to wait for a whole answer (default: %(default)g)",
    )
    parser.add_argument(
        "--insecure", action="store_true", help="send the token over plain http to another machine too"
    )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds <= 86_400:
        raise argparse.ArgumentTypeError("expected a number of seconds greater than 0")
    return seconds


def _formatter() -> type[argparse.HelpFormatter]:
    """Return the coloured formatter where somebody sees it; it costs 60 ms."""
    if not sys.stdout.isatty():
        return argparse.RawDescriptionHelpFormatter
    from rich_argparse import RawDescriptionRichHelpFormatter  # noqa: PLC0415

    return RawDescriptionRichHelpFormatter


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


def _status(exc: ClientError) -> int:
    match exc:
        case RefusedError():
            return 1
        case UnreachableError():
            return 4
        case NotThisAPIError():
            return 5
    return 2
