"""Random requests to every route; ``python -m tests.campaigns fuzz`` sends many more."""

import pytest

from ftlserver.storage import Storage
from tests.campaigns import fuzz


@pytest.mark.slow
def test_no_random_request_causes_an_unexpected_error(storage: Storage) -> None:
    assert fuzz.run(storage, 400)["200"] > 100
