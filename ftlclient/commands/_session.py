"""What commands share that use a server: connecting, and sending writes through the spool."""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ftlclient.api.client import Client
from ftlclient.api.spool import Spool
from ftlclient.commands._completion import complete_members
from ftlclient.commands._names import Names
from ftlclient.config import Config, spool_file
from ftlclient.errors import ClientError, ConfigError, NotThisAPIError, RefusedError, UnreachableError
from ftlcommon.terminal import safe


@contextmanager
def connect(args: argparse.Namespace) -> Iterator[Client]:
    """Give a client of the server that the options, the environment or ``login`` name.

    Writes that are saved for that server are sent first.
    """
    config = Config.load(os.environ, args.url)
    args.default_user = config.user_id
    with Client(config.url, token=config.token, timeout=args.timeout, insecure=args.insecure) as client:
        _flush(client)
        yield client


def _flush(client: Client) -> None:
    """Send the writes that wait for the server and report how many; ignore an unavailable server."""
    spool = Spool(spool_file())
    if not spool.waiting(client.url):
        return
    try:
        answers = spool.flush(client)
    except ClientError:
        return
    refused = sum(isinstance(answer, RefusedError) for answer in answers.values())
    print(f"ftlclient: sent {len(answers) - refused} saved earlier", file=sys.stderr)
    if refused:
        print(f"ftlclient: the server refused {refused} (see ftlclient spool)", file=sys.stderr)


def send(
    client: Client, method: str, path: str, document: dict[str, Any], what: str = ""
) -> dict[str, Any] | None:
    """Return the server's answer to a write, or None if it was saved because the server cannot be reached.

    *what* ends the line that says so. Raise RefusedError if the server refuses; the write stays saved only if the
    token is at fault.
    """
    spool = Spool(spool_file())
    item = spool.add(client.url, method, path, document)
    try:
        answer = spool.flush(client).get(item)
    except (UnreachableError, NotThisAPIError) as exc:
        line = safe(f"{exc}; saved; will be sent later (see ftlclient spool){what}")
        print(f"ftlclient: {line}", file=sys.stderr)
        return None
    except RefusedError as exc:
        print("ftlclient: saved; will be sent later (see ftlclient spool)", file=sys.stderr)
        raise exc
    if isinstance(answer, RefusedError):
        spool.remove(item)
        raise answer
    return answer


def note_change(client: Client, answer: dict[str, Any], document: dict[str, Any]) -> None:
    """Save the number of the change that a write made, for ``undo``."""
    Spool(spool_file()).note_change(client.url, answer.get("change"), document)


def add_user_argument(parser: argparse.ArgumentParser) -> None:
    """Add the user whose activity it is about."""
    user = parser.add_argument(
        "--user", metavar="USER", help="the user: an id, or a unique part of a name (default: as saved by login)"
    )
    user.completer = complete_members  # type: ignore[attr-defined]


def default_user(args: argparse.Namespace, client: Client) -> str:
    """Return the id of the user that ``--user`` names, or that ``login`` saved; raise ConfigError for neither."""
    if args.user:
        return find_user(client, args.user)
    if args.default_user is None:
        raise ConfigError("name the user with --user ID, or a default user with: ftlclient login --user ID")
    return str(args.default_user)


def find_user(client: Client, text: str) -> str:
    """Return the id of the user whom *text* names; raise ConfigError for several, RefusedError for none.

    It is *text* itself if the server cannot be asked: it is not there, or the token may not read.
    """
    names = Names(client)
    try:
        user_id = names.member(text)
        unknown = names.unknown_member(text) if user_id is None else ""
    except ConfigError:
        raise
    except ClientError:
        return text
    if user_id is None:
        raise RefusedError(unknown, "user_not_found", 404, {})
    return user_id
