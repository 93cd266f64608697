"""Save the URL of a server, and a token for it, for later commands.

Both are asked for and checked. The token is read from the terminal or as one line from a pipe, never from the
command line, where others see it. FTL_TOKEN takes precedence over a saved token.
"""

import argparse
import getpass
import os
import sys

from rich.console import Console

from ftlclient.api import answers
from ftlclient.api.client import Client
from ftlclient.commands._session import find_user
from ftlclient.config import Config, write_login
from ftlclient.errors import ConfigError
from ftlcommon.terminal import safe

EXAMPLE = "ftlclient login --url https://activity.example.org"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--user", metavar="ID", help="the default user of log, track and import")


def handle(args: argparse.Namespace, console: Console) -> int:
    url = args.url or _ask_url(Config.load(os.environ).url)
    token = _ask_token()
    with Client(url, token=token, timeout=args.timeout, insecure=args.insecure) as client:
        answer = client.request("GET", "/api/whoami/")
        answers.check(answer, answers.WHOAMI)
        bound = answer.get("user_ids")
        user_id = bound[0] if bound and len(bound) == 1 else None
        if args.user:
            user_id = find_user(client, args.user)
        path = write_login(Config(client.url, token, user_id))
    scopes = ", ".join(answer.get("scopes", []))
    default = f" with default user {user_id}" if user_id else ""
    line = f"logged in at {client.url}{default}; the token permits: {scopes}; saved in {path}"
    console.print(safe(line), markup=False, soft_wrap=True)
    return 0


def _ask_url(default: str) -> str:
    if not sys.stdin.isatty():
        return default
    print(f"server [{default}]: ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip() or default


def _ask_token() -> str | None:
    if sys.stdin.isatty():
        token = getpass.getpass("token (empty if the server needs none): ").strip()
    else:
        token = sys.stdin.readline().strip()
    if token and not token.isascii():
        raise ConfigError("a token looks like ftl_...; this one contains invalid characters")
    return token or None
