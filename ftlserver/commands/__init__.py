"""The commands of ftlserver: one room each, with ``add_arguments(parser)`` and ``handle(args, config)``.

This list is all that ``ftlserver --help`` needs; a room, and the libraries behind it, is loaded when its
command runs.
"""

import argparse

COMMANDS = [
    # name, room, help
    ("demo", "demo", "serve a made-up team from a database that is gone afterwards"),
    ("serve", "serve", "answer over HTTP"),
    ("users", "users", "list the users"),
    ("insert_user", "insert_user", "make up users"),
    ("insert_activity", "insert_activity", "make up activity of a user"),
    ("delete_user", "delete_user", "delete a user and everything about them"),
    ("import", "import_file", "read users and activity from a file of another system"),
    ("export", "export", "write users and activity in a form that import reads"),
]


def positive(text: str) -> int:
    """Read a number that counts something."""
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= 1_000_000):
        raise argparse.ArgumentTypeError("expected a number from 1 to 1000000")
    return int(text)


def days(text: str) -> int:
    """Read a number of days, no more than there have been since 1970."""
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= 20_000):
        raise argparse.ArgumentTypeError("expected a number from 1 to 20000")
    return int(text)


def printable(text: str) -> str:
    """Return *text* with each character that could steer a terminal replaced."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def port(text: str) -> int:
    """Read a port number; 0 takes any free one."""
    if not (text.isascii() and text.isdigit() and int(text) < 65536):
        raise argparse.ArgumentTypeError("expected a number from 0 to 65535")
    return int(text)
