"""Deleting what is older than needed, from the periods and from the changes that hold them."""

from collections.abc import Iterator
from typing import ClassVar

import sqlalchemy as sa

from ftlserver.storage import marks
from ftlserver.storage.changes import pack_spans, unpack_spans
from ftlserver.storage.database import Database, scrub, transaction
from ftlserver.storage.users import Users

_ROWS_AT_ONCE = 200


class Pruning:
    """Deletes periods that ended before an instant. Every method may raise DatabaseError."""

    def __init__(self, database: Database, users: Users) -> None:
        self.database = database
        self._users = users

    _OLD = "FROM activity_periods WHERE user_id = :user_id AND started_at < :before AND ended_at <= :before"
    _COUNT, _DELETE = sa.text(f"SELECT count(*) {_OLD}"), sa.text(f"DELETE {_OLD}")

    def count(self, before: int) -> int:
        """Return how many periods ended before that instant."""
        return sum(self._of_each_user(self._COUNT, before, write=False))

    def prune(self, before: int) -> int:
        """Delete the periods that ended before that instant, for good, and return how many they were.

        From then on none is stored that ended before it. What changes hold of them is deleted too, so programs
        that mirror changes start over.
        """
        with transaction(self.database, write=True) as connection:
            marks.raise_to(connection, marks.OLDEST, before)
            marks.start_over(connection)  # also if this is interrupted
        # First, so that no undo brings old periods back, and again for what an undo has brought back meanwhile.
        self._prune_changes(before)
        deleted = sum(self._of_each_user(self._DELETE, before, write=True))
        self._prune_changes(before)
        with transaction(self.database, write=True) as connection:
            marks.start_over(connection)
        scrub(self.database)
        return deleted

    def _of_each_user(self, statement: sa.TextClause, before: int, *, write: bool) -> Iterator[int]:
        """Yield how many old periods each user has or had, in a transaction each, so that others need not wait."""
        for user in self._users.all():
            with transaction(self.database, write=write) as connection:
                if write:
                    self._users.lock(connection, [user.id])
                result = connection.execute(statement, {"user_id": user.id, "before": before})
                yield result.rowcount if write else int(result.scalar_one())

    _COLUMNS: ClassVar[tuple[str, ...]] = ("before", "after", "gone")
    _CHANGES = sa.text(
        "SELECT number, before, after, gone FROM changes WHERE number > :number ORDER BY number LIMIT :most"
    )
    _UPDATE = sa.text("UPDATE changes SET before = :before, after = :after, gone = :gone WHERE number = :number")

    def _prune_changes(self, before: int) -> None:
        """Delete what changes hold of old periods."""
        number: int | None = -1
        while number is not None:
            number = self._prune_rows(before, number)

    def _prune_rows(self, before: int, after_number: int) -> int | None:
        """Delete what some rows of changes hold of old periods, and return the number of the last of them."""
        with transaction(self.database, write=True) as connection:
            rows = connection.execute(self._CHANGES, {"number": after_number, "most": _ROWS_AT_ONCE}).all()
            for row in rows:
                spans = {name: unpack_spans(getattr(row, name)) for name in self._COLUMNS}
                old = {span[0] for found in spans.values() for span in found if span[1] <= before}
                if old:
                    kept = {name: [span for span in found if span[0] not in old] for name, found in spans.items()}
                    packed = {name: pack_spans(found) for name, found in kept.items()}
                    connection.execute(self._UPDATE, packed | {"number": row.number})
            return rows[-1].number if rows else None
