"""A consistent copy of a SQLite database while it is in use."""

import os
import sqlite3
import tempfile
from contextlib import closing, suppress
from pathlib import Path

from ftlserver.errors import ConfigError, DatabaseError
from ftlserver.storage.database import Database, transaction


def backup(database: Database, target: Path) -> None:
    """Copy a SQLite database to the file *target*, readable by its owner alone, whole or not at all.

    The copy contains everything that was acknowledged before it began. Raise ConfigError or DatabaseError.
    """
    if database.file is None:
        raise ConfigError("backup copies a SQLite file; for PostgreSQL use pg_dump")
    target = Path(os.path.realpath(target))  # a link stays, and what it leads to is replaced
    part = None
    try:
        if target.exists() and not target.is_file():
            raise ConfigError(f"{target} is no file; name one")
        if target.exists() and target.samefile(database.file):
            raise ConfigError("the copy would replace the database itself; name another file")
        descriptor, part = tempfile.mkstemp(dir=target.parent, prefix=f"{target.name}.", suffix=".part")
        os.close(descriptor)
        with transaction(database) as connection, closing(sqlite3.connect(part)) as copy:
            source = connection.connection.driver_connection
            assert isinstance(source, sqlite3.Connection)
            source.backup(copy)
        with open(part, "rb") as file:
            os.fsync(file.fileno())
        Path(part).replace(target)
    except OSError as exc:
        raise ConfigError(f"cannot write {target}: {exc.strerror}") from exc
    except sqlite3.Error as exc:
        raise DatabaseError("database_unavailable", f"the copy failed: {exc}", database.name) from exc
    finally:
        if part is not None:
            with suppress(OSError):
                Path(part).unlink()
