"""Bring the tables up to date, as serve does when it starts; for the release phase of a host."""

import argparse

from ftlserver import tables
from ftlserver.config import Config
from ftlserver.database import describe
from ftlserver.store import Store


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    pass


def handle(_args: argparse.Namespace, config: Config) -> int:
    with Store.open(config.database):
        print(f"{describe(config.database)} is at version {len(tables.MIGRATIONS)}")
    return 0
