"""Bring the tables up to date, as serve does when it starts; for the release phase of a host."""

import argparse

from ftlserver.config import Config
from ftlserver.storage import Storage, schema
from ftlserver.storage.database import describe


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    pass


def handle(_args: argparse.Namespace, config: Config) -> int:
    with Storage.open(config.database):
        print(f"{describe(config.database)} is at version {len(schema.MIGRATIONS)}")
    return 0
