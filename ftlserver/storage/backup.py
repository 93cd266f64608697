"""A consistent copy of a SQLite database while it is in use."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from ftlcommon.whole_file import whole_file
from ftlserver.errors import ConfigError, DatabaseError
from ftlserver.storage.database import Database, transaction


def backup(database: Database, target: Path) -> None:
    """Copy a SQLite database to the file *target*, readable by its owner alone, whole or not at all.

    The copy contains everything that was acknowledged before it began. Raise ConfigError or DatabaseError.
    """
    if database.file is None:
        raise ConfigError("backup copies a SQLite file; for PostgreSQL use pg_dump")
    try:
        if target.exists() and not target.is_file():
            raise ConfigError(f"{target} is no file; name one")
        if target.exists() and target.samefile(database.file):
            raise ConfigError("the copy would replace the database itself; name another file")
        with whole_file(target) as part:
            with transaction(database) as connection, closing(sqlite3.connect(part)) as copy:
                source = connection.connection.driver_connection
                assert isinstance(source, sqlite3.Connection)
                source.backup(copy)
            with part.open("rb") as file:
                os.fsync(file.fileno())
    except OSError as exc:
        raise ConfigError(f"cannot write {target}: {exc.strerror}") from exc
    except sqlite3.Error as exc:
        raise DatabaseError("database_unavailable", f"the copy failed: {exc}", database.name) from exc
