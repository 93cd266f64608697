"""Measure how close ftlserver and ftlclient come to the limits of their stack: ``python -m benchmarks [--quick]``.

Each figure is a ratio to a floor that is measured in the same run on the same machine, in alternating rounds;
the median and the spread are printed. Only the loopback interface is used.
"""

import argparse
import json
import os
import platform
import sqlite3
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from benchmarks import figures
from benchmarks.measuring import Table
from benchmarks.tiers import PostgreSQL, SQLite, Tier, postgresql

GROUPS = ["startup", "main_question", "long_answers", "writing", "history", "team_questions"]
DATABASES = ["sqlite", "postgresql"]


def main() -> None:
    """Run the benchmarks, print the table and write it to a file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the data, fewer rounds, SQLite alone")
    parser.add_argument("--only", metavar="GROUP", choices=GROUPS, help="%(choices)s")
    parser.add_argument("--on", metavar="DATABASE", choices=DATABASES, help="%(choices)s")
    parser.add_argument("--json", metavar="FILE", type=Path, default=Path("benchmarks.json"))
    args = parser.parse_args()
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    print(f"{machine}\n", flush=True)
    table = Table(rounds=3 if args.quick else 7)
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        if args.only in (None, "startup") and args.on != "postgresql":
            figures.startup(table)
        if args.on != "postgresql":
            _measure(table, SQLite(directory), directory, args.only, quick=args.quick)
        if args.on == "postgresql" or not (args.on or args.quick):
            with postgresql(directory) as url:
                _measure(table, PostgreSQL(url), directory, args.only, quick=args.quick)
    found = {"machine": machine, "quick": args.quick, "figures": [asdict(figure) for figure in table.figures]}
    args.json.write_text(json.dumps(found, indent=1) + "\n")


def _measure(table: Table, tier: Tier, directory: Path, only: str | None, *, quick: bool) -> None:
    groups: dict[str, Callable[[], None]] = {
        "main_question": lambda: figures.main_question(table, tier, quick=quick),
        "long_answers": lambda: figures.long_answers(table, tier, quick=quick),
        "writing": lambda: figures.writing(table, tier, directory, quick=quick),
        "history": lambda: figures.history(table, tier, quick=quick),
        "team_questions": lambda: figures.team_questions(table, tier, quick=quick),
    }
    for name, measure in groups.items():
        if only in (None, name):
            measure()


if __name__ == "__main__":
    main()
