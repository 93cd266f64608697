"""Show which server is asked, and what the token may do there."""

import argparse

from rich.console import Console

from ftlclient.commands.desk import connect
from ftlclient.text import safe

EXAMPLE = "ftlclient whoami"


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    pass


def handle(args: argparse.Namespace, console: Console) -> int:
    with connect(args) as client:
        found = client.request("GET", "/api/whoami/")
    bound = found.get("user_ids")
    lines = {
        "server": client.url,
        "token": found.get("name") or "none; the server lets everybody in",
        "may": ", ".join(map(str, found.get("scopes", []))),
        "users": "all" if bound is None else " ".join(map(str, bound)),
        "desk of": args.desk_user or "nobody",
    }
    for name, value in lines.items():
        console.print(f"{name:8} {safe(str(value))}", markup=False, soft_wrap=True)
    return 0
