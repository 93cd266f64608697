"""Delete the periods that ended before a date, for good, and store none that old from then on.

What changes hold of them is deleted too. This cannot be undone, so it asks.
"""

import argparse
import sys

from ftlcommon.command_line import one_day, take_relative_times
from ftlserver.commands.delete_user import confirmed
from ftlserver.config import Config
from ftlserver.domain import instants, timezones
from ftlserver.errors import ConfigError
from ftlserver.storage import Storage


def add_arguments(parser: argparse.ArgumentParser) -> None:
    take_relative_times(parser)
    parser.add_argument(
        "--before",
        metavar="DATE",
        type=one_day,
        required=True,
        help="the oldest day that is kept; it begins at 00:00 UTC",
    )
    parser.add_argument("--dry-run", action="store_true", help="only count what would be deleted")
    parser.add_argument("--yes", action="store_true", help="do not ask")


def handle(args: argparse.Namespace, config: Config) -> int:
    before = timezones.day_start(args.before, timezones.zone("UTC"))
    if before > instants.now():  # nothing could be recorded until then
        raise ConfigError(f"--before {args.before} lies in the future; name a day that has begun")
    with Storage.open(config.database, create=False) as storage:
        count = storage.pruning.count(before)
        if args.dry_run:
            print(f"{count:,} periods ended before {args.before}; nothing was deleted")
            return 0
        if not args.yes and not confirmed(f"Delete {count:,} periods that ended before {args.before}, for good?"):
            print("ftlserver: nothing was deleted", file=sys.stderr)
            return 1
        deleted = storage.pruning.prune(before)
    print(f"deleted {deleted:,} periods that ended before {args.before}; from now on none that old is stored")
    return 0
