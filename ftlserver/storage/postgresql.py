"""Connections to PostgreSQL on which no wait is without an end.

PostgreSQL ends a statement that takes too long, and TCP ends a connection to a machine that is gone. A server
that was stopped does neither: its machine still takes what is sent, and over a Unix socket TCP has no say.
"""

import time
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen

ANSWER_SECONDS = 25.0  # more than a statement may take

Answer = TypeVar("Answer")


class Connection(psycopg.Connection[Any]):
    """A connection that is closed when the server does not answer in time."""

    def wait(self, gen: PQGen[Answer], *args: Any, **kwargs: Any) -> Answer:
        """Run an operation, which psycopg resumes at least every 0.1 s."""
        return super().wait(self._limited(gen), *args, **kwargs)

    def _limited(self, steps: PQGen[Answer]) -> PQGen[Answer]:
        deadline = time.monotonic() + ANSWER_SECONDS
        ready: Any = None
        while True:
            try:
                awaited = steps.send(ready)
            except StopIteration as exc:
                answer: Answer = exc.value
                return answer
            ready = yield awaited
            if time.monotonic() > deadline:
                self.close()
                raise psycopg.OperationalError(f"no answer within {ANSWER_SECONDS:g} s")


def connect(_dialect: object, _record: object, arguments: list[Any], options: dict[str, Any]) -> Connection:
    """Open a connection, as SQLAlchemy's event do_connect asks for one."""
    return Connection.connect(*arguments, **options)
