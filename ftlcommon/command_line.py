"""The command line that ftlserver and ftlclient share: commands that load lazily, completion, argument types.

Importing it takes milliseconds; Rich, argcomplete and the commands are imported when they are needed.
"""

import argparse
import contextlib
import importlib
import os
import re
import sys
from collections.abc import Callable, Sequence
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any, NoReturn

from ftlcommon.terminal import safe

if TYPE_CHECKING:
    from datetime import date

SHELLS = ("bash", "zsh", "fish")

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}

_LONGEST_NUMBER = 18  # digits


class CommandParser(argparse.ArgumentParser):
    """A parser that imports the module of its command once that command is chosen (300 to 600 ms)."""

    module = ""
    add_common_arguments: Callable[[argparse.ArgumentParser], None]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(formatter_class=_formatter(), **kwargs)

    def add_commands(
        self,
        package: str,
        commands: Sequence[tuple[str, str, str]],
        add_common_arguments: Callable[[argparse.ArgumentParser], None],
    ) -> None:
        """Add *commands*, each a name, the name of its module in *package*, and its help.

        A module has ``add_arguments(parser)``, ``handle``, a docstring and optionally EXAMPLE; a command without a
        module is in the help only. *add_common_arguments* adds the options that all commands have.
        """
        added = self.add_subparsers(dest="command", metavar="COMMAND", required=True, title="commands")
        for name, module, help_ in commands:
            parser = added.add_parser(name, help=help_)
            parser.module = f"{package}.{module}" if module else ""
            parser.add_common_arguments = add_common_arguments

    def load(self) -> None:
        """Import the module of this command and add its arguments, unless that is done."""
        if self.module:
            module = importlib.import_module(self.module)
            self.module = ""
            self.description = module.__doc__
            if hasattr(module, "EXAMPLE"):
                self.epilog = f"example: {module.EXAMPLE}"
            module.add_arguments(self)
            self.add_common_arguments(self)
            self._add_to_actions()
            self.set_defaults(handle=module.handle)

    def _add_to_actions(self) -> None:
        """Let the options that all commands have follow an action of this command too."""
        if self._subparsers is None:
            return
        actions: dict[str, argparse.ArgumentParser] = dict(self._subparsers._group_actions[0].choices or {})
        for parser in actions.values():
            own = len(parser._actions)
            self.add_common_arguments(parser)
            for option in parser._actions[own:]:
                option.help = (option.help or "") % vars(option)
                option.default = argparse.SUPPRESS  # keeps a value that preceded the action

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        self.load()
        found, unknown = super().parse_known_args(args, namespace)
        if unknown and self._subparsers is None:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")  # with the usage of this command
        return found, unknown

    def error(self, message: str) -> NoReturn:
        """Exit with status 2 after the usage and *message*, which begins like all messages of the program."""
        self.print_usage(sys.stderr)
        self.exit(2, f"{self.prog.split()[0]}: {message}\n")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Refuse a command, or the value of an option, that there is not, with the one that may be meant.

        argparse suggests one from Python 3.14 on.
        """
        choices = [str(choice) for choice in action.choices or ()]
        if not choices or str(value) in choices:
            return
        from difflib import get_close_matches  # noqa: PLC0415  4 ms that only a mistake needs

        close = get_close_matches(str(value), choices, 1)
        if isinstance(action, argparse._SubParsersAction):
            hint = f"did you mean {close[0]}?" if close else f"see: {self.prog} --help"
            raise argparse.ArgumentError(None, f"there is no {str(action.metavar).lower()} {value!r}; {hint}")
        hint = f"did you mean {close[0]}?" if close else f"choose from {', '.join(choices)}"
        raise argparse.ArgumentError(action, f"invalid choice: {value!r}; {hint}")

    def complete(self, line: str) -> None:
        """Write what can follow in *line* for the shell, and exit; only the command in *line* is loaded."""
        import argcomplete  # noqa: PLC0415  30 ms that only completion needs

        assert self._subparsers is not None
        commands: dict[str, CommandParser] = dict(self._subparsers._group_actions[0].choices or {})
        chosen = next((word for word in line.split()[1:] if word in commands), None)
        if chosen is not None:
            commands[chosen].load()
        argcomplete.autocomplete(self)


def run(
    make_parser: Callable[[], CommandParser],
    handle: Callable[[argparse.Namespace], int],
    argv: Sequence[str] | None,
) -> int:
    """Parse *argv*, pass the arguments to *handle* and return its exit status; without arguments, show the help.

    The status is 2 if a file cannot be read or written, and 130 after Ctrl-C; a reader that closes the pipe early
    is no error.
    """
    _mend_streams()
    parser = make_parser()
    if "_ARGCOMPLETE" in os.environ:
        parser.complete(os.environ.get("COMP_LINE", ""))
    try:
        if not (sys.argv[1:] if argv is None else argv):
            parser.print_help()
            status = 0
        else:
            status = handle(parser.parse_args(argv))
        sys.stdout.flush()
    except BrokenPipeError:
        _close_stdout()
        return 0
    except OSError as exc:
        print(f"{parser.prog}: {exc.strerror or exc}", file=sys.stderr)
        _close_stdout()
        return 2
    except KeyboardInterrupt:
        return 130
    return status


def _formatter() -> type[argparse.HelpFormatter]:
    """Return the help formatter: on a terminal the coloured one, which takes 60 ms."""
    if not sys.stdout.isatty():
        return argparse.RawDescriptionHelpFormatter
    from rich_argparse import RawDescriptionRichHelpFormatter  # noqa: PLC0415

    return RawDescriptionRichHelpFormatter


def completion_script(program: str, shell: str) -> str:
    """Return the script with which *shell* completes the commands of *program*."""
    from argcomplete.shell_integration import shellcode  # noqa: PLC0415

    return shellcode([program], shell=shell)


def number(least: int, most: int) -> Callable[[str], int]:
    """Return the argument type of whole numbers from *least* to *most*."""

    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
            raise argparse.ArgumentTypeError(f"expected a number from {least} to {most}")
        return int(text)

    return read


def change_number(text: str) -> int:
    """Return the number of a change; the argument type of undo."""
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER and int(text)):
        raise argparse.ArgumentTypeError("expected the number of a change, as ftlserver audit shows it")
    return int(text)


def seconds(least: float, most: float) -> Callable[[str], float]:
    """Return the argument type of positive numbers of seconds from *least* to *most*."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = 0
        if not (value > 0 and least <= value <= most):
            raise argparse.ArgumentTypeError(f"expected a positive number of seconds from {least:g} to {most:g}")
        return value

    return read


def duration(least: int, most: int) -> Callable[[str], int]:
    """Return the argument type of durations with a unit, such as 90d, 12h, 30m or 45s, in seconds."""

    def read(text: str) -> int:
        match = re.fullmatch(r"(\d{1,6})([smhd])", text, re.ASCII)
        value = int(match[1]) * _UNITS[match[2]] if match else -1
        if not least <= value <= most:
            limits = f"from {least}s to {most // _UNITS['d']}d"
            raise argparse.ArgumentTypeError(
                f"expected a number with its unit, such as 2h, 90m or 45s, {limits}, not {text!r}"
            )
        return value

    return read


def first_day(text: str) -> "date":
    """Read a day, or the first one of a week, a month or a year, as people type it; an argument type."""
    return _days(text)[0]


def day_after(text: str) -> "date":
    """Read the day after the one that is named, or after a week, a month or a year; an argument type."""
    return _days(text)[1]


def one_day(text: str) -> "date":
    """Read a day as people type it, such as ``yesterday``; an argument type."""
    from datetime import timedelta  # noqa: PLC0415

    first, after = _days(text)
    if after - first != timedelta(days=1):
        raise argparse.ArgumentTypeError(f"expected one day, such as yesterday or 2026-11-16, not {text!r}")
    return first


def _days(text: str) -> "tuple[date, date]":
    from datetime import datetime  # noqa: PLC0415  1 ms that --version does not need

    from ftlcommon.day_expressions import DayError, read_days  # noqa: PLC0415

    try:
        return read_days(text, datetime.now().astimezone().date())
    except DayError as exc:
        raise argparse.ArgumentTypeError(safe(str(exc))) from None


def take_relative_times(parser: argparse.ArgumentParser) -> None:
    """Let the value of an option be ``-7d``, as argparse lets it be ``-7``."""
    parser._negative_number_matcher = re.compile(r"-\d")


def _mend_streams() -> None:
    """Replace closed output streams, and show a question mark for what a terminal's encoding cannot show."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def _close_stdout() -> None:
    """Discard what is written to stdout from now on, also when the interpreter exits."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
