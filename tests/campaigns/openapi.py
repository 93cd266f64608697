"""Requests that Schemathesis makes from the OpenAPI document, valid and invalid ones, to every route but its own.

Each answer is held to every check that Schemathesis has, but for ``positive_data_acceptance``: whether a zone or an
id exists goes beyond the shape of a request.
"""

import itertools
import json
from collections import Counter
from collections.abc import Callable
from ipaddress import IPv4Address
from random import Random
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.generation.hypothesis.builder import HypothesisTestConfig, HypothesisTestMode, create_test
from schemathesis.specs.openapi.checks import positive_data_acceptance

from ftlserver.storage import Storage
from ftlserver.web import responses
from ftlserver.web.app import create_app
from tests.answers import checking
from tests.campaigns.running import BOTH, Fresh, on_each
from tests.helpers import EGON, GLINDA, make_key, make_team, make_token, store_team

_ADDRESSES = int(IPv4Address("10.0.0.0"))


@schemathesis.serializer(responses.NDJSON)
def _lines(_context: schemathesis.SerializationContext, value: Any) -> bytes:
    return b"\n".join(json.dumps(item).encode() for item in (value if isinstance(value, list) else [value]))


class Contract:
    """Sends requests to a server over *storage*, which holds the assignment's team and is locked by tokens."""

    def __init__(self, storage: Storage) -> None:
        self.statuses: Counter[int] = Counter()
        self._storage = storage
        self._application = checking(create_app(storage))
        self._requests = itertools.count()
        self._admin = make_token(storage, "admin")
        self.operations = [
            found.ok()
            for found in schemathesis.openapi.from_wsgi("/openapi.json", self._serve).get_all_operations()
        ]

    @property
    def count(self) -> int:
        """Return how many requests were sent, those not counted by which a check tries what it found."""
        return sum(self.statuses.values())

    def systematic(self, most: int) -> None:
        """Send requests in which one thing at a time is at or beyond a limit, at most so many, evenly chosen."""
        found = [(operation, case) for operation in self.operations for case in _systematic(operation)]
        places = sorted({at * len(found) // most for at in range(most)})
        self._prepare()
        for operation, case in (found[place] for place in places):
            self._send(case, self._caller(operation))

    def random(self, most: int) -> None:
        """Send so many random requests, to the operations in turn, as many valid as invalid ones."""
        until = self.count + most
        pairs = list(itertools.product(self.operations, [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]))
        Random(1).shuffle(pairs)
        each = max(2, most // len(pairs))
        for number in itertools.count(1):
            for operation, mode in pairs:
                if self.count >= until:
                    return
                self._try(operation, mode, min(each, until - self.count), number)

    def _try(self, operation: Any, mode: GenerationMode, most: int, number: int) -> None:
        self._prepare()
        headers = self._caller(operation)

        @seed(number)
        @settings(
            max_examples=most,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        )
        @given(operation.as_strategy(generation_mode=mode, headers=headers or None))
        def check(case: Case) -> None:
            self._send(case, headers)

        try:
            check()
        except Unsatisfiable:  # nothing about this operation can be invalid
            assert mode is GenerationMode.NEGATIVE, operation.label

    def _send(self, case: Case, headers: dict[str, str]) -> None:
        response = case.call_and_validate(headers=headers or None, excluded_checks=[positive_data_acceptance])
        self.statuses[response.status_code] += 1

    def _prepare(self) -> None:
        """Store again what requests may have deleted, or merged into another user."""
        for user_id in set(self._storage.aliases.resolve([EGON.id, GLINDA.id]).values()):
            self._storage.users.delete(user_id)
        store_team(self._storage)
        make_team(self._storage, "backend", EGON)
        self._key = make_key(self._storage)

    def _caller(self, operation: Any) -> dict[str, str]:
        security = operation.definition.raw["security"]
        if not security:
            return {}
        return self._key if "key" in security[0] else self._admin

    def _serve(self, environ: dict[str, Any], start_response: Any) -> Any:
        # Each request comes from another address: one that sends many invalid tokens is refused for a minute.
        environ["REMOTE_ADDR"] = str(IPv4Address(_ADDRESSES + next(self._requests)))
        return self._application(environ, start_response)


def _systematic(operation: Any) -> list[Case]:
    """Return the cases of the coverage phase of Schemathesis."""
    found: list[Case] = []
    collect: Callable[[Case], None] = lambda case: found.append(case)  # noqa: E731  not a method: it is given marks
    config = HypothesisTestConfig(
        project=operation.schema.config,
        modes=[HypothesisTestMode.COVERAGE],
        settings=settings(max_examples=1, database=None, deadline=None, suppress_health_check=list(HealthCheck)),
    )
    create_test(operation=operation, test_func=collect, config=config)()
    return found


def run(storage: Storage, count: int, systematic: int) -> Counter[int]:
    """Send so many requests, up to *systematic* of them in a system; return how many had each status."""
    contract = Contract(storage)
    contract.systematic(systematic)
    contract.random(count - contract.count)
    return contract.statuses


def try_it(*, long: bool) -> str:
    """Send requests on each database."""
    count = 50_000 if long else 5_000

    def attempt(database: Fresh) -> str:
        with database.opened() as storage:
            statuses = run(storage, count, count // 2)
        shown = ", ".join(f"{number:,} × {status}" for status, number in sorted(statuses.items()))
        return f"{sum(statuses.values()):,} requests, 0 failures: {shown}"

    return on_each(BOTH, attempt)
