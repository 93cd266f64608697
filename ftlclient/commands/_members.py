"""The members of a question: what a command line names, in the words of a request."""

import argparse
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from ftlclient.api import answers
from ftlclient.api.client import Client
from ftlclient.commands._completion import complete_members, complete_teams
from ftlclient.commands._names import Names
from ftlclient.config import Settings
from ftlclient.errors import ConfigError, RefusedError
from ftlcommon.command_line import number
from ftlcommon.terminal import safe

_ID = re.compile(r"[A-Za-z0-9._@+-]{1,120}")

Answer = dict[str, Any]


def add_member_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the members of a question, and which of them to show."""
    members = parser.add_argument(
        "members",
        metavar="MEMBER",
        nargs="*",
        help="an id, a name, a unique part of either, or me; several with commas between them; @FILE reads them"
        " from a file, - from standard input",
    )
    parser.add_argument("--all", action="store_true", help="all members, also those without activity")
    group = parser.add_argument_group("which members")
    team = group.add_argument(
        "--team", metavar="TEAM", help="the members of a team (default: FTL_TEAM, else that of ftlclient config)"
    )
    group.add_argument(
        "--top", metavar="N", type=number(1, 10_000), help="only the first N, by activity or --sort"
    )
    group.add_argument("--sort", choices=["active", "name", "id"], help="the order of the members")
    group.add_argument(
        "--exclude",
        metavar="PATTERN",
        action="append",
        help="leave out members whose id or name matches, such as 'renovate*'; may be repeated",
    )
    group.add_argument("--empty", action="store_true", help="show members without activity too")
    parser.set_defaults(default_members="active")
    # As argcomplete wants it.
    members.completer = complete_members  # type: ignore[attr-defined]
    team.completer = complete_teams  # type: ignore[attr-defined]


class Members:
    """The members that the arguments of a command name; *stdin* is read if they say so. Raise ConfigError.

    Ids are sent as they are: what the server does not know as an id is looked up as a name, and asked about again.
    """

    def __init__(self, args: argparse.Namespace, stdin: TextIO | None) -> None:
        if args.all and args.members:
            raise ConfigError("--all includes every member; drop it, or the members")
        if args.team and (args.all or args.members):
            raise ConfigError("--team and other members cannot be combined; drop one")
        self._args = args
        self._texts = read_members(args.members, stdin) if args.members else []
        self._ids: dict[str, str] = {}  # by the text that names the member
        self._unknown: dict[str, str] = {}  # a sentence about each text that names none

    @property
    def named(self) -> int:
        """Return how many members are named, none for a team or for all."""
        return len(self._with_me())

    def ask(self, client: Client, question: str, document: Mapping[str, Any]) -> Answer | None:
        """Return the answer to *question* about the members, None if none of them is known.

        Raise ConfigError for a name that may be several, and the errors of ``Client.ask``.
        """
        names = Names(client)
        texts = self._with_me()
        if not texts:
            return self._ask_about_many(client, names, question, document)

        def ask_by_id() -> Answer | None:
            ids = [self._ids.get(text, text) for text in texts if text in self._ids or _ID.fullmatch(text)]
            if not ids:
                return None
            return _ask(client, question, {"id_list": list(dict.fromkeys(ids)), **self._selection(), **document})

        self._look_up(names, [text for text in texts if not _ID.fullmatch(text)])
        try:
            answer = ask_by_id()
        except RefusedError as exc:
            if not (_is_about_others(exc) and self._look_up(names, texts)):
                raise
            return ask_by_id()
        missing = [] if answer is None else answer.get("not_found", [])
        return ask_by_id() if self._look_up(names, [text for text in missing if text in texts]) else answer

    @property
    def why_empty(self) -> str:
        """Return why an answer has no members, if the arguments are the reason."""
        if self._args.exclude:
            return "--exclude leaves no members; drop a pattern"
        team = self.team
        return f"the team {safe(team)} has no members" if team else ""

    @property
    def team(self) -> str | None:
        """Return the team that the question is about, if it is about one."""
        args = self._args
        if self._with_me():
            return None
        return args.team or (None if args.all else os.environ.get("FTL_TEAM") or Settings.load().team)

    def unknown(self, answer: Answer | None) -> Iterator[str]:
        """Yield a sentence about each member who is unknown to the server that gave *answer*."""
        missing = [] if answer is None else answer.get("not_found", [])
        for text in dict.fromkeys((*(text for text in self._unknown if not _ID.fullmatch(text)), *missing)):
            yield self._unknown.get(text, f"no such member: {text}")

    def _with_me(self) -> list[str]:
        me: str | None = self._args.default_user
        is_about_me = self._args.default_members == "me" and not (self._args.all or self._args.team)
        if me is None:
            return self._texts
        return [me if text == "me" else text for text in self._texts] or [me] * is_about_me

    def _ask_about_many(self, client: Client, names: Names, question: str, document: Mapping[str, Any]) -> Answer:
        args = self._args
        team = self.team
        rest = {**self._selection(only_active=not args.all and args.default_members != "all"), **document}
        try:
            return _ask(client, question, {**({"team": team} if team else {"all": True}), **rest})
        except RefusedError as exc:
            if team and (exc.code in ("team_not_found", "invalid_argument") or _is_about_others(exc)):
                args.team = names.team(team)
                if args.team == team:
                    raise
                members: Answer = {"team": args.team}
            elif _is_about_others(exc) and not args.all:
                members = _own_members(client)
            else:
                raise
        return _ask(client, question, {**members, **rest})

    def _selection(self, *, only_active: bool = False) -> Answer:
        """Return the fields that select members, with *only_active* those who were active by default."""
        args = self._args
        by_default = "name" if args.default_members == "all" else "active"
        fields = {
            "active_only": True if only_active and not args.empty else None,
            "order": args.sort or (by_default if only_active or args.top else None),
            "limit": args.top,
            "exclude": args.exclude,
        }
        return {name: value for name, value in fields.items() if value is not None}

    def _look_up(self, names: Names, texts: Iterable[str]) -> bool:
        """Look up whom *texts* name, and tell whether any of them was found; raise ConfigError."""
        found = False
        for text in texts:
            if text in self._ids or text in self._unknown:
                continue
            id_ = names.member(text)
            if id_ is None:
                self._unknown[text] = names.unknown_member(text)
            else:
                self._ids[text] = id_
                found = True
        return found


def _ask(client: Client, question: str, document: Answer) -> Answer:
    answer = client.ask(question, document)
    answers.check(answer, answers.QUESTION)
    return answer


def _own_members(client: Client) -> Answer:
    """Return the members to whom the token is bound, in the words of a request."""
    answer = client.request("GET", "/api/whoami/")
    answers.check(answer, answers.WHOAMI)
    return {"team": answer["team"]} if answer.get("team") else {"id_list": answer.get("user_ids") or []}


def _is_about_others(exc: RefusedError) -> bool:
    """Tell whether the token is bound to other members than those that were asked about."""
    return exc.code == "missing_scope" and exc.answer.get("needed") == "other users"


def read_members(arguments: Sequence[str], stdin: TextIO | None) -> list[str]:
    """Return what *arguments* name members by, each once, in order; raise ConfigError.

    Commas separate members. ``@FILE`` stands for the members in a file and ``-`` for those on *stdin*, with commas
    or white space between them; ``#`` begins a comment.
    """
    found: list[str] = []
    for argument in arguments:
        if argument == "-":
            found += _split(_stdin(stdin))
        elif argument.startswith("@"):
            found += _split(_text(Path(argument[1:])))
        else:
            found += (text.strip() for text in argument.split(","))
    if not any(found):
        raise ConfigError("name at least one member, or use --all")
    return list(dict.fromkeys(text for text in found if text))


def _stdin(stdin: TextIO | None) -> str:
    if stdin is None:
        raise ConfigError("there is no standard input to read members from")
    try:
        return stdin.read()
    except UnicodeDecodeError as exc:
        raise ConfigError("standard input is not text") from exc


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as exc:
        raise ConfigError(f"{path} is not a text file of members") from exc
    except OSError as exc:
        raise ConfigError(f"cannot read {path}: {exc.strerror}") from exc


def _split(text: str) -> list[str]:
    return [word for line in text.splitlines() for word in line.split("#")[0].replace(",", " ").split()]
