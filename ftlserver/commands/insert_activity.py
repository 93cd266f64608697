"""Add TOTAL random periods of activity to a user.

The first begins now and lasts an hour; each further one lies a day earlier on the user's clock.
With --days they are spread over the user's last working days instead.
"""

import argparse

from ftlserver.commands import days, positive, sample_data
from ftlserver.config import Config
from ftlserver.domain import instants
from ftlserver.storage import Storage


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("user_id", metavar="USER_ID", help="the user")
    parser.add_argument("total", metavar="TOTAL", type=positive, help="how many periods to log")
    parser.add_argument("--days", metavar="N", type=days, help="spread them over the last N days")
    parser.add_argument("--seed", type=int, help="with --days: the same number gives the same periods")


def handle(args: argparse.Namespace, config: Config) -> int:
    now = instants.now()
    with Storage.open(config.database, create=False) as storage:
        user = storage.users.get(args.user_id)
        if args.days is None:
            periods = sample_data.hourly(user, args.total, now)
        else:
            periods = sample_data.working_days(user, args.total, args.days, now, args.seed)
        storage.bulk_import.store([], periods)
    for _ in periods:
        print(f'Random "{args.user_id}" activity logged !')
    return 0
