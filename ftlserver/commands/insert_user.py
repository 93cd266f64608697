"""Add TOTAL random users, each with an id of 12 letters and digits, a name and a time zone."""

import argparse

from ftlserver.commands import positive, sample_data
from ftlserver.config import Config
from ftlserver.storage import Storage


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("total", metavar="TOTAL", type=positive, help="how many users to create")
    parser.add_argument("--seed", type=int, help="the same number gives the same users")


def handle(args: argparse.Namespace, config: Config) -> int:
    users = sample_data.make_users(args.total, args.seed)
    with Storage.open(config.database) as storage:
        storage.users.add_new(users)
    for user in users:
        print(f'User "{user.id}" Created !')
    return 0
