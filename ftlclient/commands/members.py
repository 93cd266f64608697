"""List members and their local time, except for those who left (--all shows them too)."""

import argparse
from typing import Any

from rich.console import Console, RenderableType

from ftlclient.api import answers
from ftlclient.commands import _question
from ftlclient.views import members
from ftlcommon import drawing

EXAMPLE = "ftlclient members --all"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    _question.add_common_arguments(parser)
    parser.set_defaults(default_members="all")


def handle(args: argparse.Namespace, console: Console) -> int:
    def present(answer: dict[str, Any]) -> dict[str, Any]:
        """Return the answer about those who have not left."""
        return answer if args.all else {**answer, "members": [m for m in answer["members"] if "left_at" not in m]}

    def view(answer: dict[str, Any]) -> RenderableType:
        shown = present(answer)
        left = len(answer["members"]) - len(shown["members"])
        return members.view(shown, is_sorted=args.sort is not None, left=left)

    question = _question.Question(
        "presence",
        answers.PRESENCE,
        view,
        "Members",
        lambda answer, heading: drawing.board(present(answer), heading),
        members.COLUMNS,
        lambda answer: members.rows(present(answer)),
    )
    return _question.run(question, args, console)
