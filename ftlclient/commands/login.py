"""Keep the address of a server, and the token that it takes, for the commands to come.

Both are asked for and checked; the token is never taken from the command line, where others see it. From a
pipe it is read as one line. FTL_TOKEN comes before what is kept.
"""

import argparse
import getpass
import os
import sys

from rich.console import Console

from ftlclient.client import Client
from ftlclient.config import Config, Login, write_login
from ftlclient.errors import ConfigError

EXAMPLE = "ftlclient login --url https://activity.example.org"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--user", metavar="ID", help="whose desk this is, for log and track")


def handle(args: argparse.Namespace, console: Console) -> int:
    url = args.url or _ask_url(Config.load(os.environ).url)
    token = _ask_token()
    with Client(url, token=token, timeout=args.timeout, insecure=args.insecure) as client:
        found = client.request("GET", "/api/whoami/")
        bound = found.get("user_ids")
        user_id = args.user or (bound[0] if isinstance(bound, list) and len(bound) == 1 else None)
        path = write_login(Login(client.url, token, user_id))
    scopes = ", ".join(found.get("scopes", []))
    desk = f", as {user_id}" if user_id else ""
    console.print(f"logged in at {client.url}{desk}; may: {scopes}; kept in {path}", markup=False, soft_wrap=True)
    return 0


def _ask_url(default: str) -> str:
    if not sys.stdin.isatty():
        return default
    print(f"server [{default}]: ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip() or default


def _ask_token() -> str | None:
    if sys.stdin.isatty():
        token = getpass.getpass("token (empty if the server is open): ").strip()
    else:
        token = sys.stdin.readline().strip()
    if token and not token.isascii():
        raise ConfigError("a token looks like ftl_...; this one has other characters")
    return token or None
