"""The command ftl-activity: both programs under the name of the distribution, which uvx and pipx run take.

The programs are found by name, because nothing in this package imports them.
"""

import importlib
import os
import sys
from collections.abc import Sequence

from ftlcommon.command_line import CommandParser, run

# For each command: the module with main(), the words to begin with, what the help calls it, and its help.
PROGRAMS: dict[str, tuple[str, list[str], str, str]] = {
    "demo": (
        "ftlserver.cli",
        ["demo"],
        "ftl-activity",
        "serve a sample team, or that of a git repository, from a temporary database",
    ),
    "server": ("ftlserver.cli", [], "ftl-activity server", "keep users and their activity: the program ftlserver"),
    "client": ("ftlclient.cli", [], "ftl-activity client", "ask who was active when: the program ftlclient"),
}
_COMPLETION = ("completion", "completion", "write the completion script for a shell")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that *argv* names and return the exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    if "_ARGCOMPLETE" in os.environ:
        return _complete(os.environ.get("COMP_LINE", ""))
    if words and words[0] in PROGRAMS:
        return _run(words[0], words[1:])
    return run(parser, lambda args: int(args.handle(args)), words)


def parser() -> CommandParser:
    """Return the parser of the command line, without those of the two programs."""
    made = CommandParser(prog="ftl-activity", description="Who was active when? A server, a client and a demo.")
    made.add_argument("--version", action="version", version=f"ftl-activity {_version()}")
    commands = [(name, "", help_) for name, (*_, help_) in PROGRAMS.items()]
    made.add_commands("ftlcommon", [*commands, _COMPLETION], lambda _: None)
    return made


def _run(name: str, words: list[str]) -> int:
    module, first, prog, _ = PROGRAMS[name]
    return int(importlib.import_module(module).main([*first, *words], prog))


def _complete(line: str) -> int:
    """Complete the command in *line*, or what follows it with the parser of its program."""
    name, space, _ = line.lstrip().partition(" ")[2].lstrip().partition(" ")
    if name in PROGRAMS and space:
        os.environ["_ARGCOMPLETE"] = "1" if name == "demo" else "2"  # which word of the line is the program
        return _run(name, [])
    return run(parser, lambda args: int(args.handle(args)), [])


def _version() -> str:
    return str(importlib.import_module("ftlserver").__version__)
