"""Make, list, change and delete teams.

A token that is bound to a team gives access to its members: adding a member widens those tokens.
"""

import argparse
import sys

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ftlcommon.terminal import safe
from ftlserver.commands._names import team_id_of, user_ids_of
from ftlserver.commands._undo import say_undo
from ftlserver.config import Config
from ftlserver.domain.team import Team
from ftlserver.domain.user import REAL_NAME_RULE, USER_ID_RULE, is_real_name, is_user_id
from ftlserver.storage import Storage


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(metavar="ACTION", required=True, title="actions", dest="action")
    create = actions.add_parser("create", help="make a team")
    create.add_argument("id", metavar="ID", type=_id)
    create.add_argument("--name", type=_name, help="its name for people (default: the id)")
    create.add_argument(
        "users", metavar="USER", nargs="*", help="a member: an id, a name, or a unique part of either"
    )
    actions.add_parser("list", help="list the teams")
    show = actions.add_parser("show", help="list the members of a team")
    add = actions.add_parser("add", help="add members to a team")
    remove = actions.add_parser("remove", help="remove members from a team")
    rename = actions.add_parser("rename", help="change the name of a team; its id stays")
    delete = actions.add_parser("delete", help="delete a team; its members and their periods stay")
    for action in (show, add, remove, rename, delete):
        action.add_argument("team", metavar="TEAM", help="an id, a name, or a unique part of either")
    for action in (add, remove):
        action.add_argument("users", metavar="USER", nargs="+", help="an id, a name, or a unique part of either")
    rename.add_argument("name", metavar="NAME", type=_name)


def handle(args: argparse.Namespace, config: Config) -> int:
    with Storage.open(config.database, create=args.action == "create") as storage:
        _ACTIONS[args.action](args, storage)
    return 0


def _create(args: argparse.Namespace, storage: Storage) -> None:
    user_ids = user_ids_of(storage, args.users)
    made = storage.teams.add(Team(args.id, args.name or args.id), user_ids)
    print(f"team {args.id} has {_counted(len(set(user_ids)), 'member')}")
    say_undo(made.change)


def _list(_args: argparse.Namespace, storage: Storage) -> None:
    teams = storage.teams.all()
    if not teams:
        print("ftlserver: there is no team; make one with: ftlserver team create ID USER ...", file=sys.stderr)
        return
    _print(
        [("Id", "left"), ("Name", "left"), ("Members", "right")],
        [(t.id, t.name, f"{size:,}") for t, size in teams],
    )


def _show(args: argparse.Namespace, storage: Storage) -> None:
    user_ids = storage.teams.member_ids(team_id_of(storage, args.team)) or []
    users = storage.users.find_many(user_ids)
    _print([("Id", "left"), ("Name", "left"), ("Zone", "left")], [(u.id, u.real_name, u.tz) for u in users])


def _add(args: argparse.Namespace, storage: Storage) -> None:
    team_id = team_id_of(storage, args.team)
    change = storage.teams.change(team_id, add=user_ids_of(storage, args.users))
    print(f"added {_counted(change.added, 'member')} to {team_id}{_widened(change.widened_tokens)}")
    say_undo(change.change)


def _remove(args: argparse.Namespace, storage: Storage) -> None:
    team_id = team_id_of(storage, args.team)
    change = storage.teams.change(team_id, remove=user_ids_of(storage, args.users))
    print(f"removed {_counted(change.removed, 'member')} from {team_id}")
    say_undo(change.change)


def _rename(args: argparse.Namespace, storage: Storage) -> None:
    team_id = team_id_of(storage, args.team)
    change = storage.teams.change(team_id, name=args.name)
    print(f"team {team_id} is now called {safe(args.name)}")
    say_undo(change.change)


def _delete(args: argparse.Namespace, storage: Storage) -> None:
    team_id = team_id_of(storage, args.team)
    tokens, change = storage.teams.delete(team_id)
    lost = f"; {_counted(tokens, 'token')} of it can see no one now" if tokens else ""
    print(f"team {team_id} is deleted{lost}")
    say_undo(change)


_ACTIONS = {
    "create": _create,
    "list": _list,
    "show": _show,
    "add": _add,
    "remove": _remove,
    "rename": _rename,
    "delete": _delete,
}


def _widened(tokens: int) -> str:
    return f"; {_counted(tokens, 'token')} can see more now" if tokens else ""


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _print(columns: list[tuple[str, str]], rows: list[tuple[str, ...]]) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name, justify in columns:
        table.add_column(name, justify=justify, no_wrap=name == "Id")  # type: ignore[arg-type]
    for row in rows:
        table.add_row(*(Text(safe(value)) for value in row))
    console = Console()
    if not console.is_terminal:
        console.width = 1_000  # a pipe has no edge to wrap at
    console.print(table)


def _id(text: str) -> str:
    if not is_user_id(text):
        raise argparse.ArgumentTypeError(USER_ID_RULE)
    return text


def _name(text: str) -> str:
    if not is_real_name(text):
        raise argparse.ArgumentTypeError(REAL_NAME_RULE)
    return text
