"""The command users."""

import re
from pathlib import Path

import pytest

from ftlserver.cli import main
from ftlserver.domain.period import ActivityPeriod
from ftlserver.domain.user import User
from ftlserver.storage import Storage
from tests.helpers import DATA, run


def test_users_lists_users_with_their_last_activity(capsys: pytest.CaptureFixture[str]) -> None:
    main(["import", "members", str(DATA / "members.json")])
    main(["insert_user", "1", "--seed", "1"])
    capsys.readouterr()
    status, out, _ = run(capsys, "users")
    assert status == 0
    assert re.search(r"W012A3CDE +Egon Spengler +America/Los_Angeles +3 +2020-03-16 20:02", out)
    assert re.search(r" 0 +never", out)


def test_users_shows_the_recorded_wall_clock_and_replaces_control_characters_in_names(
    capsys: pytest.CaptureFixture[str], database: Path
) -> None:
    with Storage.open(str(database)) as storage:
        there = User("u", "left\u202eright", "Europe/Berlin")
        storage.bulk_import.store(
            [there], [ActivityPeriod.from_text(there, "2026-01-05T09:00", "2026-01-05T17:00")]
        )
        storage.bulk_import.store([User("u", "left\u202eright", "America/Los_Angeles")], [])
    out = run(capsys, "users")[1]
    assert "2026-01-05 17:00" in out
    assert "left\ufffdright" in out
