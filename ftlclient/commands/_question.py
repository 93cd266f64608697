"""What the questions share: members and window, output formats, and exit status."""

import argparse
import csv
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.measure import Measurement
from rich.text import Text

from ftlclient import time_ranges
from ftlclient.api import answers
from ftlclient.api.client import Client
from ftlclient.commands import _window
from ftlclient.commands._completion import complete_zones
from ftlclient.commands._members import Members, add_member_arguments
from ftlclient.commands._pictures import add_picture_arguments, write_pictures
from ftlclient.commands._session import connect
from ftlclient.errors import ClientError, ConfigError, unusable
from ftlclient.time_expressions import NAMED_RANGES, sent
from ftlcommon.command_line import seconds, take_relative_times
from ftlcommon.terminal import escaped, safe

NO_MEMBERS = 3  # the exit status

_UNLIMITED = 10_000

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
    add_member_arguments(parser)
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
    add_picture_arguments(group)


def add_window_arguments(parser: argparse.ArgumentParser, default: str | None, *, zone: str) -> None:
    take_relative_times(parser)
    group = parser.add_argument_group("when")
    group.add_argument(
        "--from",
        metavar="TIME",
        dest="from_",
        help="the start: 2026-11-16, monday, yesterday 9am, -7d, 2023-05 (its first instant), ...",
    )
    group.add_argument(
        "--to", metavar="TIME", help="the end, included if it is a day, a month or a year (default: now)"
    )
    group.add_argument("--on", metavar="DAY", help="one day: 2026-11-16, yesterday, last monday, ...")
    named = group.add_argument(
        "--range",
        metavar="RANGE",
        help=f"{', '.join(NAMED_RANGES)}, 2w, 2023-05, 2023, ... (default: {default or 'everything'})",
    )
    named.completer = lambda **_: NAMED_RANGES  # type: ignore[attr-defined]  # for argcomplete
    parser.set_defaults(default_range=default)
    add_zone_argument(parser, zone)


def add_zone_argument(parser: argparse.ArgumentParser, default: str) -> None:
    tz = parser.add_argument(
        "--tz",
        metavar="ZONE",
        default=default,
        help="the time zone to show: an IANA name, local (this machine's) or member (each member's own; "
        "default: %(default)s)",
    )
    tz.completer = complete_zones  # type: ignore[attr-defined]


def zone_name(args: argparse.Namespace) -> str | None:
    """Return the name of the requested zone, or None for each member's own."""
    if args.tz == "member":
        return None
    return time_ranges.local_zone() if args.tz == "local" else str(args.tz)


def window(args: argparse.Namespace) -> Answer:
    """Return the request fields ``from``, ``to`` and ``tz``; raise ConfigError."""
    name = zone_name(args)
    edges = dict(zip(("from", "to"), _window.edges(args, name), strict=True))
    tz = {} if name is None else {"tz": name}
    return {key: sent(edge) for key, edge in edges.items() if edge is not None} | tz


def run(question: Question, args: argparse.Namespace, console: Console) -> int:
    """Ask the question, show the answer, report unknown members, and return the exit status."""
    members = Members(args, sys.stdin)
    if args.format != "table" and (args.svg or args.html):
        raise ConfigError("pictures show the table; drop --format")
    with connect(args) as client:
        if args.watch:
            return _watch(question, members, args, client, console)
        if args.format == "json":
            document = question.document if question.plain is None else question.plain
            answer = members.ask(client, question.name, document)
            if answer is not None:
                print(escaped(_json(answer)))
        else:
            answer = members.ask(client, question.name, question.document)
            if answer is not None:
                answers.check(answer, question.shape)
                _show(question, answer, args, console)
    unknown = list(members.unknown(answer))
    for sentence in unknown:
        print(f"ftlclient: {safe(sentence)}", file=sys.stderr)
    if answer is None or not (answer["members"] or "omitted" in answer):
        return NO_MEMBERS
    return NO_MEMBERS if unknown and not answer["members"] else 0


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
    elif answer["members"]:
        view = question.view(answer)
        # A pipe has no width to wrap at, unless COLUMNS gives one.
        if not (console.is_terminal or "COLUMNS" in os.environ) and hasattr(view, "__rich_measure__"):
            unlimited = console.options.update(max_width=_UNLIMITED)
            console.width = max(console.width, Measurement.get(console, unlimited, view).maximum)
        console.print(view)
        write_pictures(view, args)


def _watch(
    question: Question, members: Members, args: argparse.Namespace, client: Client, console: Console
) -> int:
    """Show the answer again and again, also after the server was unavailable for a while."""
    if args.format != "table" or not console.is_terminal:
        raise ConfigError("--watch draws on a terminal; drop --format, or the pipe")
    view: RenderableType = Text("waiting for the server ...")
    with Live(console=console, screen=True, auto_refresh=False) as live:
        try:
            while True:
                try:
                    answer = members.ask(client, question.name, question.document)
                    if answer is None:
                        raise ConfigError("; ".join(members.unknown(answer)))
                    answers.check(answer, question.shape)
                    view = question.view(answer)
                    state = Text(f"{time_ranges.now().astimezone():%H:%M:%S}, again in {args.watch:g} s", "dim")
                except ConfigError:
                    raise
                except ClientError as exc:
                    state = Text(f"{time_ranges.now().astimezone():%H:%M:%S}, {safe(str(exc))}", "yellow")
                live.update(Group(view, state), refresh=True)
                time.sleep(args.watch)
        except KeyboardInterrupt:
            return 0
