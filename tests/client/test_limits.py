"""The promise about hostile servers, with the program itself."""

import pytest

from tests.campaigns import client_limits


@pytest.mark.slow
def test_every_hostile_server_is_met_with_one_clear_line() -> None:
    assert " cases: at most " in client_limits.try_it(timeout=1.0)
