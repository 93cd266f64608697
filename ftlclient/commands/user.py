"""Add, change, merge and delete members; this takes a token with the scope admin."""

import argparse
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from rich.console import Console

from ftlclient import time_ranges
from ftlclient.api.client import Client
from ftlclient.commands import _session
from ftlclient.errors import ConfigError
from ftlcommon.command_line import one_day, take_relative_times
from ftlcommon.terminal import safe

EXAMPLE = "ftlclient user add ada 'Ada Lovelace' Europe/London"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(metavar="ACTION", required=True, title="actions", dest="action")

    def action(name: str, help_: str, *arguments: str) -> argparse.ArgumentParser:
        added: argparse.ArgumentParser = actions.add_parser(name, help=help_)
        for argument in arguments:
            added.add_argument(argument.lower(), metavar=argument)
        return added

    action("add", "add a member", "ID", "NAME", "ZONE")
    action("rename", "change the name; the id stays", "ID", "NAME")
    action("zone", "change the time zone; recorded times stay as they are", "ID", "ZONE")
    action("merge", "move the periods of a member to another, and keep the id as an alias", "ID", "INTO")
    leave = action("leave", "mark a member as gone; their activity stays", "ID")
    take_relative_times(leave)
    leave.add_argument("--on", metavar="DAY", type=one_day, help="the last day (default: until now)")
    leave.add_argument("--cancel", action="store_true", help="they are back")
    delete = action("delete", "delete a member and all their periods; this cannot be undone", "ID")
    delete.add_argument("--yes", action="store_true", help="do not ask")


def handle(args: argparse.Namespace, console: Console) -> int:
    with _session.connect(args) as client:
        is_unasked = args.action == "delete" and args.yes  # then only an exact id is deleted
        if args.action != "add" and not is_unasked:
            args.id = _session.find_user(client, args.id)
        if args.action == "merge":
            args.into = _session.find_user(client, args.into)
        if args.action == "delete" and not args.yes and not _confirmed(client, args.id):
            print("ftlclient: nothing was deleted", file=sys.stderr)
            return 1
        answer = _ACTIONS[args.action](client, args)
        _session.note_change(client, answer, {"user_id": args.id})
    done = args.action
    if done == "leave" and args.cancel:
        done = "back"
    elif done == "leave" and args.on and args.on > time_ranges.now().date():
        done = "leave later"
    console.print(safe(_DONE[done].format(args=args, answer=answer)), markup=False, soft_wrap=True)
    return 0


def _add(client: Client, args: argparse.Namespace) -> dict[str, Any]:
    return client.post("/api/users/", {"id": args.id, "real_name": args.name, "tz": args.zone})


def _rename(client: Client, args: argparse.Namespace) -> dict[str, Any]:
    return client.request("PATCH", _path(args.id), {"real_name": args.name})


def _zone(client: Client, args: argparse.Namespace) -> dict[str, Any]:
    return client.request("PATCH", _path(args.id), {"tz": args.zone})


def _merge(client: Client, args: argparse.Namespace) -> dict[str, Any]:
    return client.post(f"{_path(args.id)}merge/", {"into": args.into})


def _leave(client: Client, args: argparse.Namespace) -> dict[str, Any]:
    left_at = None
    if args.on:
        left_at = time_ranges.day_after(args.on).isoformat()
    elif not args.cancel:
        left_at = f"{time_ranges.now():%Y-%m-%dT%H:%M:%SZ}"
    return client.request("PATCH", _path(args.id), {"left_at": left_at})


def _delete(client: Client, args: argparse.Namespace) -> dict[str, Any]:
    return client.request("DELETE", _path(args.id))


_ACTIONS: dict[str, Callable[[Client, argparse.Namespace], dict[str, Any]]] = {
    "add": _add,
    "rename": _rename,
    "zone": _zone,
    "merge": _merge,
    "leave": _leave,
    "delete": _delete,
}
_DONE = {
    "add": "added {args.id}, {args.name}, {args.zone}",
    "rename": "{args.id} is now {args.name}",
    "zone": "{args.id} is now in {args.zone}",
    "merge": "{args.id} is now {args.into}: {answer[periods]} periods moved",
    "leave": "{args.id} is marked as having left; their activity stays",
    "leave later": "{args.id} is marked as leaving on {args.on}; their activity stays",
    "back": "{args.id} has not left",
    "delete": "deleted {args.id}",
}


def _path(user_id: str) -> str:
    return f"/api/users/{quote(user_id, safe='')}/"


def _confirmed(client: Client, user_id: str) -> bool:
    if not sys.stdin.isatty():
        raise ConfigError("there is no terminal to ask on; say --yes to delete without asking")
    name = safe(str(client.request("GET", _path(user_id))["member"]["real_name"]))
    print("ftlclient: this cannot be undone; to keep a copy: ftlclient export --output FILE", file=sys.stderr)
    print(f'Delete "{user_id}" ({name}) and all their activity? [y/N] ', end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
