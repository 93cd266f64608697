"""Writes that are saved in a file and sent in order, the changes that they made, and periods still running.

Every write is idempotent, so an item is removed only after the server has answered it.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ftlclient.api.client import Client
from ftlclient.errors import ConfigError, RefusedError

_TABLES = """
    CREATE TABLE IF NOT EXISTS items (
        id INTEGER PRIMARY KEY, url TEXT NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL,
        document TEXT NOT NULL, reason TEXT);
    CREATE TABLE IF NOT EXISTS imports (key TEXT PRIMARY KEY, done INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS changes (
        id INTEGER PRIMARY KEY AUTOINCREMENT, url TEXT NOT NULL, number INTEGER NOT NULL, what TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS running (
        url TEXT, user_id TEXT, start_time TEXT NOT NULL, tz TEXT NOT NULL, PRIMARY KEY (url, user_id));
"""
# The item stays saved: its token is missing, wrong or lacks a scope, or the server is unavailable.
KEEP_STATUSES = frozenset([401, 403, 421, 429, 500, 502, 503, 504])


@dataclass(frozen=True, slots=True)
class SpoolItem:
    """A saved write for the server at *url*; *reason* is why the server refused it, or None while it is unsent."""

    id: int
    url: str
    method: str
    path: str
    document: dict[str, Any]
    reason: str | None


@dataclass(frozen=True, slots=True)
class SpoolChange:
    """A change that was made from here: its number, its first period as sent, and how many there were."""

    number: int
    first: dict[str, Any]
    periods: int


@dataclass(frozen=True, slots=True)
class Running:
    """A period of a user of the server at *url* that has no end yet; *tz* is the zone of the user's clock."""

    url: str
    user_id: str
    start_time: str
    tz: str


class Spool:
    """The file of saved writes, shared by all programs of one account. Raise ConfigError if it cannot be used."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, url: str, method: str, path: str, document: dict[str, Any]) -> int:
        """Save a write; return its id."""
        with self._open() as connection:
            row = (url, method, path, json.dumps(document))
            sql = "INSERT INTO items (url, method, path, document) VALUES (?, ?, ?, ?)"
            return connection.execute(sql, row).lastrowid or 0

    def items(self) -> list[SpoolItem]:
        """Return all saved writes, oldest first."""
        if not self.path.exists():
            return []
        with self._open() as connection:
            rows = connection.execute("SELECT id, url, method, path, document, reason FROM items ORDER BY id")
            return [
                SpoolItem(id_, url, method, path, json.loads(text), reason)
                for id_, url, method, path, text, reason in rows
            ]

    def waiting(self, url: str) -> list[SpoolItem]:
        """Return the writes that wait to be sent to *url*, oldest first."""
        return [item for item in self.items() if item.url == url and item.reason is None]

    def remove(self, item: int) -> None:
        """Remove one item."""
        self._execute("DELETE FROM items WHERE id = ?", (item,))

    def clear(self, *, also_waiting: bool) -> int:
        """Remove refused writes, and *also_waiting* ones if asked; return how many."""
        with self._open() as connection:
            where = "" if also_waiting else " WHERE reason IS NOT NULL"
            return connection.execute(f"DELETE FROM items{where}").rowcount  # noqa: S608

    def flush(self, client: Client) -> dict[int, dict[str, Any] | RefusedError]:
        """Send the waiting writes to the server of *client*; return the answer to each item.

        A write that the server refuses is kept with the reason, and the next one is sent. Raise UnreachableError,
        NotThisAPIError, or RefusedError for an insufficient token; the rest stays saved.
        """
        answers: dict[int, dict[str, Any] | RefusedError] = {}
        for item in self.waiting(client.url):
            try:
                answer = answers[item.id] = client.request(item.method, item.path, item.document)
                self._execute("DELETE FROM items WHERE id = ?", (item.id,))
                self.note_change(item.url, answer.get("change"), item.document)
            except RefusedError as exc:
                if exc.status in KEEP_STATUSES:
                    raise
                answers[item.id] = exc
                self._execute("UPDATE items SET reason = ? WHERE id = ?", (str(exc), item.id))
        return answers

    def note_change(self, url: str, number: object, document: dict[str, Any]) -> None:
        """Save the number of a change that a write made, so that it can be undone."""
        if isinstance(number, int):
            periods = document.get("periods", [document])
            what = json.dumps([periods[0] if periods else {}, len(periods)])
            self._execute("DELETE FROM changes WHERE url = ? AND number = ?", (url, number))
            self._execute("INSERT INTO changes (url, number, what) VALUES (?, ?, ?)", (url, number, what))

    def last_change(self, url: str) -> SpoolChange | None:
        """Return the last change made from here that was not undone."""
        with self._open() as connection:
            sql = "SELECT number, what FROM changes WHERE url = ? ORDER BY id DESC LIMIT 1"
            row = connection.execute(sql, (url,)).fetchone()
        if row is None:
            return None
        first, count = json.loads(row[1])
        return SpoolChange(row[0], first, count)

    def forget_change(self, url: str, number: int) -> None:
        """Remove a change, which was undone or is not known to the server any more."""
        self._execute("DELETE FROM changes WHERE url = ? AND number = ?", (url, number))

    def begin(self, running: Running) -> bool:
        """Save a running period, unless that user has one; return whether it was saved."""
        with self._open() as connection:
            row = (running.url, running.user_id, running.start_time, running.tz)
            return connection.execute("INSERT OR IGNORE INTO running VALUES (?, ?, ?, ?)", row).rowcount == 1

    def running(self) -> list[Running]:
        """Return the running periods."""
        if not self.path.exists():
            return []
        with self._open() as connection:
            return [Running(*row) for row in connection.execute("SELECT * FROM running ORDER BY url, user_id")]

    def end(self, running: Running) -> None:
        """Remove a running period."""
        self._execute("DELETE FROM running WHERE url = ? AND user_id = ?", (running.url, running.user_id))

    def import_done(self, key: str) -> int:
        """Return how many items of an import have been sent."""
        with self._open() as connection:
            row = connection.execute("SELECT done FROM imports WHERE key = ?", (key,)).fetchone()
            return int(row[0]) if row else 0

    def note_import(self, key: str, done: int | None) -> None:
        """Save how many items of an import have been sent; None removes a completed import."""
        if done is None:
            self._execute("DELETE FROM imports WHERE key = ?", (key,))
        else:
            self._execute("INSERT OR REPLACE INTO imports VALUES (?, ?)", (key, done))

    def _execute(self, sql: str, values: tuple[object, ...]) -> None:
        with self._open() as connection:
            connection.execute(sql, values)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.path.touch(mode=0o600)
            connection = sqlite3.connect(self.path, timeout=10)
            try:
                with connection:
                    connection.executescript(_TABLES)
                    yield connection
            finally:
                connection.close()
        except (OSError, sqlite3.Error) as exc:
            raise ConfigError(f"the spool {self.path} cannot be used: {exc}") from exc
