"""Requests made from the OpenAPI document; ``python -m tests.campaigns schemathesis`` sends many more."""

import pytest

from ftlserver.storage import Storage
from tests.campaigns import openapi


@pytest.mark.slow
def test_no_request_made_from_the_document_is_answered_otherwise_than_it_says(sqlite_storage: Storage) -> None:
    statuses = openapi.run(sqlite_storage, 300, 260)
    assert sum(statuses.values()) == 300
    assert statuses.keys() >= {200, 400, 401, 404, 405}
