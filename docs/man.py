"""Write the manual pages of the programs from their parsers: ``python docs/man.py [--check]``.

They are kept and the wheel installs them: making them while it is built would take every library of each command.
"""

import argparse
import os
import sys
from pathlib import Path

from argparse_manpage.manpage import Manpage

import ftlclient.cli
import ftlcommon.programs
import ftlserver.cli
from ftlcommon.command_line import CommandParser
from ftlserver import __version__

DIRECTORY = Path(__file__).parent / "man"
PROGRAMS = {
    "ftl-activity": (ftlcommon.programs.parser, "server, client and demo of FTL Activity"),
    "ftlserver": (ftlserver.cli.parser, "keep who was active when, and answer over HTTP"),
    "ftlclient": (ftlclient.cli.parser, "ask who was active when"),
}


def pages() -> dict[str, str]:
    """Return the text of each page by the name of its file."""
    return {f"{program}.1": _page(program) for program in PROGRAMS}


def _page(program: str) -> str:
    make, summary = PROGRAMS[program]
    os.environ["COLUMNS"] = "100"  # of the usages, whatever the terminal has
    parser = make()
    if program == "ftl-activity":
        for name in ftlcommon.programs.PROGRAMS:  # which have pages of their own
            del _commands(parser)[name]
    _load(parser)
    others = sorted(f"{other}(1)" for other in PROGRAMS if other != program)
    parser.man_short_description = summary
    page = Manpage(parser)
    page.source, page.manual = f"FTL Activity {__version__}", "FTL Activity"
    page.date = ""  # the version tells
    page.add_section("see also", ">", ", ".join(others))
    return str(page)


def _load(parser: argparse.ArgumentParser) -> None:
    """Give each command its arguments, which it otherwise gets when it runs."""
    if isinstance(parser, CommandParser):
        parser.load()
    for command in _commands(parser).values():
        _load(command)


def _commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    return {} if parser._subparsers is None else parser._subparsers._group_actions[0].choices


def main() -> int:
    """Write the pages, or check that they are up to date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, and fail unless they are up to date")
    if not parser.parse_args().check:
        DIRECTORY.mkdir(exist_ok=True)
        for name, text in pages().items():
            (DIRECTORY / name).write_text(text, encoding="utf-8")
        return 0
    stale = [name for name, text in pages().items() if (DIRECTORY / name).read_text(encoding="utf-8") != text]
    for name in stale:
        print(f"docs/man/{name} is not up to date; run: python docs/man.py", file=sys.stderr)
    return len(stale)


if __name__ == "__main__":
    sys.exit(main())
