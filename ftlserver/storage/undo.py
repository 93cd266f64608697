"""Reading the table of changes, and taking a change back."""

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from ftlserver.domain import instants, time_formats
from ftlserver.domain.period import Span
from ftlserver.domain.token import Principal
from ftlserver.errors import ChangedSinceError, ChangeNotFoundError, DatabaseError
from ftlserver.storage import marks, period_writes
from ftlserver.storage.changes import SPAN_BYTES, Change, RecordChange, unpack_spans
from ftlserver.storage.database import Database, transaction
from ftlserver.storage.periods import Periods
from ftlserver.storage.tokens import unbind
from ftlserver.storage.users import Users

MOST_LISTED = 10  # of what was changed since
_SECONDS_BETWEEN = 3_600.0
_SECONDS_AFTER_FAILURE = 60.0

_log = logging.getLogger("ftlserver")

# The columns that identify a row of each table, in the order in which rows are made; they go in the reverse order.
_KEYS = {
    "users": ("id",),
    "user_aliases": ("alias",),
    "teams": ("id",),
    "team_members": ("team_id", "user_id"),
    "tokens": ("id",),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A change as the list of changes has it; *added*, *changed* and *deleted* count periods."""

    number: int
    at: int
    caller: str | None
    action: str
    user_ids: Sequence[str]
    added: int
    changed: int
    deleted: int
    records: Sequence[RecordChange]
    last: int  # the number of the last row


class Changes:
    """The changes in a database. Every method may raise DatabaseError."""

    def __init__(self, database: Database, users: Users, periods: Periods) -> None:
        self.database = database
        self._users = users
        self._periods = periods

    _ALL = sa.text(
        "SELECT number FROM changes WHERE part_of IS NULL AND number < :below ORDER BY number DESC LIMIT :most"
    )
    _OF_USER = sa.text("""
        SELECT DISTINCT coalesce(part_of, number) AS change FROM changes
        WHERE user_id = :user_id AND coalesce(part_of, number) < :below ORDER BY change DESC LIMIT :most""")

    def newest(self, most: int, user_id: str | None = None, below: int = 2**62) -> list[Entry]:
        """Return up to *most* changes, the last first, of all users or of one, with numbers less than *below*."""
        values = {"most": most, "below": below, "user_id": user_id}
        with transaction(self.database) as connection:
            numbers = connection.execute(self._ALL if user_id is None else self._OF_USER, values).scalars()
            return [self._entry(connection, number) for number in numbers.all()]

    def undo(self, number: int, principal: Principal) -> int | None:
        """Take a change back, whole or not at all, and return the number of the change that this is.

        Raise ChangeNotFoundError, RefusedError, or ChangedSinceError if what it wrote was changed since.
        """
        try:
            return self._undo(number, principal)
        except IntegrityError as exc:  # another has just made what this would bring back
            raise ChangedSinceError(number, []) from exc

    def _undo(self, number: int, principal: Principal) -> int | None:
        with transaction(self.database, write=True) as connection:
            entry = self._entry(connection, number)
            if "admin" not in principal.scopes and (entry.caller is None or entry.caller != principal.token_id):
                raise principal.refusal(
                    "admin", "this change was made by another caller; it takes admin to undo it"
                )
            is_about_all = any(record.table in ("teams", "tokens") for record in entry.records)
            principal.allow_users(None if is_about_all else entry.user_ids)
            return _Undo(self.database, connection, self._periods, entry, principal.token_id).run(self._users)

    _LAST_BEFORE: ClassVar[dict[str, sa.TextClause]] = {
        dialect: sa.text(f"SELECT {position} FROM changes WHERE at < :at ORDER BY xact DESC LIMIT 1")  # noqa: S608
        for dialect, position in (("sqlite", "xact"), ("postgresql", "CAST(CAST(xact AS text) AS bigint)"))
    }

    def prune(self, before: int) -> int:
        """Delete the changes made before that instant, and return how many rows they had."""
        with transaction(self.database, write=True) as connection:
            last = connection.execute(self._LAST_BEFORE[self.database.dialect], {"at": before}).scalar()
            if last is None:
                return 0
            marks.raise_to(connection, marks.RESYNC, last)
            return connection.execute(sa.text("DELETE FROM changes WHERE at < :at"), {"at": before}).rowcount

    @contextmanager
    def pruned(self, days: int) -> Iterator[None]:
        """Delete the changes older than that now and once an hour, in a thread."""
        stopping = threading.Event()

        def repeat() -> None:
            wait = 0.0
            while not stopping.wait(wait):
                try:
                    self.prune(instants.now() - days * instants.DAY)
                    wait = _SECONDS_BETWEEN
                except DatabaseError as exc:
                    _log.warning("old changes were not deleted: %s", exc)
                    wait = _SECONDS_AFTER_FAILURE

        thread = threading.Thread(target=repeat, name="old changes")
        thread.start()
        try:
            yield
        finally:
            stopping.set()
            thread.join()

    _PARTS = sa.text(
        "SELECT number, part_of, at, caller, action, user_id, length(before), length(after), records FROM changes"
        " WHERE number = :number OR part_of = :number ORDER BY number"
    )

    def _entry(self, connection: Connection, number: int) -> Entry:
        rows = connection.execute(self._PARTS, {"number": number}).all()
        if not rows or rows[0].part_of is not None:
            raise ChangeNotFoundError(number)
        first = rows[0]
        counts = [((row[6] or 0) // SPAN_BYTES, (row[7] or 0) // SPAN_BYTES) for row in rows]
        records = [RecordChange(*record) for row in rows if row.records for record in orjson.loads(row.records)]
        return Entry(
            number,
            first.at,
            first.caller,
            first.action,
            list(dict.fromkeys(row.user_id for row in rows if row.user_id is not None)),
            added=sum(max(after - before, 0) for before, after in counts),
            changed=sum(min(before, after) for before, after in counts),
            deleted=sum(max(before - after, 0) for before, after in counts),
            records=records,
            last=rows[-1].number,
        )


class _Undo:
    """Taking back one change, in the transaction of *connection*, user by user."""

    def __init__(
        self, database: Database, connection: Connection, periods: Periods, entry: Entry, caller: str | None
    ) -> None:
        self._database = database
        self._connection = connection
        self._periods = periods
        self._entry = entry
        self._change = Change("undo", caller)
        self._changed_since: list[dict[str, Any]] = []

    def run(self, users: Users) -> int | None:
        users.lock(self._connection, self._entry.user_ids)
        for user_id in self._entry.user_ids:
            self._shrink(user_id)
        self._check()
        for record in sorted(self._entry.records, key=lambda record: _ORDER[record.table], reverse=True):
            if record.before is None:
                self._restore(record)
        for record in sorted(self._entry.records, key=lambda record: _ORDER[record.table]):
            if record.before is not None:
                self._restore(record)
        self._check()
        there = users.lock(self._connection, self._entry.user_ids)
        for user_id in self._entry.user_ids:
            before, after = self._periods_of(user_id)
            gone = [span for start, span in before.items() if start not in after]
            if gone and user_id not in there:
                self._changed_since.append({"table": "users", "id": user_id})
                self._check()
            period_writes.insert(self._connection, [(user_id, *span) for span in gone])
        return self._change.save(self._connection)

    def _check(self) -> None:
        if self._changed_since:
            raise ChangedSinceError(self._entry.number, self._changed_since[:MOST_LISTED])

    def _shrink(self, user_id: str) -> None:
        """Delete the periods that the change added and set back those that it changed, unless changed since."""
        before, after = self._periods_of(user_id)
        if not (before or after):
            return
        starts = dict.fromkeys([*before, *after])
        stored = self._periods.stored(
            self._connection, {user_id: [(user_id, start, start, 0, 0) for start in starts]}
        )
        for start in starts:
            now, left = stored.get((user_id, start)), after.get(start)
            if now != left:
                self._changed_since.append({"user_id": user_id, **_shown(now or left or before[start])})
        if self._changed_since:
            return
        period_writes.delete(self._connection, [(user_id, start) for start in after if start not in before])
        back = [(user_id, *before[start]) for start in after if start in before]
        period_writes.set_ends(self._connection, back)
        self._change.add_periods(self._connection, user_id, list(after.values()), list(before.values()))

    _OF_USER = sa.text(
        "SELECT before, after FROM changes WHERE user_id = :user_id AND number BETWEEN :number AND :last"
        " AND (number = :number OR part_of = :number) ORDER BY number"
    )

    def _periods_of(self, user_id: str) -> tuple[dict[int, Span], dict[int, Span]]:
        """Return what the periods of a user were and became by the change, by start."""
        values = {"user_id": user_id, "number": self._entry.number, "last": self._entry.last}
        before: dict[int, Span] = {}
        after: dict[int, Span] = {}
        for was, became in self._connection.execute(self._OF_USER, values):
            # A batch may change what an earlier one of the same import added.
            for span in unpack_spans(was):
                if span[0] not in after:
                    before.setdefault(span[0], span)
            after |= {span[0]: span for span in unpack_spans(became)}
        return before, after

    def _restore(self, record: RecordChange) -> None:
        """Write a row of another table as it was before the change, if it is as the change left it."""
        table = self._database.table(record.table)
        columns = _KEYS[record.table]
        key = {name: (record.after or record.before or {})[name] for name in columns}
        row = table.find_one(**key)
        now = None if row is None else {name: row[name] for name in record.after or key}
        if now != record.after:
            self._changed_since.append({"table": record.table, **key})
            return
        if record.before is None:
            if self._is_used(record.table, key):
                self._changed_since.append({"table": record.table, **key})
                return
            if record.table == "users":
                for token in unbind(self._database, key["id"]):
                    self._change.add_record("tokens", *token, key["id"])
            table.delete(**key)
        elif record.after is None:
            table.insert(record.before)
        else:
            table.update(record.before, list(columns))
        user_id = key["id"] if record.table == "users" else (record.before or record.after or {}).get("user_id")
        self._change.add_record(record.table, record.after, record.before, user_id)

    def _is_used(self, table: str, key: dict[str, Any]) -> bool:
        """Tell whether a row that is to be deleted has something that is not of this change."""
        column, tables = _USES.get(table, ("", ()))
        used = " UNION ALL ".join(f"SELECT 1 FROM {user} WHERE {column} = :id" for user in tables)  # noqa: S608
        return bool(used) and self._connection.execute(sa.text(f"{used} LIMIT 1"), key).first() is not None


# The rows that go, or lose something, with a row of these tables: their column, and their tables.
_USES = {
    "users": ("user_id", ("activity_periods", "user_aliases", "team_members")),
    "teams": ("team_id", ("team_members", "tokens")),
}
_ORDER = {table: place for place, table in enumerate(_KEYS)}


def _shown(span: Span) -> dict[str, str]:
    return {"start_time": time_formats.iso(span[0], span[2]), "end_time": time_formats.iso(span[1], span[3])}
