"""List, add, change, merge and delete users."""

import argparse
import csv
import json
import sys
from datetime import timedelta
from typing import Any

from ftlcommon.command_line import one_day, take_relative_times
from ftlcommon.terminal import safe
from ftlserver.commands import delete_user, users
from ftlserver.commands._names import user_id_of
from ftlserver.commands._undo import say_undo
from ftlserver.config import Config
from ftlserver.domain import instants, time_formats, timezones
from ftlserver.domain.token import EVERYTHING
from ftlserver.domain.user import User, UserSummary
from ftlserver.storage import Storage


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(metavar="ACTION", required=True, title="actions", dest="action")
    listing = actions.add_parser("list", help="list the users, with their periods and last activity")
    listing.add_argument("--format", choices=["table", "json", "csv"], default="table")
    add = actions.add_parser("add", help="add a user")
    add.add_argument("id", metavar="ID")
    add.add_argument("name", metavar="NAME", help="the real name")
    add.add_argument("zone", metavar="ZONE", help="an IANA time zone, such as Europe/Berlin")
    rename = actions.add_parser("rename", help="change the name; the id stays")
    rename.add_argument("id", metavar="ID")
    rename.add_argument("name", metavar="NAME")
    zone = actions.add_parser("zone", help="change the time zone; recorded times stay as they are")
    zone.add_argument("id", metavar="ID")
    zone.add_argument("zone", metavar="ZONE")
    merge = actions.add_parser("merge", help="move the periods of a user to another, and keep the id as an alias")
    merge.add_argument("id", metavar="FROM")
    merge.add_argument("into", metavar="INTO")
    leave = actions.add_parser("leave", help="mark a user as gone; their activity stays")
    leave.add_argument("id", metavar="ID")
    take_relative_times(leave)
    leave.add_argument("--on", metavar="DAY", type=one_day, help="the last day (default: until now)")
    leave.add_argument("--cancel", action="store_true", help="they are back")
    delete = actions.add_parser("delete", help="delete a user and all their periods; this cannot be undone")
    delete.add_argument("id", metavar="ID")
    delete.add_argument("--yes", action="store_true", help="do not ask")


def handle(args: argparse.Namespace, config: Config) -> int:
    with Storage.open(config.database, create=args.action == "add") as storage:
        if "id" in args and args.action != "add" and not getattr(args, "yes", False):
            args.id = user_id_of(storage, args.id)  # without a question only an exact id is deleted
        if args.action == "merge":
            args.into = user_id_of(storage, args.into)
        return int(_ACTIONS[args.action](args, storage))


def _list(args: argparse.Namespace, storage: Storage) -> int:
    summaries = storage.users.summaries()
    if args.format == "table":
        users.show(summaries)
    elif args.format == "json":
        print(json.dumps([_to_json(summary) for summary in summaries]))
    else:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(["id", "real_name", "tz", "periods", "last_active_at", "left_at"])
        for summary in summaries:
            writer.writerow([safe(str(value or "")) for value in _to_json(summary).values()])
    return 0


def _to_json(summary: UserSummary) -> dict[str, Any]:
    last = summary.last_active_at
    at = None if last is None else time_formats.iso(last, summary.last_offset)
    user = {"id": summary.user.id, "real_name": summary.user.real_name, "tz": summary.user.tz}
    left_at = None if summary.left_at is None else time_formats.utc(summary.left_at)
    return {**user, "periods": summary.periods, "last_active_at": at, "left_at": left_at}


def _add(args: argparse.Namespace, storage: Storage) -> int:
    change = storage.users.add_new([User(args.id, args.name, args.zone)])
    return _done(f"added {args.id}, {args.name}, {args.zone}", change)


def _rename(args: argparse.Namespace, storage: Storage) -> int:
    User(args.id, args.name, "UTC")
    user, change = storage.users.change(args.id, {"real_name": args.name, "guessed": False})
    return _done(f"{user.id} is now {user.real_name}", change)


def _zone(args: argparse.Namespace, storage: Storage) -> int:
    timezones.zone(args.zone)
    user, change = storage.users.change(args.id, {"tz": args.zone, "guessed": False})
    return _done(f"{user.id} is now in {user.tz}", change)


def _merge(args: argparse.Namespace, storage: Storage) -> int:
    merged = storage.merging.merge(args.id, args.into, EVERYTHING)
    status = _done(
        f"{args.id} is now {args.into}: {merged.periods:,} periods moved, {merged.known:,} of them already known",
        merged.change,
    )
    if merged.teams:
        print(f"ftlserver: {args.id} was in {', '.join(merged.teams)}; {args.into} was not added", file=sys.stderr)
    return status


def _leave(args: argparse.Namespace, storage: Storage) -> int:
    user = storage.users.get(args.id)
    if args.cancel:
        left_at, message = None, f"{user.id} has not left"
    else:
        left_at = instants.now()
        if args.on is not None:
            left_at = timezones.day_start(args.on + timedelta(days=1), user.zone)
        verb = "left" if left_at <= instants.now() else "leaves"
        message = f"{user.id} {verb} on {timezones.date_at(left_at - 1, user.zone)}; their activity stays"
    _, change = storage.users.change(user.id, {"left_at": left_at}, action="leave")
    return _done(message, change)


def _delete(args: argparse.Namespace, storage: Storage) -> int:
    return delete_user.delete(storage, args.id, ask=not args.yes)


_ACTIONS = {
    "list": _list,
    "add": _add,
    "rename": _rename,
    "zone": _zone,
    "merge": _merge,
    "leave": _leave,
    "delete": _delete,
}


def _done(message: str, change: int | None) -> int:
    print(safe(message))
    say_undo(change)
    return 0
