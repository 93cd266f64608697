"""What the questions share: members and window, output formats, and exit status."""

import argparse
import csv
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.measure import Measurement
from rich.text import Text

from ftlclient import time_ranges
from ftlclient.api import answers
from ftlclient.api.client import Client
from ftlclient.commands import _pager
from ftlclient.commands._members import read_ids
from ftlclient.commands._pictures import add_picture_arguments, check_names, write_pictures
from ftlclient.commands._session import connect
from ftlclient.commands._watch import watch
from ftlclient.errors import ConfigError, unusable
from ftlclient.views.formatting import omitted_words
from ftlcommon.command_line import iso_date, seconds
from ftlcommon.terminal import escaped, safe

NO_MEMBERS = 3  # the exit status

_UNLIMITED = 10_000
_NO_ONE = (
    "there are no members yet; import some where the server runs (ftlserver import git .), "
    "or add one (ftlclient user add)"
)

Answer = dict[str, Any]


@dataclass(frozen=True)
class Question:
    """A question to the server, and how to show its answer.

    *view* makes a renderable of an answer in that *shape*, *rows* makes rows of *columns*. *document* holds the
    fields of the request beside the members; *plain*, if not None, replaces it for ``--format json``.
    """

    name: str
    shape: answers.Shape
    view: Callable[[Answer], RenderableType]
    columns: Sequence[str]
    rows: Callable[[Answer], Iterable[Sequence[str]]]
    document: Answer = field(default_factory=dict)
    plain: Answer | None = None


def add_common_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the members and the output, which all questions have."""
    parser.add_argument(
        "ids", metavar="ID", nargs="*", help="a user id; @FILE reads ids from a file, - from standard input"
    )
    parser.add_argument("--all", action="store_true", help="all members")
    group = parser.add_argument_group("output")
    group.add_argument(
        "--format",
        choices=["table", "json", "csv"],
        default="table",
        help="json is the server's answer, csv has one row per item (default: %(default)s)",
    )
    group.add_argument(
        "--watch", metavar="SECONDS", type=seconds(0.1, 86_400), help="refresh at this interval until Ctrl-C"
    )
    group.add_argument(
        "--no-pager", action="store_true", help="print a long table at once (PAGER names the pager; default: less)"
    )
    add_picture_arguments(group)


def add_window_arguments(parser: argparse.ArgumentParser, default: str | None, *, zone: str) -> None:
    group = parser.add_argument_group("when")
    group.add_argument("--from", metavar="TIME", dest="from_", help="a date, or a time such as 2026-11-16T09:00")
    group.add_argument("--to", metavar="TIME", help="the end, not included (default: now)")
    group.add_argument("--on", metavar="DATE", type=iso_date, help="one day")
    group.add_argument(
        "--range",
        choices=time_ranges.RANGES,
        default=None,
        metavar="NAME",
        help=f"{', '.join(time_ranges.RANGES)} (default: {default or 'everything'})",
    )
    parser.set_defaults(default_range=default)
    add_zone_argument(parser, zone)


def add_zone_argument(parser: argparse.ArgumentParser, default: str) -> None:
    parser.add_argument(
        "--tz",
        metavar="ZONE",
        default=default,
        help="the time zone to show: an IANA name, local (this machine's) or member (each member's own; "
        "default: %(default)s)",
    )


def zone_name(args: argparse.Namespace) -> str | None:
    """Return the name of the requested zone, or None for each member's own."""
    if args.tz == "member":
        return None
    return time_ranges.local_zone() if args.tz == "local" else str(args.tz)


def zone(args: argparse.Namespace) -> time_ranges.Zone | None:
    """Return the requested zone; None for each member's own, or one that is unknown here."""
    name = zone_name(args)
    return None if name is None else time_ranges.zone(name)


def window(args: argparse.Namespace) -> Answer:
    """Return the request fields ``from``, ``to`` and ``tz``; raise ConfigError for contradicting options."""
    given = [name for name in ("on", "range") if getattr(args, name)] + (
        ["from and --to"] if args.from_ or args.to else []
    )
    if len(given) > 1:
        raise ConfigError(f"--{given[0]} and --{given[1]} cannot be combined; drop one")
    name = zone_name(args)
    tz = {} if name is None else {"tz": name}
    if args.from_ or args.to:
        edges = {"from": args.from_, "to": args.to}
        return {key: value for key, value in edges.items() if value} | tz
    if args.on:
        return {"from": args.on.isoformat(), "to": time_ranges.day_after(args.on).isoformat()} | tz
    range_ = args.range or args.default_range
    if range_ is None:
        return tz
    first, after = time_ranges.range_of(range_, _today(name))
    return {"from": first.isoformat(), "to": after.isoformat()} | tz


def _today(name: str | None) -> date:
    """Return today's date in the zone with that name; None is this machine's."""
    tz = time_ranges.zone(name or time_ranges.local_zone())
    if tz is None:
        raise ConfigError(f"--tz: {name} is not an IANA time zone name, such as Europe/Berlin")
    return time_ranges.now().astimezone(tz).date()


def run(question: Question | Callable[[bool], Question], args: argparse.Namespace, console: Console) -> int:
    """Ask the question, show the answer, report unknown members, and return the exit status.

    *question* may depend on whether it is about one member: then it makes the question of that.
    """
    members = _members(args)
    if args.format != "table" and (args.svg or args.html):
        raise ConfigError("pictures show the table; drop --format")
    check_names(args)
    if not isinstance(question, Question):
        question = question(len(members.get("id_list", ())) == 1)
    with connect(args) as client:
        if args.watch:
            return _watch(question, members, args, client, console)
        if args.format == "json":
            document = question.document if question.plain is None else question.plain
            answer = client.ask(question.name, members | document)
            answers.check(answer, answers.QUESTION)
            print(escaped(_json(answer)))
        else:
            answer = _ask(question, members, client)
            _show(question, answer, args, console)
    for user_id in answer.get("not_found", []):
        print(f"ftlclient: no such member: {safe(str(user_id))}", file=sys.stderr)
    if answer["members"]:
        return 0
    if "all" in members and not answer.get("omitted"):
        print(f"ftlclient: {_NO_ONE}", file=sys.stderr)
    return 0 if answer.get("omitted") else NO_MEMBERS


def _ask(question: Question, members: Answer, client: Client) -> Answer:
    answer = client.ask(question.name, members | question.document)
    answers.check(answer, (answers.QUESTION, question.shape))
    return answer


def _json(answer: Answer) -> str:
    try:
        return json.dumps(answer, ensure_ascii=False, allow_nan=False, indent=2)
    except ValueError:
        raise unusable("it has a number beyond 1e308") from None


def _show(question: Question, answer: Answer, args: argparse.Namespace, console: Console) -> None:
    if args.format == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(question.columns)
        writer.writerows([safe(str(value)) for value in row] for row in question.rows(answer))
    elif answer["members"] or answer.get("omitted"):
        view = _view(question, answer)
        # A pipe has no width to wrap at, unless COLUMNS gives one.
        table = view.renderables[0] if isinstance(view, Group) else view
        if not (console.is_terminal or "COLUMNS" in os.environ) and hasattr(table, "__rich_measure__"):
            unlimited = console.options.update(max_width=_UNLIMITED)
            console.width = max(console.width, Measurement.get(console, unlimited, table).maximum)
        _pager.show(view, console, with_pager=not args.no_pager)
        write_pictures(view, args)


def _view(question: Question, answer: Answer) -> RenderableType:
    """Return the answer as it is drawn, and below it who was left out."""
    left_out = omitted_words(answer)
    if not answer["members"]:
        return left_out or Text("no members", "italic")
    view = question.view(answer)
    return Group(view, left_out) if left_out else view


def _watch(question: Question, members: Answer, args: argparse.Namespace, client: Client, console: Console) -> int:
    """Show the answer again and again."""
    if args.format != "table" or not console.is_terminal:
        raise ConfigError("--watch draws on a terminal; drop --format, or the pipe")
    return watch(lambda: _view(question, _ask(question, members, client)), args.watch, console)


def _members(args: argparse.Namespace) -> Answer:
    if args.all and args.ids:
        raise ConfigError("--all includes every member; drop it, or the ids")
    if not args.all and not args.ids:
        raise ConfigError("name at least one member, or use --all")
    return {"all": True} if args.all else {"id_list": read_ids(args.ids, sys.stdin)}
