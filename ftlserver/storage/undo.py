"""Reading the table of changes, and taking a change back."""

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from ftlserver.domain import instants, time_formats
from ftlserver.domain.period import Span
from ftlserver.domain.token import Principal
from ftlserver.errors import ChangedSinceError, ChangeNotFoundError, DatabaseError
from ftlserver.storage import marks, period_writes
from ftlserver.storage.changes import KEPT, SPAN_BYTES, Change, RecordChange, unpack_spans
from ftlserver.storage.database import Database, transaction
from ftlserver.storage.periods import Periods
from ftlserver.storage.tokens import unbind
from ftlserver.storage.users import Users

MOST_LISTED = 10  # of what was changed since, set back or kept
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


@dataclass(slots=True)
class Undone:
    """What an undo did: its own number, None if nothing was different, and what became of how many periods.

    *ends* lists periods whose end was set, with their id, what they were and what they are; *kept* what was left,
    because a later change extended it further or needs it. Both have up to MOST_LISTED.
    """

    change: int | None = None
    deleted: int = 0
    restored: int = 0
    set_back: int = 0
    kept_periods: int = 0
    kept_users: int = 0
    ends: list[tuple[str, Span, Span]] = field(default_factory=list)
    kept: list[dict[str, Any]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return it as an answer has it."""
        return {
            "change": self.change,
            "periods": {
                "deleted": self.deleted,
                "restored": self.restored,
                "set_back": self.set_back,
                "kept": self.kept_periods,
            },
            "users_kept": self.kept_users,
            "set_back": [
                {"user_id": user_id, **_shown(now), "previous_end_time": time_formats.iso(was[1], was[3])}
                for user_id, was, now in self.ends
            ],
            "kept": self.kept,
        }


class _Step(NamedTuple):
    """A period to take back: what the change made of it, what it was without the change, and what it is now.

    A *claim* is one that the change, an undo, kept: it did not write it.
    """

    left: Span | None
    target: Span | None
    now: Span | None
    is_claim: bool = False

    @property
    def is_outgrown(self) -> bool:
        """Tell whether the period goes on beyond what the change and its undo say of it."""
        ends = [span[1] for span in (self.left, self.target) if span is not None]
        return self.now is not None and self.now[1] >= max(ends) + (not self.is_claim)


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

    def undo(self, number: int, principal: Principal) -> Undone:
        """Take a change back, whole or not at all.

        Of periods that were recorded or imported, those that a later change extended further stay as they are, and
        of an import the users whom these are of. Raise ChangeNotFoundError, RefusedError, or ChangedSinceError if
        what it wrote was changed since otherwise, or if all of it would stay.
        """
        try:
            return self._undo(number, principal)
        except IntegrityError as exc:  # another has just made what this would bring back
            raise ChangedSinceError(number, []) from exc

    def _undo(self, number: int, principal: Principal) -> Undone:
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
        counts = [((row[6] or 0) // SPAN_BYTES, (row[7] or 0) // SPAN_BYTES) for row in rows if row.action != KEPT]
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
        self._claims: dict[str, list[_Step]] = {}
        self._done = Undone()

    def run(self, users: Users) -> Undone:
        users.lock(self._connection, self._entry.user_ids)
        returning = [user_id for user_id in self._entry.user_ids if self._take_back(user_id)]
        self._check()
        kept = self._kept_users()
        records = [record for record in self._entry.records if _user_of(record) not in kept]
        if self._claims and not (self._done.deleted or self._done.restored or self._done.set_back or records):
            self._changed_since = self._done.kept
            self._check()
        for record in sorted(records, key=lambda record: _ORDER[record.table], reverse=True):
            if record.before is None:
                self._restore(record)
        for record in sorted(records, key=lambda record: _ORDER[record.table]):
            if record.before is not None:
                self._restore(record)
        self._check()
        there = users.lock(self._connection, self._entry.user_ids)
        for user_id in returning:
            if user_id not in there:
                self._changed_since.append({"table": "users", "id": user_id})
                self._check()
            missing = [step.target for step in self._steps(user_id) if step.left is None and step.now is None]
            period_writes.insert(self._connection, [(user_id, *span) for span in missing if span is not None])
        self._done.change = self._change.save(self._connection)
        kept_periods = self._change.part(KEPT)
        for user_id, claims in self._claims.items():
            kept_periods.add_periods(self._connection, user_id, *_pairs(claims))
        kept_periods.save(self._connection)
        return self._done

    def _check(self) -> None:
        if self._changed_since:
            raise ChangedSinceError(self._entry.number, self._changed_since[:MOST_LISTED])

    def _take_back(self, user_id: str) -> bool:
        """Delete the periods that the change added, set back those that it changed, and keep what it may.

        Return whether there are periods to add, when the user is there.
        """
        may_keep = self._entry.action in _GROWING
        steps: list[_Step] = []
        claims: list[_Step] = []
        for step in self._steps(user_id):
            if step.now == step.left and not (step.is_claim and step.left == step.target):
                steps.append(step)
            elif (may_keep or step.is_claim) and step.left != step.target and step.is_outgrown:
                claims.append(step)
            elif (span := step.now or step.left or step.target) is not None:
                self._changed_since.append({"user_id": user_id, **_shown(span)})
        if self._changed_since:
            return False
        steps = [step for step in steps if step.left != step.target]
        deleted = [(user_id, step.left[0]) for step in steps if step.left and not step.target]
        back = [(step.left, step.target) for step in steps if step.left and step.target]
        period_writes.delete(self._connection, deleted)
        period_writes.set_ends(self._connection, [(user_id, *target) for _, target in back])
        self._change.add_periods(self._connection, user_id, *_pairs(steps))
        if claims:
            self._claims[user_id] = claims
        done = self._done
        done.deleted += len(deleted)
        done.set_back += len(back)
        done.restored += (returning := len(steps) - len(deleted) - len(back))
        done.kept_periods += len(claims)
        done.ends += [(user_id, *ends) for ends in back[: MOST_LISTED - len(done.ends)]]
        done.kept += [
            {"user_id": user_id, **_shown(step.now)} for step in claims[: MOST_LISTED - len(done.kept)] if step.now
        ]
        return returning > 0

    _OF_USER = sa.text(
        "SELECT before, after, action FROM changes WHERE user_id = :user_id AND number BETWEEN :number AND :last"
        " AND (number = :number OR part_of = :number) ORDER BY number"
    )

    def _steps(self, user_id: str) -> list[_Step]:
        """Return what taking the change back means for each period of a user that it names."""
        values = {"user_id": user_id, "number": self._entry.number, "last": self._entry.last}
        was: dict[str, dict[int, Span]] = {"": {}, KEPT: {}}
        became: dict[str, dict[int, Span]] = {"": {}, KEPT: {}}
        for packed_before, packed_after, action in self._connection.execute(self._OF_USER, values):
            before, after = (found[KEPT if action == KEPT else ""] for found in (was, became))
            # A batch may change what an earlier one of the same import added.
            for span in unpack_spans(packed_before):
                if span[0] not in after:
                    before.setdefault(span[0], span)
            after |= {span[0]: span for span in unpack_spans(packed_after)}
        written = dict.fromkeys([*was[""], *became[""]])
        claimed = dict.fromkeys([*was[KEPT], *became[KEPT]])
        if not (written or claimed):
            return []
        asked = [(user_id, start, start, 0, 0) for start in (*written, *claimed)]
        stored = self._periods.stored(self._connection, {user_id: asked})
        targets = self._without_undone(user_id, {start: was[""].get(start) for start in written})
        left = self._without_undone(user_id, {start: became[KEPT].get(start) for start in claimed}, was[KEPT])
        return [
            *(_Step(became[""].get(start), targets[start], stored.get((user_id, start))) for start in written),
            *(
                _Step(left[start], was[KEPT].get(start), stored.get((user_id, start)), is_claim=True)
                for start in claimed
            ),
        ]

    _KEPT_SINCE = sa.text(
        "SELECT before, after FROM changes WHERE user_id = :user_id AND number > :last AND action = :kept"
        " ORDER BY number"
    )

    def _without_undone(
        self, user_id: str, spans: dict[int, Span | None], were: Mapping[int, Span | None] = MappingProxyType({})
    ) -> dict[int, Span | None]:
        """Return what periods would be without the changes that were undone since, whose undos kept them.

        Undoing such an undo counts only where it counted, or where its period is among those that *were*.
        """
        passed = {start: {were[start]} if start in were else set() for start in spans}
        values = {"user_id": user_id, "last": self._entry.last, "kept": KEPT}
        for packed in self._connection.execute(self._KEPT_SINCE, values):
            before, after = ({span[0]: span for span in unpack_spans(value)} for value in packed)
            for start in before.keys() | after.keys():
                was, became = before.get(start), after.get(start)
                if start not in spans or spans[start] != was:
                    continue
                is_redo = was is None or (became is not None and became[1] > was[1])
                if not is_redo or became in passed[start]:
                    passed[start].add(was)
                    spans[start] = became
        return spans

    def _kept_users(self) -> set[str]:
        """Return the users whom the import added and who have other periods now; they stay as they are."""
        if self._entry.action != "import":
            return set()
        added = [
            record.after["id"]
            for record in self._entry.records
            if record.table == "users" and record.before is None and record.after is not None
        ]
        values = {"ids": self._database.array(added)}
        kept = list(self._connection.execute(_WITH_PERIODS[self._database.dialect], values).scalars())
        self._done.kept_users = len(kept)
        listed = kept[: MOST_LISTED - len(self._done.kept)]
        self._done.kept += [{"table": "users", "id": user_id} for user_id in listed]
        return set(kept)

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
_GROWING = ("import", "record")  # the actions that let periods grow
_WITH_PERIODS = {
    dialect: sa.text(
        f"SELECT asked.value FROM {asked}"  # noqa: S608
        " WHERE EXISTS (SELECT 1 FROM activity_periods WHERE user_id = asked.value) ORDER BY asked.value"
    )
    for dialect, asked in (
        ("sqlite", "json_each(:ids) AS asked"),
        ("postgresql", "unnest(CAST(:ids AS varchar[])) AS asked (value)"),
    )
}


def _pairs(steps: Sequence[_Step]) -> tuple[list[Span], list[Span]]:
    """Return what the periods were and become, as a change has them: those first that are in both.

    A large change has rows of a limited size, and a period must not become something in a row before it was.
    """
    steps = sorted(steps, key=lambda step: step.left is None or step.target is None)
    return [step.left for step in steps if step.left], [step.target for step in steps if step.target]


def _user_of(record: RecordChange) -> str | None:
    """Return the user to whom a record of an import belongs."""
    row = record.after or record.before or {}
    return row["id"] if record.table == "users" else row.get("user_id")


def _shown(span: Span) -> dict[str, str]:
    return {"start_time": time_formats.iso(span[0], span[2]), "end_time": time_formats.iso(span[1], span[3])}
