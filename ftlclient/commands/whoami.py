"""Show the server and what the token permits there."""

import argparse

from rich.console import Console

from ftlclient.api import answers
from ftlclient.commands._session import connect
from ftlcommon.terminal import safe

EXAMPLE = "ftlclient whoami"


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    pass


def handle(args: argparse.Namespace, console: Console) -> int:
    with connect(args) as client:
        answer = client.request("GET", "/api/whoami/")
    answers.check(answer, answers.WHOAMI)
    bound = answer.get("user_ids")
    lines = {
        "server": client.url,
        "token": answer.get("name") or "none needed",
        "permits": ", ".join(answer.get("scopes", [])),
        "users": "all" if bound is None else " ".join(bound),
        "default user": args.default_user or "none",
    }
    for name, value in lines.items():
        console.print(f"{name:12} {safe(value)}", markup=False, soft_wrap=True)
    return 0
