"""The SQLite file: making a new one, refusing one that cannot be a database, and its journal mode."""

import os
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ftlserver.config import default_database
from ftlserver.errors import ConfigError, DatabaseError, NoDatabaseError


def prepare(file: str | None, name: str, *, make: Callable[[str], None] | None) -> None:
    """Refuse a file that cannot be a database, or has lost its own; *make* fills a new one with tables.

    Without *make* the file has to exist, and its directory always, except the user's data directory. *name* is
    that of the database for people. Raise ConfigError or DatabaseError.
    """
    if not file or file == ":memory:":
        raise ConfigError("a SQLite database needs a file")
    path = Path(os.path.realpath(file))
    try:
        # Looked for first: another process that starts now makes its file before its journal.
        journals = [found for ending in ("-journal", "-wal") if (found := Path(f"{path}{ending}")).exists()]
        if not path.exists():
            if journals:
                # SQLite would apply it to the new file.
                reason = f"the file is missing, but {journals[0].name} is not; put it back, or delete that too"
                raise DatabaseError("database_unavailable", reason, name)
            if make is None:
                raise missing(name)
            _check_directory(path)
            _make(path, make)
        descriptor = os.open(path, os.O_RDWR)
        size = os.fstat(descriptor).st_size
        os.close(descriptor)
    except OSError as exc:
        reason = f"the database cannot be opened: {exc.strerror}"
        raise DatabaseError("database_unavailable", reason, name) from exc
    if not size:
        reason = "the database file is empty; restore a backup, or delete the file to begin anew"
        raise DatabaseError("database_unavailable", reason, name)


def missing(name: str) -> NoDatabaseError:
    """Return the error for a database that is not there, where none is to be made."""
    return NoDatabaseError(f"there is no database at {name}; name another one, or make it with: ftlserver migrate")


def _check_directory(path: Path) -> None:
    """Make the directory of the default database; another one that is missing is a mistyped path."""
    if path == Path(os.path.realpath(default_database())):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    elif not path.parent.is_dir():
        raise ConfigError(f"there is no directory {path.parent} for the database; make it, or name another one")


def set_journal_mode(connection: sqlite3.Connection, wal: bool | None) -> str:
    """Set the journal mode, which is a property of the file, once, and return a description for the log.

    *wal* chooses the write-ahead log or the rollback journal; by default the log, unless this SQLite can corrupt
    it. Another program may have chosen another mode: then it stays while the file is in use.
    """
    is_sound = wal_is_sound(sqlite3.sqlite_version_info)
    mode = "WAL" if (is_sound if wal is None else wal) else "DELETE"
    try:
        connection.execute(f"PRAGMA journal_mode={mode}")
    except sqlite3.OperationalError as exc:
        if error_code(exc) != sqlite3.SQLITE_BUSY:
            raise
    found = connection.execute("PRAGMA journal_mode").fetchone()[0]
    bug = "" if is_sound else ", because this version can corrupt a write-ahead log"
    if found == "wal" and not is_sound:
        bug = ", which this version can corrupt: close all programs that use the file, and start again"
    return f", with SQLite {sqlite3.sqlite_version} and journal mode {found}{bug}"


def wal_is_sound(version: tuple[int, int, int]) -> bool:
    """Tell whether a SQLite version is free of the WAL-reset bug (3.7.0 to 3.51.2, https://sqlite.org/wal.html)."""
    return (
        version >= (3, 51, 3)
        or (version[:2] == (3, 50) and version >= (3, 50, 7))
        or (version[:2] == (3, 44) and version >= (3, 44, 6))
    )


def error_code(exc: sqlite3.Error) -> int:
    """Return the primary result code of an error, 0 if it has none."""
    return (getattr(exc, "sqlite_errorcode", None) or 0) & 0xFF


def _make(path: Path, make: Callable[[str], None]) -> None:
    """Make a new database, which gets its name when it has its tables, so that a crash leaves none without.

    Of processes that start at once each makes one, and all use the first.
    """
    # Activity is personal: the file, and the journals SQLite puts beside it, are the owner's alone.
    descriptor, part = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.", suffix=".part")
    os.close(descriptor)
    try:
        make(part)
        with suppress(FileExistsError):
            _rename(part, path)
    finally:
        Path(part).unlink(missing_ok=True)


def _rename(part: str, path: Path) -> None:
    """Rename a file; raise FileExistsError if another one has the name."""
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if path.exists():
            raise FileExistsError(path) from None
        os.rename(part, path)
