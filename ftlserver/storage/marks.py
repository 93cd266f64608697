"""The table of marks: numbers by name that the database keeps about itself, read and written in a transaction."""

import sqlalchemy as sa
from sqlalchemy import Connection

from ftlserver.domain import instants
from ftlserver.domain.rules import Rules

POSITION = "position"  # the last position of a change on SQLite, which has no numbers of transactions
OLDEST = "oldest"  # the instant after which a period has to end
RESYNC = "resync"  # the last position whose changes are not all there any more

READ = sa.text("SELECT value FROM marks WHERE name = :name")
_NEXT = sa.text("UPDATE marks SET value = value + 1 WHERE name = :name RETURNING value")
_OWN_POSITION = sa.text("SELECT CAST(CAST(pg_current_xact_id() AS text) AS bigint)")
_RAISE = sa.text("""
    INSERT INTO marks (name, value) VALUES (:name, :value)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE excluded.value > marks.value""")


def read(connection: Connection, name: str) -> int | None:
    """Return the number with that name, if there is one."""
    value = connection.execute(READ, {"name": name}).scalar()
    return None if value is None else int(value)


def raise_to(connection: Connection, name: str, value: int) -> None:
    """Set the number with that name, unless it is larger already."""
    connection.execute(_RAISE, {"name": name, "value": value})


def start_over(connection: Connection) -> None:
    """Let no program follow changes from before this transaction."""
    position = next_position(connection)
    if position is None:
        position = int(connection.execute(_OWN_POSITION).scalar_one())
    raise_to(connection, RESYNC, position)


def oldest(connection: Connection, rules: Rules) -> int:
    """Return the instant after which a period has to end: what *rules* say now, or the mark, if that is later."""
    return max(rules.oldest(instants.now()), read(connection, OLDEST) or 0)


def next_position(connection: Connection) -> int | None:
    """Return the position of what this transaction changes; on PostgreSQL None, where it is the default."""
    if connection.dialect.name == "postgresql":
        return None
    return int(connection.execute(_NEXT, {"name": POSITION}).scalar_one())
