"""The plan that PostgreSQL makes for a statement of psycopg that is prepared."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import psycopg

Values = Mapping[str, Any] | Sequence[Any]


def explain(connection: psycopg.Connection[Any], statement: str, values: Values, *, analyze: bool = False) -> Any:
    """Return the plan of a statement, generic or not as ``plan_cache_mode`` says.

    EXPLAIN with parameters always plans for their values, EXPLAIN EXECUTE as it would be executed.
    """
    if isinstance(values, Mapping):
        for number, name in enumerate(values, 1):
            statement = statement.replace(f"%({name})s", f"${number}")
        values = list(values.values())
    for number in range(1, len(values) + 1):
        statement = statement.replace("%s", f"${number}", 1)
    given = f"({', '.join(['%s'] * len(values))})" if values else ""
    with psycopg.ClientCursor(connection) as cursor:
        cursor.execute(f"PREPARE explained AS {statement}".encode())
        cursor.execute(
            f"EXPLAIN (ANALYZE {analyze}, TIMING OFF, FORMAT JSON) EXECUTE explained {given}".encode(), values
        )
        plan = cursor.fetchall()[0][0][0]
        cursor.execute("DEALLOCATE explained")
    return plan


def nodes(plan: Any) -> Iterator[Any]:
    """Yield the nodes of a plan."""
    yield plan
    for inner in plan.get("Plans", []):
        yield from nodes(inner)
