"""Take back what was recorded last from this machine, and by the next undo what was recorded before.

With the number of a change, take back that one. Of an import, what a later change extended further is kept.
"""

import argparse
from collections.abc import Iterator
from typing import Any

from rich.console import Console

from ftlclient.api import answers
from ftlclient.api.spool import Spool, SpoolChange
from ftlclient.commands import _session
from ftlclient.config import spool_file
from ftlclient.errors import ConfigError, RefusedError
from ftlcommon.command_line import change_number
from ftlcommon.terminal import safe
from ftlcommon.undo_words import set_back_lines, undone_lines

EXAMPLE = "ftlclient undo"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "change", metavar="CHANGE", nargs="?", type=change_number, help="its number (default: the last one)"
    )


def handle(args: argparse.Namespace, console: Console) -> int:
    spool = Spool(spool_file())
    with _session.connect(args) as client:
        last = spool.last_change(client.url)
        if args.change is None and last is None:
            raise ConfigError("nothing was recorded from here that is not undone; name a change by its number")
        number = args.change or (last.number if last else 0)
        try:
            answer = client.request("POST", f"/api/changes/{number}/undo", {})
        except RefusedError as exc:
            if exc.status == 404:
                spool.forget_change(client.url, number)
            raise
        spool.forget_change(client.url, number)
        answers.check(answer, answers.UNDONE)
    for line in _lines(answer, last if last is not None and last.number == number else None):
        console.print(safe(line), markup=False, soft_wrap=True)
    return 0


def _lines(answer: dict[str, Any], change: SpoolChange | None) -> Iterator[str]:
    """Yield what was undone: in one line if it is about one period."""
    counts = answer["periods"]
    if counts["set_back"] == sum(counts.values()) == 1:
        yield from (f"undone: {line}" for line in set_back_lines(answer))
        return
    yield "undone" if change is None else f"undone: {_described(change)}"
    if change is None or change.periods > 1:
        yield from undone_lines(answer)
        if type(answer.get("change")) is int:
            yield f"take this back with: ftlclient undo {answer['change']}"


def _described(change: SpoolChange) -> str:
    """Return what a change recorded, for people."""
    first = change.first
    text = " ".join(
        safe(str(first[name])) for name in ("user_id", "start_time", "end_time", "at") if name in first
    )
    return f"{text} and {change.periods - 1:,} more" if change.periods > 1 else text
