"""The tables, and the migrations that make and change them.

Migrations are append-only: a change to the tables is a new function at the end of MIGRATIONS.
"""

import logging
from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy import Connection

from ftlserver.domain import instants

_log = logging.getLogger("ftlserver")

# An arbitrary number, the same in every process that migrates.
_ADVISORY_LOCK = 7_046_029_254


def _create_users_and_periods(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        text, ending = "", "WITHOUT ROWID"  # code points order ids, as in Python
    else:
        text, ending = 'COLLATE "C"', ""
    connection.exec_driver_sql(f"""
        CREATE TABLE users (
            id VARCHAR(120) {text} PRIMARY KEY,
            real_name TEXT NOT NULL,
            tz VARCHAR(64) NOT NULL
        ) {ending}""")
    _create_periods(connection, "PRIMARY KEY (user_id, started_at, ended_at)")


def _create_periods(connection: Connection, key: str) -> None:
    if connection.dialect.name == "sqlite":
        text, ending, kind = "", "WITHOUT ROWID", "VIRTUAL"  # generated columns cost no space
        wall_date = "date({} / 1000000 + {}, 'unixepoch')"
        wall_time = "time({} / 1000000 + {}, 'unixepoch')"
    else:
        text, ending, kind = 'COLLATE "C"', "", "STORED"
        wall_clock = "timestamp '1970-01-01' + ({} / 1000000 + {}) * interval '1 second'"
        wall_date, wall_time = f"({wall_clock})::date", f"({wall_clock})::time(0)"
    connection.exec_driver_sql(f"""
        CREATE TABLE activity_periods (
            user_id VARCHAR(120) {text} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
            started_at BIGINT NOT NULL,
            ended_at BIGINT NOT NULL,
            start_offset INTEGER NOT NULL,
            end_offset INTEGER NOT NULL,
            session_date DATE GENERATED ALWAYS AS ({wall_date.format("started_at", "start_offset")}) {kind},
            start_time TIME GENERATED ALWAYS AS ({wall_time.format("started_at", "start_offset")}) {kind},
            end_time TIME GENERATED ALWAYS AS ({wall_time.format("ended_at", "end_offset")}) {kind},
            {key},
            CHECK (started_at >= 0),
            CHECK (started_at < ended_at),
            CHECK (ended_at <= started_at + 604800000000)
        ) {ending}""")


def _create_tokens(connection: Connection) -> None:
    text = "" if connection.dialect.name == "sqlite" else 'COLLATE "C"'
    connection.exec_driver_sql(f"""
        CREATE TABLE tokens (
            id VARCHAR(8) {text} PRIMARY KEY,
            name TEXT NOT NULL,
            digest VARCHAR(64) NOT NULL,
            scopes VARCHAR(32) NOT NULL,
            user_ids TEXT,
            created_at BIGINT NOT NULL,
            expires_at BIGINT,
            last_used_at BIGINT,
            revoked_at BIGINT
        )""")


# A period that is longer is found by an index of its own, so that what reaches into an instant is found without
# reading the 7 days before it.
LONG_PERIOD = 4 * instants.HOUR
IS_LONG = f"ended_at - started_at > {LONG_PERIOD}"


def _index_long_periods(connection: Connection) -> None:
    connection.exec_driver_sql(
        f"CREATE INDEX long_periods ON activity_periods (user_id, started_at, ended_at) WHERE {IS_LONG}"
    )


def _create_aliases_teams_and_changes(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        text, ending, number, packed = "", "WITHOUT ROWID", "INTEGER PRIMARY KEY AUTOINCREMENT", "BLOB"
        xact = "BIGINT"
    else:
        text, ending, packed = 'COLLATE "C"', "", "BYTEA"
        number = "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"
        xact = "xid8 NOT NULL DEFAULT pg_current_xact_id()"
    for statement in (
        "ALTER TABLE users ADD COLUMN guessed BOOLEAN NOT NULL DEFAULT FALSE",
        "ALTER TABLE users ADD COLUMN left_at BIGINT",
        f"""CREATE TABLE user_aliases (
            alias VARCHAR(120) {text} PRIMARY KEY,
            user_id VARCHAR(120) {text} NOT NULL REFERENCES users (id) ON DELETE CASCADE
        ) {ending}""",
        "CREATE INDEX aliases_of_user ON user_aliases (user_id)",
        f"CREATE TABLE teams (id VARCHAR(120) {text} PRIMARY KEY, name TEXT NOT NULL) {ending}",
        f"""CREATE TABLE team_members (
            team_id VARCHAR(120) {text} NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
            user_id VARCHAR(120) {text} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
            PRIMARY KEY (team_id, user_id)
        ) {ending}""",
        "CREATE INDEX teams_of_user ON team_members (user_id)",
        f"ALTER TABLE tokens ADD COLUMN team_id VARCHAR(120) {text} REFERENCES teams (id) ON DELETE SET NULL",
        "ALTER TABLE tokens ADD COLUMN view VARCHAR(32)",
        f"ALTER TABLE tokens ADD COLUMN parent_id VARCHAR(8) {text}",
        "ALTER TABLE tokens ADD COLUMN round_seconds INTEGER",
        # part_of is the number of the row that a large change begins with; before and after are packed periods,
        # records is JSON: what the rows of other tables were and are.
        f"""CREATE TABLE changes (
            number {number},
            part_of BIGINT,
            xact {xact},
            at BIGINT NOT NULL,
            caller VARCHAR(8),
            action VARCHAR(32) NOT NULL,
            user_id VARCHAR(120) {text},
            before {packed},
            after {packed},
            records TEXT
        )""",
        "CREATE INDEX parts_of_change ON changes (part_of) WHERE part_of IS NOT NULL",
        "CREATE INDEX changes_of_user ON changes (user_id, number)",
    ):
        connection.exec_driver_sql(statement)


def _one_period_for_each_start(connection: Connection) -> None:
    """Keep the latest end of the periods with the same start, with its offset."""
    folded = connection.exec_driver_sql("""
        DELETE FROM activity_periods WHERE EXISTS (
            SELECT 1 FROM activity_periods q WHERE q.user_id = activity_periods.user_id
                AND q.started_at = activity_periods.started_at AND q.ended_at > activity_periods.ended_at)
        """).rowcount
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("DROP INDEX long_periods")
        connection.exec_driver_sql("ALTER TABLE activity_periods RENAME TO periods_by_end")
        _create_periods(connection, "PRIMARY KEY (user_id, started_at)")
        columns = "user_id, started_at, ended_at, start_offset, end_offset"
        copy = f"INSERT INTO activity_periods ({columns}) SELECT {columns} FROM periods_by_end"  # noqa: S608
        connection.exec_driver_sql(copy)
        connection.exec_driver_sql("DROP TABLE periods_by_end")
        _index_long_periods(connection)
    else:
        # With the end in it, the index alone answers how many periods reach into a window.
        connection.exec_driver_sql(
            "ALTER TABLE activity_periods DROP CONSTRAINT activity_periods_pkey,"
            " ADD PRIMARY KEY (user_id, started_at) INCLUDE (ended_at)"
        )
    if folded:
        _log.warning("periods with the same start are one now, with the latest end: %s fewer", f"{folded:,}")


def _follow_changes(connection: Connection) -> None:
    """Let programs follow changes: an order of them, what a row named once, and marks.

    A row of heartbeats is changed later, and is then at a later position.
    """
    is_sqlite = connection.dialect.name == "sqlite"
    text = "" if is_sqlite else 'COLLATE "C"'
    for statement in (
        f"CREATE TABLE marks (name VARCHAR(32) {text} PRIMARY KEY, value BIGINT NOT NULL)",
        f"ALTER TABLE changes ADD COLUMN gone {'BLOB' if is_sqlite else 'BYTEA'}",
        "CREATE INDEX changes_in_order ON changes (xact, number)",
    ):
        connection.exec_driver_sql(statement)
    if is_sqlite:
        connection.exec_driver_sql("UPDATE changes SET xact = number")
        connection.exec_driver_sql("INSERT INTO marks SELECT 'position', coalesce(max(number), 0) FROM changes")


MIGRATIONS: list[Callable[[Connection], None]] = [
    _create_users_and_periods,
    _create_tokens,
    _index_long_periods,
    _create_aliases_teams_and_changes,
    _one_period_for_each_start,
    _follow_changes,
]


TABLES = (
    *("users", "user_aliases", "teams", "team_members", "activity_periods", "changes", "tokens"),
    *("marks", "migrations"),
)
COUNT_MIGRATIONS = "SELECT count(*) FROM migrations"


def version(connection: Connection) -> int:
    """Return the number of migrations that the database has been through, 0 for an empty one."""
    if not sa.inspect(connection).has_table("migrations"):
        return 0
    return int(connection.exec_driver_sql(COUNT_MIGRATIONS).scalar_one())


def migrate(connection: Connection) -> None:
    """Run and record the migrations that are missing, in the caller's write transaction.

    Processes that start at once take turns: SQLite's write lock, or an advisory lock on PostgreSQL.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
    connection.exec_driver_sql(
        "CREATE TABLE IF NOT EXISTS migrations"
        " (number INTEGER PRIMARY KEY, name VARCHAR(100) NOT NULL, applied_at BIGINT NOT NULL)"
    )
    for number in range(version(connection), len(MIGRATIONS)):
        MIGRATIONS[number](connection)
        connection.execute(
            sa.text("INSERT INTO migrations VALUES (:number, :name, :applied_at)"),
            {"number": number, "name": MIGRATIONS[number].__name__.strip("_"), "applied_at": instants.now()},
        )
