"""What the questions share: members and window, output formats, and exit status."""

import argparse
import csv
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.measure import Measurement

from ftlclient import time_ranges
from ftlclient.api import answers
from ftlclient.api.client import Client
from ftlclient.commands import _calendars, _pager, _window
from ftlclient.commands._completion import complete_zones
from ftlclient.commands._members import Members, add_member_arguments
from ftlclient.commands._pictures import add_picture_arguments, check_pictures, is_wanted, write_pictures
from ftlclient.commands._session import connect
from ftlclient.commands._watch import watch
from ftlclient.errors import ConfigError, unusable
from ftlclient.time_expressions import NAMED_RANGES, sent
from ftlclient.views._heading import no_activity
from ftlclient.views.formatting import omitted_words
from ftlcommon import zones
from ftlcommon.command_line import seconds, take_relative_times
from ftlcommon.drawing import Heading, Picture
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

    *view* makes a renderable of an answer in that *shape*, *picture* a picture below a heading that begins with
    *title*, and *rows* rows of *columns*. *document* holds the fields of the request beside the members; *plain*,
    if not None, replaces it for ``--format json``. *calendar* makes the file of ``--ics``.
    *check_members* raises ConfigError if the question cannot be about so many members that are named.
    """

    name: str
    shape: answers.Shape
    view: Callable[[Answer], RenderableType]
    title: str
    picture: Callable[[Answer, Heading], Picture]
    columns: Sequence[str]
    rows: Callable[[Answer], Iterable[Sequence[str]]]
    document: Answer = field(default_factory=dict)
    plain: Answer | None = None
    check_members: Callable[[int], None] | None = None
    calendar: Callable[[Answer], bytes] | None = None


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
    group.add_argument(
        "--no-pager", action="store_true", help="print a long table at once (PAGER names the pager; default: less)"
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


def zone(args: argparse.Namespace) -> zones.Zone | None:
    """Return the requested zone; None for each member's own, or one that is unknown here."""
    name = zone_name(args) if "tz" in args else None
    return None if name is None else zones.zone(name)


def window(args: argparse.Namespace) -> Answer:
    """Return the request fields ``from``, ``to`` and ``tz``; raise ConfigError."""
    name = zone_name(args)
    edges = dict(zip(("from", "to"), _window.edges(args, name), strict=True))
    tz = {} if name is None else {"tz": name}
    return {key: sent(edge) for key, edge in edges.items() if edge is not None} | tz


def run(question: Question | Callable[[bool], Question], args: argparse.Namespace, console: Console) -> int:
    """Ask the question, show the answer, report unknown members, and return the exit status.

    *question* may depend on whether it is about one member: then it makes the question of that.
    """
    members = Members(args, sys.stdin)
    if args.format != "table" and is_wanted(args):
        raise ConfigError("pictures are drawn beside the table; drop --format")
    check_pictures(args)
    if "ics" in args:
        _calendars.check(args)
    with connect(args) as client:
        if not isinstance(question, Question):
            question = question(members.named == 1)
        if question.check_members is not None:
            question.check_members(members.named)
        if args.watch:
            return _watch(question, members, args, client, console)
        if args.format == "json":
            document = question.document if question.plain is None else question.plain
            answer = members.ask(client, question.name, document)
            if answer is not None:
                print(escaped(_json(answer)))
        else:
            answer = _ask(question, members, client)
            if answer is not None:
                _show(question, answer, args, console, members.team)
        if answer is not None and question.calendar is not None and args.ics is not None:
            answers.check(answer, question.shape)
            _calendars.write(args.ics, question.calendar(answer))
    unknown = list(members.unknown(answer))
    for sentence in unknown:
        print(f"ftlclient: {safe(sentence)}", file=sys.stderr)
    if answer is None or not (answer["members"] or any(answer.get("omitted", {}).values())):
        if not unknown:
            print(f"ftlclient: {members.why_empty or _NO_ONE}", file=sys.stderr)
        return NO_MEMBERS
    return NO_MEMBERS if unknown and not answer["members"] else 0


def _ask(question: Question, members: Members, client: Client) -> Answer | None:
    answer = members.ask(client, question.name, question.document)
    if answer is not None:
        answers.check(answer, question.shape)
    return answer


def _json(answer: Answer) -> str:
    try:
        return json.dumps(answer, ensure_ascii=False, allow_nan=False, indent=2)
    except ValueError:
        raise unusable("it has a number beyond 1e308") from None


def _show(
    question: Question, answer: Answer, args: argparse.Namespace, console: Console, team: str | None
) -> None:
    if args.format == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(question.columns)
        writer.writerows([safe(str(value)) for value in row] for row in question.rows(answer))
    elif answer["members"] or answer.get("omitted"):
        view = _view(question, answer, args)
        # A pipe has no width to wrap at, unless COLUMNS gives one.
        table = view.renderables[0] if isinstance(view, Group) else view
        if not (console.is_terminal or "COLUMNS" in os.environ) and hasattr(table, "__rich_measure__"):
            unlimited = console.options.update(max_width=_UNLIMITED)
            console.width = max(console.width, Measurement.get(console, unlimited, table).maximum)
        _pager.show(view, console, with_pager=not args.no_pager)
        heading = Heading.of(question.title, answer, zone_name(args) if "tz" in args else None, team)
        write_pictures(
            lambda: question.picture(answer, heading), question.columns, lambda: question.rows(answer), args
        )


def _view(question: Question, answer: Answer, args: argparse.Namespace) -> RenderableType:
    """Return the answer as it is drawn, and below it who was left out."""
    view = question.view(answer) if answer["members"] else no_activity(answer, zone(args))
    left_out = omitted_words(answer)
    return Group(view, left_out) if left_out else view


def _watch(
    question: Question, members: Members, args: argparse.Namespace, client: Client, console: Console
) -> int:
    """Show the answer again and again."""
    if args.format != "table" or not console.is_terminal:
        raise ConfigError("--watch draws on a terminal; drop --format, or the pipe")
    if is_wanted(args):
        raise ConfigError("--watch draws on the terminal alone; drop --watch, or the picture")

    def ask() -> RenderableType:
        answer = _ask(question, members, client)
        if answer is None:
            raise ConfigError("; ".join(members.unknown(answer)))
        return _view(question, answer, args)

    return watch(ask, args.watch, console)
