"""Connecting, and the transaction: one connection, always released clean.

dataset keeps a connection per thread and gives it back only at the end of ``with db:``. A failure outside of one
keeps SQLite's write lock, or leaves PostgreSQL's transaction aborted, for as long as the thread lives. So every
access is in a ``transaction``, or is a single SELECT of ``idle_connections.fetch``.
"""

import json
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import dataset
import sqlalchemy as sa
from sqlalchemy import Connection, event
from sqlalchemy.engine import URL

from ftlserver.errors import ConfigError, DatabaseError
from ftlserver.storage import schema, sqlite_file

_log = logging.getLogger("ftlserver")

BUSY_SECONDS = 5
STATEMENT_SECONDS = 20
VERSION_SECONDS = 1.0

# For each connection to SQLite.
_PRAGMAS = (
    f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}",
    "PRAGMA synchronous=FULL",  # what was acknowledged survives a power cut
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",  # what was deleted is overwritten
    "PRAGMA trusted_schema=OFF",
)

_POSTGRES_SCHEMES = ("postgres://", "postgresql://", "postgresql+psycopg://")
_SQLITE_CODES = {
    sqlite3.SQLITE_BUSY: "database_busy",
    sqlite3.SQLITE_LOCKED: "database_busy",
    sqlite3.SQLITE_FULL: "storage_full",
    sqlite3.SQLITE_INTERRUPT: "query_timeout",
} | dict.fromkeys(
    (
        *(sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT),
        *(sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOTADB),
    ),
    "database_unavailable",
)
# PostgreSQL, appendix A: whole classes by two characters.
_POSTGRES_CODES = (
    dict.fromkeys(("55P03", "40001", "40P01"), "database_busy")
    | dict.fromkeys(("08", "28", "3D", "53", "57"), "database_unavailable")
    | {"57014": "query_timeout", "53100": "storage_full"}
)
_MESSAGES = {
    "database_busy": "the database is busy; try again",
    "database_unavailable": "the database cannot be used",
    "storage_full": "the database has no space left; free some and try again",
    "query_timeout": "the question took the database too long; ask for less",
}


class Database(dataset.Database):
    """dataset's database that knows its own name and its own file."""

    name: str
    file: Path | None
    file_id: tuple[int, int] | None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dialect = "sqlite" if self.is_sqlite else "postgresql"
        # How many threads at once are of use. SQLite answers within this process, which has one interpreter. For
        # PostgreSQL threads wait: 1 ms away one answers 350 questions a second, four 1,110, and eight no more.
        self.concurrency = 1 if self.is_sqlite else 4
        self.idle_connections: list[sa.PoolProxiedConnection] = []
        self.most_idle_connections = 4
        self.is_closed = False
        assert self.engine is not None
        self._pool = self.engine.pool
        self._metadata = sa.MetaData(schema=self.schema)
        self.known_tables: dict[str, dataset.Table] = {}
        self.is_migrated = False
        self.version_checked_at = 0.0

    def table(self, name: str) -> dataset.Table:
        """Return dataset's table, which all threads share and which was read when the database was opened."""
        return self.known_tables[name]

    @property
    def metadata(self) -> sa.MetaData:
        """Return what is known of the tables; unlike dataset, the same each time."""
        return self._metadata

    @property
    def executable(self) -> Connection:
        """Return the connection of this thread; unlike dataset, let no other thread wait while it is opened."""
        me = threading.get_ident()
        if me not in self.connections:
            if self.engine is None:
                raise RuntimeError("the database is closed")
            connection = self.engine.connect()
            with self.lock:
                self.connections[me] = connection
        return self.connections[me]

    def array(self, values: Iterable[str]) -> str | list[str]:
        """Return a list as one value of a statement, however long it is: JSON for SQLite."""
        return json.dumps(list(values)) if self.is_sqlite else list(values)

    def check_version(self, connection: Connection) -> None:
        """Raise DatabaseError if another process has changed the tables.

        A cached table would silently write nothing into a column that was added.
        """
        if connection.exec_driver_sql(schema.COUNT_MIGRATIONS).scalar() != len(schema.MIGRATIONS):
            message = "the tables were changed by another version of ftlserver; update this one and restart it"
            raise DatabaseError("database_unavailable", message, self.name)
        self.version_checked_at = time.monotonic()

    def needs_version_check(self) -> bool:
        """Tell whether the tables were last found unchanged more than a second ago."""
        return self.is_migrated and time.monotonic() - self.version_checked_at > VERSION_SECONDS

    def close(self) -> None:
        """Close every connection; one that a thread still uses is closed when it is given back."""
        self.is_closed = True
        self._return_idle_connections()
        with self.lock:  # so that no thread opens another connection before the engine is gone
            super().close()

    def close_returned_connections(self) -> None:
        """Close what was given back after close(): emptying a pool leaves out the connections in use."""
        if self.is_closed:
            self._return_idle_connections()
            self._pool.dispose()

    def _return_idle_connections(self) -> None:
        with suppress(IndexError):  # a thread that still reads may take the last one
            while True:
                self.idle_connections.pop().close()


def connect(url: str, *, threads: int = 1, wal: bool | None = None, create: bool = True) -> Database:
    """Open the database at *url*, a URL or the path of a SQLite file, and bring its tables up to date.

    *threads* is how many will use it at once. *wal* chooses SQLite's write-ahead log or its rollback journal; by
    default the log, unless this SQLite can corrupt it. Without *create*, the file has to exist, or PostgreSQL to
    have the tables. Raise ConfigError or DatabaseError.
    """
    target, name = _parse(url), describe(url)
    is_sqlite = target.get_backend_name() == "sqlite"
    if is_sqlite:
        make = partial(_make_tables, name=name) if create else None
        sqlite_file.prepare(target.database, name, make=make)
    database = _open(target, name, threads)
    try:
        found = _version(database)
        if not found and not create:
            raise sqlite_file.missing(name)
        journal = _set_journal_mode(database, wal) if is_sqlite else ""
        _migrate(database, found)
        _read_tables(database)
        if is_sqlite:
            database.file_id = _file_id(database)
        _log.info("database: %s%s", name, journal)
    except BaseException:
        database.close()
        raise
    return database


@contextmanager
def transaction(database: Database, *, write: bool = False, wait: bool = True) -> Iterator[Connection]:
    """Give one connection in one transaction, committed at the end or rolled back by any exception.

    With *write*, SQLite takes its write lock at once (BEGIN IMMEDIATE), so that a read that is followed by a
    write cannot fail in between. Without *wait*, a lock that is held is an error at once. Raise DatabaseError for
    what the database refuses.
    """
    try:
        check_file(database)
        connection = database.executable
        connection.execution_options(ftl_write=write, ftl_wait=wait)
        try:
            with database:
                if not (wait or database.is_sqlite):
                    connection.exec_driver_sql("SET LOCAL lock_timeout = 1")  # ms
                if (write and database.is_migrated) or database.needs_version_check():
                    database.check_version(connection)
                yield connection
        finally:
            _release(database, connection, keep=wait)
    except sa.exc.DBAPIError as exc:
        raise translate(exc, database.name) from exc


def describe(url: str) -> str:
    """Return the name of a database for people: its file, or its server, without any password."""
    target = _parse(url)
    if target.get_backend_name() == "sqlite":
        return str(Path(target.database or ":memory:").absolute())
    port = f":{target.port}" if target.port else ""
    user = f"{target.username}@" if target.username else ""
    host = target.host or target.query.get("host", "")
    return f"postgresql://{user}{host}{port}/{target.database or ''}"


def scrub(database: Database) -> None:
    """Empty SQLite's write-ahead log, which still contains what was deleted; readers may delay that."""
    if database.is_sqlite and database.engine is not None:
        with suppress(sa.exc.DBAPIError), database.engine.connect() as connection:
            autocommit = connection.execution_options(isolation_level="AUTOCOMMIT")
            autocommit.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _parse(url: str) -> URL:
    for scheme in _POSTGRES_SCHEMES:
        if url.startswith(scheme):
            url = "postgresql+psycopg://" + url.removeprefix(scheme)
            break
    else:
        if "://" not in url:
            return URL.create("sqlite", database=os.path.expanduser(url))
        if not url.startswith("sqlite://"):
            raise ConfigError("the database must be a path, or a URL that starts with sqlite: or postgresql:")
    try:
        return sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError) as exc:
        raise ConfigError("the database URL cannot be read; it looks like postgresql://user@host/name") from exc


def _open(target: URL, name: str, threads: int = 1) -> Database:
    is_sqlite = target.get_backend_name() == "sqlite"
    # The pool is as large as it needs to be, so that no thread waits for another one's connection.
    engine: dict[str, Any] = {"hide_parameters": True, "pool_size": threads + 4, "max_overflow": -1}
    if not is_sqlite:
        engine |= {"pool_pre_ping": True, "connect_args": _postgres_arguments(target)}
    try:
        database = Database(
            target.render_as_string(hide_password=False),
            engine_kwargs=engine,
            on_connect_statements=list(_PRAGMAS) if is_sqlite else None,
            sqlite_wal_mode=False,
            ensure_schema=False,
            row_type=dict,
        )
    except ModuleNotFoundError as exc:
        message = f"{name} needs a driver; install it with: pip install 'ftl-activity[postgres]'"
        raise ConfigError(message) from exc
    database.name = name
    database.file = Path(str(target.database)) if is_sqlite else None
    database.file_id = None
    if is_sqlite:
        _begin_explicitly(database)
    else:
        from ftlserver.storage import postgresql  # noqa: PLC0415  its driver may not be installed

        event.listen(database.engine, "do_connect", postgresql.connect)
    return database


def _make_tables(file: str, name: str) -> None:
    """Fill a new SQLite file; *name* is the one that it will have."""
    database = _open(URL.create("sqlite", database=file), name)
    try:
        _migrate(database, found=0)
    finally:
        database.close()


def _set_journal_mode(database: Database, wal: bool | None) -> str:
    """Set SQLite's journal mode and return a description for the log; raise DatabaseError."""
    assert database.engine is not None
    try:
        with database.engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            return sqlite_file.set_journal_mode(driver, wal)
    except sqlite3.Error as exc:
        raise translate(wrapped_driver_error(database, exc), database.name) from exc
    except sa.exc.DBAPIError as exc:
        raise translate(exc, database.name) from exc


def _postgres_arguments(target: URL) -> dict[str, Any]:
    settings = {
        "statement_timeout": f"{STATEMENT_SECONDS}s",
        "idle_in_transaction_session_timeout": "60s",
        "lock_timeout": f"{BUSY_SECONDS}s",
        # Every statement looks rows up by primary key, whatever their values and however few the rows: otherwise
        # PostgreSQL plans again each time, or keeps a plan for a small table, or reads a whole history for a page.
        "plan_cache_mode": "force_generic_plan",
        "enable_seqscan": "off",
        "enable_bitmapscan": "off",
        "jit": "off",
    }
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    return {
        "connect_timeout": BUSY_SECONDS,
        # A machine that is gone is noticed within 20 s.
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 2,
        "tcp_user_timeout": STATEMENT_SECONDS * 1000,
        "options": f"{target.query.get('options', '')} {options}".strip(),
    }


def _begin_explicitly(database: Database) -> None:
    @event.listens_for(database.engine, "connect")
    def no_implicit_begin(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None

    @event.listens_for(database.engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if not options.get("ftl_wait", True):
            connection.exec_driver_sql("PRAGMA busy_timeout=0")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("ftl_write") else "BEGIN")


def _version(database: Database) -> int:
    """Return the version of the tables; refuse those that are incomplete, of a newer version or lost."""
    with transaction(database) as connection:
        found = schema.version(connection)
        if found == len(schema.MIGRATIONS):
            _check_tables(database, connection)
    if found > len(schema.MIGRATIONS):
        message = "the database was written by a newer ftlserver; update this one"
        raise DatabaseError("database_unavailable", message, database.name)
    if not found and database.is_sqlite:
        message = "the file is no database of ftlserver, or lost its tables; restore a backup or name another"
        raise DatabaseError("database_unavailable", message, database.name)
    return found


def _migrate(database: Database, found: int) -> None:
    if not found:
        _log.warning("making the tables in a new database: %s", database.name)
    if found < len(schema.MIGRATIONS):
        with transaction(database, write=True) as connection:
            schema.migrate(connection)
            _check_tables(database, connection)
    database.is_migrated = True
    database.version_checked_at = time.monotonic()


def _check_tables(database: Database, connection: Connection) -> None:
    there = sa.inspect(connection).get_table_names()
    for name in schema.TABLES:
        if name not in there:
            message = f"the table {name} is missing; restore a backup"
            raise DatabaseError("database_unavailable", message, database.name)


def _read_tables(database: Database) -> None:
    """Read the columns of dataset's tables, all at once and once for all threads.

    dataset's own tables forget their columns whenever a thread rolls back, and it reads columns while it holds a
    lock that all threads need: one would wait for that, one for SQLite's lock, and one for a reader to end.
    """
    names = ("users", "user_aliases", "teams", "team_members", "tokens")
    with transaction(database) as connection:
        found = sa.inspect(connection).get_multi_columns(filter_names=names)
        for (_, name), columns in found.items():
            # dataset finds this in the metadata; the keys and indexes, which it does not need, would take 30 ms.
            sa.Table(name, database.metadata, *(sa.Column(each["name"], each["type"]) for each in columns))
            table = dataset.Table(database, name)
            assert table.table.columns
            database.known_tables[name] = table


def _release(database: Database, connection: Connection, *, keep: bool) -> None:
    """Give the thread's connection back clean, also after a COMMIT that failed, which dataset does not.

    A connection to SQLite whose busy timeout was set to 0 is not one to *keep*.
    """
    with database.lock:
        database.connections.pop(threading.get_ident(), None)
    database.local.tx = []
    if not connection.closed:
        if database.is_sqlite and not connection.invalidated and (not keep or _in_transaction(connection)):
            connection.invalidate()
        connection.close()
    database.close_returned_connections()


def _in_transaction(connection: Connection) -> bool:
    driver = connection.connection.driver_connection
    return isinstance(driver, sqlite3.Connection) and driver.in_transaction


def _file_id(database: Database) -> tuple[int, int] | None:
    try:
        found = os.stat(database.file or "")
    except OSError:
        return None
    return found.st_dev, found.st_ino


def check_file(database: Database) -> None:
    """Raise DatabaseError if the file was moved or replaced: SQLite would write into a file that is gone."""
    if database.file_id is not None and _file_id(database) != database.file_id:
        message = "the database file was moved, deleted or replaced; put it back, or start again"
        raise DatabaseError("database_unavailable", message, database.name)


def wrapped_driver_error(database: Database, exc: Exception) -> sa.exc.DBAPIError:
    """Return an error of the driver as SQLAlchemy would raise it."""
    wrapped = sa.exc.DBAPIError.instance(None, None, exc, driver_error(database), hide_parameters=True)
    assert isinstance(wrapped, sa.exc.DBAPIError)
    return wrapped


def driver_error(database: Database) -> type[Exception]:
    """Return the base of the errors that the driver raises."""
    assert database.engine is not None
    assert database.engine.dialect.dbapi is not None
    error: type[Exception] = database.engine.dialect.dbapi.Error
    return error


def translate(exc: sa.exc.DBAPIError, name: str) -> Exception:
    """Return the DatabaseError that stands for *exc*, or *exc* if it is a fault of the program."""
    if isinstance(exc.orig, sqlite3.Error):
        code = _SQLITE_CODES.get(sqlite_file.error_code(exc.orig))
    else:
        state = getattr(exc.orig, "sqlstate", None) or ("08" if isinstance(exc, sa.exc.OperationalError) else "")
        code = _POSTGRES_CODES.get(state) or _POSTGRES_CODES.get(state[:2])
    if code is None:
        if not isinstance(exc, sa.exc.OperationalError | sa.exc.ProgrammingError):
            return exc
        code = "database_unavailable"  # such as a table that is missing or belongs to another program
    return DatabaseError(code, _MESSAGES[code], name, cause=str(exc.orig))
