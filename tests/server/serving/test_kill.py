"""What was acknowledged survives SIGKILL; ``python -m tests.campaigns.kill`` is the long form, on all databases."""

from pathlib import Path

import pytest

from tests.campaigns import kill


@pytest.mark.slow
def test_acknowledged_writes_are_stored_exactly_once_after_the_server_was_killed(tmp_path: Path) -> None:
    url, log = str(tmp_path / "ftl.sqlite3"), tmp_path / "log"
    tally = kill.campaign(url, kill.PLAIN, log, clients=2, batches=6, repeats=2, kills=2)
    assert (tally.answers, len(tally.acknowledged)) == (24, 95)
    assert tally.again > 0
    assert log.read_text().count(kill.READY) == 3
