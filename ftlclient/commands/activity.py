"""Show each member's periods of activity, on the member's own clock."""

import argparse
import csv
import json
import sys
from collections.abc import Iterable

from rich.console import Console

from ftlclient import clock
from ftlclient.client import Client
from ftlclient.commands.ids import read_ids
from ftlclient.commands.output import add_picture_arguments, show
from ftlclient.text import escaped, safe
from ftlclient.views import activity

NOBODY = 3

EXAMPLE = "ftlclient activity W012A3CDE W07QCRPA4"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "ids", metavar="ID", nargs="+", help="a user id; @FILE reads ids from a file, - from stdin"
    )
    parser.add_argument(
        "--format",
        choices=["table", "json", "csv"],
        default="table",
        help="json is the server's answer, csv a row per period (default: %(default)s)",
    )
    add_picture_arguments(parser)


def handle(args: argparse.Namespace, console: Console) -> int:
    ids = read_ids(args.ids, sys.stdin)
    with Client(args.url, timeout=args.timeout) as client:
        if args.format == "json":
            answer = client.post("/api/loguseractivity/", {"id_list": ids})
            print(escaped(json.dumps(answer, ensure_ascii=False, indent=2)))
            found = {member.get("id") for member in answer["members"]}
        else:
            members = client.log_user_activity(ids)
            found = {member.id for member in members}
            if args.format == "csv":
                writer = csv.writer(sys.stdout, lineterminator="\n")
                writer.writerow(activity.COLUMNS)
                writer.writerows(activity.rows(members))
            elif members:
                show(console, activity.view(members, clock.now()), args)
    _name_the_missing(user_id for user_id in ids if user_id not in found)
    return 0 if found else NOBODY


def _name_the_missing(ids: Iterable[str]) -> None:
    for user_id in ids:
        print(f"ftlclient: nobody has the id {safe(user_id)}", file=sys.stderr)
