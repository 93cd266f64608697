"""What was acknowledged survives SIGKILL; ``python -m tests.campaigns.kill`` is the long form, on all databases."""

from pathlib import Path

import pytest

from tests.campaigns import kill
from tests.campaigns.running import READY, ROLLBACK_JOURNAL, Fresh


@pytest.mark.slow
def test_acknowledged_writes_are_stored_exactly_once_after_the_server_was_killed(tmp_path: Path) -> None:
    database = Fresh(ROLLBACK_JOURNAL, str(tmp_path / "ftl.sqlite3"), tmp_path)
    tally = kill.campaign(database, clients=2, batches=6, repeats=2, kills=2)
    assert (tally.answers, len(tally.acknowledged)) == (24, 95)
    assert tally.again > 0
    assert (tmp_path / "log").read_text().count(READY) == 3
