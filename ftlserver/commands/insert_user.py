"""Make up TOTAL users, each with a random id of 12 letters and digits, a name and a time zone."""

import argparse

from ftlserver import samples
from ftlserver.commands import positive
from ftlserver.config import Config
from ftlserver.store import Store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("total", metavar="TOTAL", type=positive, help="how many users to create")
    parser.add_argument("--seed", type=int, help="make up the same users for the same number")


def handle(args: argparse.Namespace, config: Config) -> int:
    users = samples.make_users(args.total, args.seed)
    with Store.open(config.database) as store:
        store.add_users(users)
    for user in users:
        print(f'User "{user.id}" Created !')
    return 0
