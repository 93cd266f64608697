"""Delete a user and all their periods, from the database file too. This cannot be undone."""

import argparse
import sys

from ftlcommon.terminal import safe
from ftlserver.config import Config
from ftlserver.errors import ConfigError
from ftlserver.storage import Storage


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("user_id", metavar="USER_ID", help="the user to delete")
    parser.add_argument("--yes", action="store_true", help="do not ask")


def handle(args: argparse.Namespace, config: Config) -> int:
    with Storage.open(config.database, create=False) as storage:
        return delete(storage, args.user_id, ask=not args.yes)


def delete(storage: Storage, user_id: str, *, ask: bool) -> int:
    """Delete a user, after a question that offers the export first; return the exit status."""
    user = storage.users.get(user_id)
    if ask:
        print(
            f"ftlserver: this cannot be undone; to keep a copy: ftlserver export {user.id} --output FILE",
            file=sys.stderr,
        )
        if not confirmed(f'Delete "{user.id}" ({safe(user.real_name)}) and all their activity?'):
            print("ftlserver: nothing was deleted", file=sys.stderr)
            return 1
    storage.users.delete(user.id)
    print(f'User "{user.id}" deleted !')
    return 0


def confirmed(question: str) -> bool:
    """Ask on a terminal whether to delete; raise ConfigError if there is none."""
    if not sys.stdin.isatty():
        raise ConfigError("there is no terminal to ask on; say --yes to delete without asking")
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
