"""The commands of ftlserver: one room each, with ``add_arguments(parser)`` and ``handle(args, config)``.

This list is all that ``ftlserver --help`` needs; a room, and the libraries behind it, is loaded when its
command runs.
"""

import argparse
from collections.abc import Callable

COMMANDS = [
    # name, room, help
    ("demo", "demo", "serve a made-up team from a database that is gone afterwards"),
    ("serve", "serve", "answer over HTTP"),
    ("token", "token", "make, list, revoke and rotate the tokens that let programs in"),
    ("users", "users", "list the users"),
    ("insert_user", "insert_user", "make up users"),
    ("insert_activity", "insert_activity", "make up activity of a user"),
    ("delete_user", "delete_user", "delete a user and everything about them"),
    ("import", "import_file", "read users and activity from a file of another system"),
    ("export", "export", "write users and activity in a form that import reads"),
    ("backup", "backup", "write a consistent copy of a SQLite database while it is in use"),
    ("migrate", "migrate", "bring the tables up to date"),
    ("completion", "completion", "write the script that lets a shell complete commands"),
]


def number(least: int, most: int) -> Callable[[str], int]:
    """Return the reader of a whole number of the command line, from *least* to *most*."""

    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
            raise argparse.ArgumentTypeError(f"expected a number from {least} to {most}")
        return int(text)

    return read


def printable(text: str) -> str:
    """Return *text* with each character that could steer a terminal replaced."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


positive = number(1, 1_000_000)
days = number(1, 20_000)  # no more than there have been since 1970
port = number(0, 65_535)  # 0 takes any free one
