"""What all questions have in common: whom and when they are about, and where the answer goes."""

import argparse
import csv
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.measure import Measurement
from rich.text import Text

from ftlclient import clock
from ftlclient.client import Client
from ftlclient.commands.desk import connect
from ftlclient.commands.ids import read_ids
from ftlclient.commands.output import add_picture_arguments, write_pictures
from ftlclient.errors import ClientError, ConfigError, NotThisAPIError
from ftlclient.text import escaped, safe

NOBODY = 3

_ENDLESS = 10_000
# What an answer of another shape makes the views do.
_SHAPE_ERRORS = (LookupError, TypeError, ValueError, AttributeError)

Answer = dict[str, Any]


@dataclass(frozen=True)
class Question:
    """A question to the server, and how to show its answer.

    *view* makes a renderable of an answer, *rows* makes rows of *columns*; *document* is what to ask beside
    the ids, and *plain*, if it differs, what to ask when the answer itself is wanted.
    """

    name: str
    view: Callable[[Answer], RenderableType]
    columns: Sequence[str]
    rows: Callable[[Answer], Iterable[Sequence[str]]]
    document: Answer = field(default_factory=dict)
    plain: Answer | None = None


def add_who_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "ids", metavar="ID", nargs="*", help="a user id; @FILE reads ids from a file, - from stdin"
    )
    parser.add_argument("--all", action="store_true", help="everybody instead")


def add_window_arguments(parser: argparse.ArgumentParser, default: str | None = None) -> None:
    group = parser.add_argument_group("when")
    group.add_argument("--from", metavar="TIME", dest="from_", help="a date, or a time such as 2026-11-16T09:00")
    group.add_argument("--to", metavar="TIME", help="where it ends, itself not included (default: now)")
    group.add_argument("--on", metavar="DATE", type=date_given, help="one day")
    group.add_argument(
        "--range",
        choices=clock.RANGES,
        default=None,
        metavar="NAME",
        help=f"{', '.join(clock.RANGES)} (default: {default or 'everything'})",
    )
    parser.set_defaults(default_range=default)


def add_zone_argument(parser: argparse.ArgumentParser, default: str) -> None:
    parser.add_argument(
        "--tz",
        metavar="ZONE",
        default=default,
        help="whose clock to show: an IANA zone, local (this machine) or member (each one; default: %(default)s)",
    )


def add_output_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("how")
    group.add_argument(
        "--format",
        choices=["table", "json", "csv"],
        default="table",
        help="json is the server's answer, csv a row for each thing (default: %(default)s)",
    )
    group.add_argument("--watch", metavar="SECONDS", type=_interval, help="ask again and again, until Ctrl-C")
    add_picture_arguments(group)


def zone_asked(args: argparse.Namespace) -> str | None:
    """Return the name of the zone to answer in, or None for each member's own."""
    if args.tz == "member":
        return None
    return clock.local_zone() if args.tz == "local" else str(args.tz)


def window_asked(args: argparse.Namespace) -> Answer:
    """Return ``from``, ``to`` and ``tz`` as the options give them; raise ConfigError when they contradict."""
    given = [name for name in ("on", "range") if getattr(args, name)] + (
        ["from and --to"] if args.from_ or args.to else []
    )
    if len(given) > 1:
        raise ConfigError(f"--{given[0]} and --{given[1]} say the same in two ways; drop one")
    name = zone_asked(args)
    tz = {} if name is None else {"tz": name}
    if args.from_ or args.to:
        edges = {"from": args.from_, "to": args.to}
        return {key: value for key, value in edges.items() if value} | tz
    if args.on:
        return {"from": args.on.isoformat(), "to": (args.on + timedelta(days=1)).isoformat()} | tz
    range_ = args.range or args.default_range
    if range_ is None:
        return tz
    first, after = clock.range_of(range_, today(name))
    return {"from": first.isoformat(), "to": after.isoformat()} | tz


def today(name: str | None) -> date:
    """Return the date in the zone called *name*; None is this machine's."""
    tz = clock.zone(name or clock.local_zone())
    if tz is None:
        raise ConfigError(f"--tz: {name} is no IANA time zone name, such as Europe/Berlin")
    return clock.now().astimezone(tz).date()


def run(question: Question, args: argparse.Namespace, console: Console) -> int:
    """Ask, show, name the ids that nobody has; return the exit status."""
    who = _who(args)
    if args.format != "table" and (args.svg or args.html):
        raise ConfigError("pictures are of the table; drop --format")
    with connect(args) as client:
        args.url = client.url
        if args.watch:
            return _watch(question, who, args, client, console)
        if args.format == "json":
            document = question.document if question.plain is None else question.plain
            answer = _checked(client.ask(question.name, who | document), args)
            print(escaped(json.dumps(answer, ensure_ascii=False, indent=2)))
        else:
            answer = _checked(client.ask(question.name, who | question.document), args)
            _show(question, answer, args, console)
    for user_id in answer.get("not_found", []):
        print(f"ftlclient: nobody has the id {safe(str(user_id))}", file=sys.stderr)
    return 0 if answer.get("members") else NOBODY


def _checked(answer: Answer, args: argparse.Namespace) -> Answer:
    members, missing = answer.get("members"), answer.get("not_found", [])
    if not isinstance(members, list) or not isinstance(missing, list):
        raise _another_shape(args)
    return answer


def _another_shape(args: argparse.Namespace) -> NotThisAPIError:
    return NotThisAPIError(f"{args.url} answers in another shape than this ftlclient knows")


def _show(question: Question, answer: Answer, args: argparse.Namespace, console: Console) -> None:
    try:
        if args.format == "csv":
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerow(question.columns)
            writer.writerows([safe(str(value)) for value in row] for row in question.rows(answer))
        elif answer["members"]:
            view = question.view(answer)
            if _is_endless(console) and hasattr(view, "__rich_measure__"):
                endless = console.options.update(max_width=_ENDLESS)
                console.width = max(console.width, Measurement.get(console, endless, view).maximum)
            console.print(view)
            write_pictures(view, args)
    except _SHAPE_ERRORS as exc:
        raise _another_shape(args) from exc


def _is_endless(console: Console) -> bool:
    """Tell whether there is no edge to wrap at: a pipe, and nobody said how wide."""
    return not console.is_terminal and "COLUMNS" not in os.environ


def _watch(question: Question, who: Answer, args: argparse.Namespace, client: Client, console: Console) -> int:
    """Show the answer again and again; a server that is away for a while is waited for."""
    if args.format != "table" or not console.is_terminal:
        raise ConfigError("--watch draws on a terminal; drop --format, or the pipe")
    view: RenderableType = Text("asking ...")
    with Live(console=console, screen=True, auto_refresh=False) as live:
        try:
            while True:
                try:
                    view = question.view(_checked(client.ask(question.name, who | question.document), args))
                    state = Text(f"{clock.now().astimezone():%H:%M:%S}, again in {args.watch:g} s", "dim")
                except ClientError as exc:
                    state = Text(f"{clock.now().astimezone():%H:%M:%S}, {safe(str(exc))}", "yellow")
                live.update(Group(view, state), refresh=True)
                time.sleep(args.watch)
        except KeyboardInterrupt:
            return 0
        except _SHAPE_ERRORS as exc:
            raise _another_shape(args) from exc


def _who(args: argparse.Namespace) -> Answer:
    if args.all and args.ids:
        raise ConfigError("--all is everybody; drop it, or the ids")
    if not args.all and not args.ids:
        raise ConfigError("say whom to ask about: ids, @FILE, - or --all")
    return {"all": True} if args.all else {"id_list": read_ids(args.ids, sys.stdin)}


def date_given(text: str) -> date:
    """Read a date of the command line."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("expected a date such as 2026-11-16") from None


def _interval(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0.1 <= seconds <= 86_400:
        raise argparse.ArgumentTypeError("expected a number of seconds from 0.1")
    return seconds
