"""List teams; make, change and delete them with a token of the scope admin.

A token that is bound to a team gives access to its members: adding a member widens those tokens.
"""

import argparse
import sys
from typing import Any
from urllib.parse import quote

from rich.console import Console

from ftlclient.api import answers
from ftlclient.api.client import Client
from ftlclient.commands import _session
from ftlclient.commands._completion import complete_members, complete_teams
from ftlclient.commands._names import Names
from ftlclient.commands._session import connect
from ftlclient.views import team
from ftlcommon.terminal import safe

EXAMPLE = "ftlclient team add backend egon jonas"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(metavar="ACTION", required=True, title="actions", dest="action")
    actions.add_parser("list", help="list the teams")
    show = actions.add_parser("show", help="list the members of a team")
    create = actions.add_parser("create", help="make a team")
    create.add_argument("id", metavar="ID")
    create.add_argument("--name", help="its name for people (default: the id)")
    add = actions.add_parser("add", help="add members to a team")
    remove = actions.add_parser("remove", help="remove members from a team")
    rename = actions.add_parser("rename", help="change the name of a team; its id stays")
    delete = actions.add_parser("delete", help="delete a team; its members and their periods stay")
    for action in (show, add, remove, rename, delete):
        named = action.add_argument("team", metavar="TEAM", help="an id, a name, or a unique part of either")
        named.completer = complete_teams  # type: ignore[attr-defined]
    for action, count in ((create, "*"), (add, "+"), (remove, "+")):
        members = action.add_argument(
            "members", metavar="MEMBER", nargs=count, help="an id, a name, or a unique part of either"
        )
        members.completer = complete_members  # type: ignore[attr-defined]
    rename.add_argument("name", metavar="NAME")


def handle(args: argparse.Namespace, console: Console) -> int:
    with connect(args) as client:
        names = Names(client)
        if args.action == "list":
            _list(client, console)
            return 0
        if args.action == "create":
            _create(args, client, names)
            return 0
        path = f"/api/teams/{quote(names.team(args.team), safe='')}/"
        if args.action == "show":
            console.print(team.members(_team(client.request("GET", path))))
        elif args.action == "delete":
            answer = client.request("DELETE", path)
            _session.note_change(client, answer, {})
            answers.check(answer, {"bound_tokens": answers.COUNT})
            lost = f"; {_counted(answer['bound_tokens'], 'token')} of it can see no one now"
            print(f"the team is deleted{lost if answer['bound_tokens'] else ''}")
        else:
            _change(args, client, names, path)
    return 0


def _list(client: Client, console: Console) -> None:
    answer = client.request("GET", "/api/teams/")
    answers.check(answer, answers.TEAMS)
    if answer["teams"]:
        console.print(team.teams(answer))
    else:
        print("ftlclient: there is no team; an admin makes one with: ftlclient team create", file=sys.stderr)


def _create(args: argparse.Namespace, client: Client, names: Names) -> None:
    document = {"id": args.id, "name": args.name or args.id}
    if user_ids := _user_ids(args, names):
        document["members"] = user_ids
    answer = client.post("/api/teams/", document)
    _session.note_change(client, answer, {})
    made = _team(answer)
    print(f"team {safe(made['id'])} has {_counted(len(made['members']), 'member')}")


def _change(args: argparse.Namespace, client: Client, names: Names, path: str) -> None:
    changes = {"name": args.name} if args.action == "rename" else {args.action: _user_ids(args, names)}
    answer = client.request("PATCH", path, changes)
    _session.note_change(client, answer, {})
    changed = _team(answer)
    answers.check(answer, {"added": answers.COUNT, "removed": answers.COUNT, "widened_tokens": answers.COUNT})
    id_ = safe(changed["id"])
    widened = answer["widened_tokens"]
    print(
        {
            "rename": f"team {id_} is now called {safe(changed['name'])}",
            "add": f"added {_counted(answer['added'], 'member')} to {id_}"
            + (f"; {_counted(widened, 'token')} can see more now" if widened else ""),
            "remove": f"removed {_counted(answer['removed'], 'member')} from {id_}",
        }[args.action]
    )


def _team(answer: dict[str, Any]) -> dict[str, Any]:
    answers.check(answer, answers.TEAM)
    found: dict[str, Any] = answer["team"]
    return found


def _user_ids(args: argparse.Namespace, names: Names) -> list[str]:
    texts = (text.strip() for member in args.members for text in member.split(","))
    return list(dict.fromkeys(names.known_member(text) for text in texts if text))


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
