"""What waits to be sent: each write is kept in a file first, and goes out oldest first.

Sending the same twice does no harm, so an item is taken out only when the server has answered it.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ftlclient.client import Client
from ftlclient.errors import ConfigError, RefusedError

_TABLES = """
    CREATE TABLE IF NOT EXISTS items (
        id INTEGER PRIMARY KEY, url TEXT NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL,
        document TEXT NOT NULL, reason TEXT);
    CREATE TABLE IF NOT EXISTS imports (key TEXT PRIMARY KEY, done INTEGER NOT NULL);
"""
# A token that is missing, wrong or too small is the desk's fault, not the item's: it waits.
_WAITS_FOR = frozenset([401, 403, 421, 429, 500, 502, 503, 504])


@dataclass(frozen=True, slots=True)
class SpoolItem:
    """A write for the server at *url*; *reason* says why the server refused it, None while it waits."""

    id: int
    url: str
    method: str
    path: str
    document: dict[str, Any]
    reason: str | None


class Spool:
    """The file of what waits, shared by all programs of one user. Raise ConfigError when it cannot be used."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, url: str, method: str, path: str, document: dict[str, Any]) -> int:
        """Keep a write; return its id."""
        with self._open() as connection:
            row = (url, method, path, json.dumps(document))
            sql = "INSERT INTO items (url, method, path, document) VALUES (?, ?, ?, ?)"
            return connection.execute(sql, row).lastrowid or 0

    def items(self) -> list[SpoolItem]:
        """Return all that is here, the oldest first."""
        if not self.path.exists():
            return []
        with self._open() as connection:
            rows = connection.execute("SELECT id, url, method, path, document, reason FROM items ORDER BY id")
            return [
                SpoolItem(id_, url, method, path, json.loads(text), reason)
                for id_, url, method, path, text, reason in rows
            ]

    def waiting(self, url: str) -> list[SpoolItem]:
        """Return what waits for the server at *url*, the oldest first."""
        return [item for item in self.items() if item.url == url and item.reason is None]

    def remove(self, item: int) -> None:
        """Remove one item."""
        self._settle("DELETE FROM items WHERE id = ?", (item,))

    def clear(self, *, also_waiting: bool) -> int:
        """Remove what was refused, and if asked what waits; return how many items that were."""
        with self._open() as connection:
            where = "" if also_waiting else " WHERE reason IS NOT NULL"
            return connection.execute(f"DELETE FROM items{where}").rowcount  # noqa: S608

    def flush(self, client: Client) -> dict[int, dict[str, Any] | RefusedError]:
        """Send what waits for the server of *client*; return the answer to each item.

        What the server refuses is set aside with its reason and keeps nothing else from being sent. Raise
        UnreachableError, NotThisAPIError, or RefusedError for a token that does not do; the rest then waits.
        """
        answers: dict[int, dict[str, Any] | RefusedError] = {}
        for item in self.waiting(client.url):
            try:
                answers[item.id] = client.request(item.method, item.path, item.document)
                self._settle("DELETE FROM items WHERE id = ?", (item.id,))
            except RefusedError as exc:
                if exc.status in _WAITS_FOR:
                    raise
                answers[item.id] = exc
                self._settle("UPDATE items SET reason = ? WHERE id = ?", (str(exc), item.id))
        return answers

    def import_done(self, key: str) -> int:
        """Return how many items of an import have been sent."""
        with self._open() as connection:
            row = connection.execute("SELECT done FROM imports WHERE key = ?", (key,)).fetchone()
            return int(row[0]) if row else 0

    def note_import(self, key: str, done: int | None) -> None:
        """Note how many items of an import have been sent; None forgets it, because it is complete."""
        if done is None:
            self._settle("DELETE FROM imports WHERE key = ?", (key,))
        else:
            self._settle("INSERT OR REPLACE INTO imports VALUES (?, ?)", (key, done))

    def _settle(self, sql: str, values: tuple[object, ...]) -> None:
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
