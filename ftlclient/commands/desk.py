"""What the commands at a desk share: the server they talk to, and sending by way of the spool."""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ftlclient.client import Client
from ftlclient.config import Config, spool_file
from ftlclient.errors import ClientError, ConfigError, NotThisAPIError, RefusedError, UnreachableError
from ftlclient.spool import Spool
from ftlclient.text import safe


@contextmanager
def connect(args: argparse.Namespace) -> Iterator[Client]:
    """Give a client of the server that the options, the environment or ``login`` name.

    What has waited for that server goes out first.
    """
    config = Config.load(os.environ, args.url)
    args.desk_user = config.user_id
    with Client(config.url, token=config.token, timeout=args.timeout, insecure=args.insecure) as client:
        flush(client)
        yield client


def flush(client: Client) -> None:
    """Send what waits, with words about it; a server that is away says so when it is asked."""
    spool = Spool(spool_file())
    if not spool.waiting(client.url):
        return
    try:
        answers = spool.flush(client)
    except ClientError:
        return
    refused = sum(isinstance(answer, RefusedError) for answer in answers.values())
    print(f"ftlclient: sent {len(answers) - refused} that had waited", file=sys.stderr)
    if refused:
        print(f"ftlclient: {refused} were refused, see: ftlclient spool", file=sys.stderr)


def send(client: Client, method: str, path: str, document: dict[str, Any]) -> dict[str, Any] | None:
    """Return the server's answer to a write, or None if it cannot be reached and the write waits in the spool.

    Raise RefusedError when the server refuses; unless the token is at fault, the write is not kept then.
    """
    spool = Spool(spool_file())
    item = spool.add(client.url, method, path, document)
    try:
        answer = spool.flush(client).get(item)
    except (UnreachableError, NotThisAPIError) as exc:
        print(f"ftlclient: {safe(str(exc))}; it waits and goes out with the next command", file=sys.stderr)
        return None
    except RefusedError as exc:
        print("ftlclient: it waits, see: ftlclient spool", file=sys.stderr)
        raise exc
    if isinstance(answer, RefusedError):
        spool.remove(item)
        raise answer
    return answer


def desk_user(args: argparse.Namespace) -> str:
    """Return whose activity is meant: of ``--user``, else of ``login``; raise ConfigError."""
    user_id = args.user or args.desk_user
    if user_id is None:
        raise ConfigError("say whose activity it is with --user ID, or once with: ftlclient login --user ID")
    return str(user_id)
