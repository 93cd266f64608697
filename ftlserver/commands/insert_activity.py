"""Make up TOTAL periods of activity of a user.

The first begins now and lasts an hour; each further one lies a day earlier on the user's clock.
With --days they are spread over the user's last working days instead.
"""

import argparse

from ftlserver import clock, samples
from ftlserver.commands import days, positive
from ftlserver.config import Config
from ftlserver.errors import UserNotFoundError
from ftlserver.store import Store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("user_id", metavar="USER_ID", help="whose activity")
    parser.add_argument("total", metavar="TOTAL", type=positive, help="how many periods to log")
    parser.add_argument("--days", metavar="N", type=days, help="spread them over the last N days")
    parser.add_argument("--seed", type=int, help="with --days: make up the same periods for the same number")


def handle(args: argparse.Namespace, config: Config) -> int:
    now = clock.now()
    with Store.open(config.database) as store:
        user = store.find_user(args.user_id)
        if user is None:
            raise UserNotFoundError(args.user_id)
        if args.days is None:
            periods = samples.hourly(user, args.total, now)
        else:
            periods = samples.working_days(user, args.total, args.days, now, args.seed)
        store.add_periods(periods)
    for _ in periods:
        print(f'Random "{args.user_id}" activity logged !')
    return 0
