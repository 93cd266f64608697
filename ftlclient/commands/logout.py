"""Remove the server and the token that login saved. The token itself stays valid until it is revoked."""

import argparse

from rich.console import Console

from ftlclient.config import login_file

EXAMPLE = "ftlclient logout"


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    pass


def handle(_args: argparse.Namespace, console: Console) -> int:
    path = login_file()
    was_there = path.exists()
    path.unlink(missing_ok=True)
    console.print("logged out" if was_there else "not logged in")
    return 0
