"""Look for faults in the database, say what to do about each, and correct those whose correction loses nothing.

With --fix, periods within a longer one are deleted and those that differ by seconds are joined, as one change.
"""

import argparse
import platform
import sys
from collections import defaultdict

from ftlcommon.terminal import safe
from ftlserver import __version__
from ftlserver.commands._undo import say_undo
from ftlserver.config import Config
from ftlserver.domain import instants
from ftlserver.storage import Storage
from ftlserver.storage.doctor import Finding

FOUND = 1  # the exit status
MOST_SHOWN = 10  # of a kind

_FIXABLE = ("contained", "seconds")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--fix", action="store_true", help="correct what can be corrected; this can be undone")
    parser.add_argument("--all", action="store_true", help=f"show every fault, not {MOST_SHOWN} of a kind")


def handle(args: argparse.Namespace, config: Config) -> int:
    with Storage.open(config.database, create=False) as storage:
        facts = {"ftlserver": __version__, "Python": platform.python_version(), **storage.doctor.facts()}
        print(", ".join(f"{name} {value}" for name, value in facts.items()))
        findings = list(storage.doctor.examine(instants.now()))
        if args.fix:
            fixed = storage.doctor.fix()
            findings = [found for found in findings if found.kind not in _FIXABLE]
            if fixed.change is not None:
                print(f"redundant periods deleted: {fixed.deleted:,}, joined with others: {fixed.joined:,}")
            say_undo(fixed.change)
    _show(findings, most=len(findings) if args.all else MOST_SHOWN)
    if any(found.kind in _FIXABLE for found in findings):
        print("ftlserver: correct redundant periods with: ftlserver doctor --fix", file=sys.stderr)
    return FOUND if findings else 0


def _show(findings: list[Finding], most: int) -> None:
    """Print up to *most* findings of each kind, and how many more there are."""
    by_kind: defaultdict[str, list[Finding]] = defaultdict(list)
    for found in findings:
        by_kind[found.kind].append(found)
    for same in by_kind.values():
        for found in same[:most]:
            print(safe(f"{found.sentence}: {found.advice}" if found.advice else found.sentence))
        if len(same) > most:
            print(f"and {len(same) - most:,} more like this; --all shows them")
    if not findings:
        print("no faults found")
