"""Show the best times to meet in a coming week, from the hours in which members were active."""

import argparse

from rich.console import Console

from ftlclient.commands import asking
from ftlclient.views import meeting

EXAMPLE = "ftlclient meeting --all --minutes 45 --week 2026-11-30"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    asking.add_who_arguments(parser)
    asking.add_window_arguments(parser)
    asking.add_zone_argument(parser, "local")
    parser.add_argument(
        "--week", metavar="DATE", type=asking.date_given, help="the seven days from then on (default: next Monday)"
    )
    parser.add_argument(
        "--minutes", metavar="N", type=int, default=60, help="how long it takes (default: %(default)s)"
    )
    parser.add_argument(
        "--slots", metavar="N", type=int, default=5, help="how many to propose (default: %(default)s)"
    )
    asking.add_output_arguments(parser)


def handle(args: argparse.Namespace, console: Console) -> int:
    document = asking.window_asked(args) | {"minutes": args.minutes, "slots": args.slots}
    if args.week:
        document["week"] = args.week.isoformat()
    question = asking.Question("meeting", meeting.Meeting, meeting.COLUMNS, meeting.rows, document)
    return asking.run(question, args, console)
