"""Writing rows of the table of periods: adding, growing and deleting them, many at once.

Each function works in the caller's transaction, in which no other may write periods of these users.
"""

from collections.abc import Sequence
from itertools import chain
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from ftlserver.domain.period import Row


def insert(connection: Connection, rows: Sequence[Row]) -> None:
    """Add periods with new starts of existing users."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        connection.execute(_INSERT_ARRAYS, _in_columns(rows))
        return
    values = tuple(chain.from_iterable(rows))
    width = _ROWS_IN_STATEMENT * len(_COLUMNS)
    *whole, last = [values[at : at + width] for at in range(0, len(values), width)]
    if whole:
        connection.exec_driver_sql(_INSERT_ROWS, whole)
    connection.exec_driver_sql(_insert_rows(len(last) // len(_COLUMNS)), last)


def set_ends(connection: Connection, rows: Sequence[Row]) -> None:
    """Set the ends, and both offsets, of stored periods."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        connection.execute(_SET_ENDS_ARRAYS, _in_columns(rows))
    else:
        connection.exec_driver_sql(_SET_ENDS, [(*row[2:], *row[:2]) for row in rows])


def delete(connection: Connection, keys: Sequence[tuple[str, int]]) -> None:
    """Delete the periods of users with those starts."""
    if not keys:
        return
    if connection.dialect.name == "postgresql":
        ids, starts = map(list, zip(*keys, strict=True))
        connection.execute(_DELETE_ARRAYS, {"user_id": ids, "started_at": starts})
    else:
        connection.exec_driver_sql(_DELETE, list(keys))


_COLUMNS = ("user_id", "started_at", "ended_at", "start_offset", "end_offset")
# SQLite: rows in one statement take half as long as rows one by one; every version takes 999 variables.
_ROWS_IN_STATEMENT = 199
_ARRAYS = """
    unnest(CAST(:user_id AS varchar[]), CAST(:started_at AS bigint[]), CAST(:ended_at AS bigint[]),
           CAST(:start_offset AS integer[]), CAST(:end_offset AS integer[]))"""
_INSERT_ARRAYS = sa.text(f"""
    INSERT INTO activity_periods (user_id, started_at, ended_at, start_offset, end_offset)
    SELECT * FROM {_ARRAYS}""")  # noqa: S608
_SET_ENDS = """
    UPDATE activity_periods SET ended_at = ?, start_offset = ?, end_offset = ?
    WHERE user_id = ? AND started_at = ?"""
_SET_ENDS_ARRAYS = sa.text(f"""
    UPDATE activity_periods p SET ended_at = n.ended_at, start_offset = n.start_offset, end_offset = n.end_offset
    FROM {_ARRAYS} AS n (user_id, started_at, ended_at, start_offset, end_offset)
    WHERE p.user_id = n.user_id AND p.started_at = n.started_at""")  # noqa: S608
_DELETE = "DELETE FROM activity_periods WHERE user_id = ? AND started_at = ?"
_DELETE_ARRAYS = sa.text("""
    DELETE FROM activity_periods p USING unnest(CAST(:user_id AS varchar[]), CAST(:started_at AS bigint[]))
        AS n (user_id, started_at)
    WHERE p.user_id = n.user_id AND p.started_at = n.started_at""")


def _in_columns(rows: Sequence[Row]) -> dict[str, list[Any]]:
    return dict(zip(_COLUMNS, map(list, zip(*rows, strict=True)), strict=True))


def _insert_rows(count: int) -> str:
    values = ", ".join(["(?, ?, ?, ?, ?)"] * count)
    return f"INSERT INTO activity_periods ({', '.join(_COLUMNS)}) VALUES {values}"  # noqa: S608


_INSERT_ROWS = _insert_rows(_ROWS_IN_STATEMENT)
