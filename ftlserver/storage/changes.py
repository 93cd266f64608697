"""The table of changes: what each write changed, in the same transaction, so that it can be taken back.

``undo`` has the way back.

A large change has several rows, one for each user and 5,000 periods; those after the first refer to its number.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, starmap
from struct import pack, unpack
from typing import Any, ClassVar, NamedTuple

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection

from ftlserver.domain import instants
from ftlserver.domain.period import Row, Span
from ftlserver.storage import marks

ROWS_AT_MOST = 5_000
_COLUMNS = ("part_of", "at", "caller", "action", "user_id", "before", "after", "records")
_MOST_WAITING = 100_000  # spans that wait for their row

SPAN_BYTES = 24
KEPT = "kept"  # the action of the parts of an undo that name periods as they would be without later changes

Record = dict[str, Any]


class RecordChange(NamedTuple):
    """What a row of another table was and is; None where there was, or is, none."""

    table: str
    before: Record | None
    after: Record | None


@dataclass(slots=True)
class _Waiting:
    before: list[Span | Row] = field(default_factory=list)
    after: list[Span | Row] = field(default_factory=list)
    records: list[RecordChange] = field(default_factory=list)


class Change:
    """A change in the making, by the token *caller* if there is one; its rows are written in the transaction."""

    def __init__(self, action: str, caller: str | None = None) -> None:
        self.action = action
        self.caller = caller
        self.number: int | None = None
        self._at = instants.now()
        self._position: int | None = None
        self._waiting: dict[str | None, _Waiting] = {}
        self._size = 0

    def add_periods(
        self, connection: Connection, user_id: str, before: Sequence[Span | Row], after: Sequence[Span | Row]
    ) -> None:
        """Add what periods of a user were and are; those with the same start are the same period."""
        waiting = self._of(user_id)
        waiting.before.extend(before)
        waiting.after.extend(after)
        self._size += len(before) + len(after)
        if self._size > _MOST_WAITING or max(len(waiting.before), len(waiting.after)) >= ROWS_AT_MOST:
            self._write_all(connection)

    def add_record(
        self, table: str, before: Record | None, after: Record | None, user_id: str | None = None
    ) -> None:
        """Add what a row of another table was and is; *user_id* is the user it is about."""
        # The keys of a row of dataset's are a class of their own, which orjson does not write.
        rows = ({str(name): value for name, value in row.items()} if row else None for row in (before, after))
        self._of(user_id).records.append(RecordChange(table, *rows))

    def save(self, connection: Connection) -> int | None:
        """Write what is not written yet, and return the number of the change, None if nothing was changed."""
        self._write_all(connection)
        return self.number

    def part(self, action: str) -> "Change":
        """Return a change whose rows are parts of this one, which was saved."""
        part = Change(action, self.caller)
        part.number, part._at, part._position = self.number, self._at, self._position
        return part

    def _of(self, user_id: str | None) -> _Waiting:
        return self._waiting.setdefault(user_id, _Waiting())

    # With the driver's placeholders: SQLAlchemy's parameters take half as long again for 5,000 rows. On PostgreSQL
    # the position is that of the transaction, by default.
    _STATEMENTS: ClassVar[dict[str, str]] = {
        dialect: f"INSERT INTO changes ({', '.join(columns)}) VALUES ({', '.join(map(form.format, columns))})"  # noqa: S608
        for dialect, columns, form in (
            ("sqlite", ("xact", *_COLUMNS), ":{}"),
            ("postgresql", _COLUMNS, "%({})s"),
        )
    }

    def _write_all(self, connection: Connection) -> None:
        insert = self._STATEMENTS[connection.dialect.name]
        if self._waiting and self.number is None:
            self._position = marks.next_position(connection)
        rows = chain.from_iterable(starmap(self._rows, self._waiting.items()))
        if self.number is None:
            for row in rows:
                self.number = connection.exec_driver_sql(f"{insert} RETURNING number", row).scalar_one()
                break
        others = list(rows)
        if others:
            connection.exec_driver_sql(insert, others)
        self._waiting.clear()
        self._size = 0

    def _rows(self, user_id: str | None, waiting: _Waiting) -> Iterator[dict[str, Any]]:
        """Yield the rows of what waits of a user, each with up to ROWS_AT_MOST periods."""
        records = [list(record) for record in waiting.records]
        size = max(len(waiting.before), len(waiting.after), 1 if records else 0)
        for at in range(0, size, ROWS_AT_MOST):
            yield {
                "xact": self._position,
                "part_of": self.number,
                "at": self._at,
                "caller": self.caller,
                "action": self.action,
                "user_id": user_id,
                "before": pack_spans(waiting.before[at : at + ROWS_AT_MOST]),
                "after": pack_spans(waiting.after[at : at + ROWS_AT_MOST]),
                "records": orjson.dumps(records).decode() if records and not at else None,
            }


# A merge holds what belongs to both users in rows of each, and so does its undo.
_OF_BOTH = "SELECT coalesce(part_of, number) FROM changes WHERE user_id = :user_id AND action IN ('merge', 'undo')"
_ERASE = (
    sa.text(f"DELETE FROM changes WHERE number IN ({_OF_BOTH}) OR part_of IN ({_OF_BOTH})"),  # noqa: S608
    # The row to which others refer stays, without what it held.
    sa.text("""
        DELETE FROM changes WHERE user_id = :user_id AND (part_of IS NOT NULL
            OR number NOT IN (SELECT part_of FROM changes WHERE part_of IS NOT NULL))"""),
    sa.text(
        "UPDATE changes SET user_id = NULL, before = NULL, after = NULL, gone = NULL, records = NULL"
        " WHERE user_id = :user_id"
    ),
)


def erase_changes_of(connection: Connection, user_id: str) -> None:
    """Delete what changes hold of a user who is being deleted, in the caller's transaction.

    Programs that mirror changes cannot follow that, and start over.
    """
    for statement in _ERASE:
        connection.execute(statement, {"user_id": user_id})
    marks.start_over(connection)


def pack_spans(spans: Sequence[Span | Row]) -> bytes | None:
    """Return spans, or the spans of rows, as they are stored in a row of changes: column by column."""
    if not spans:
        return None
    columns = zip(*(span[-4:] for span in spans), strict=True)
    return pack(_format(len(spans)), *chain.from_iterable(columns))


def unpack_spans(packed: bytes | None) -> list[Span]:
    """Return the spans of a row of changes."""
    if packed is None:
        return []
    count = len(packed) // SPAN_BYTES
    values = unpack(_format(count), packed)
    return list(zip(*(values[at * count : (at + 1) * count] for at in range(4)), strict=True))


def _format(count: int) -> str:
    return f"<{count}q{count}q{count}i{count}i"
