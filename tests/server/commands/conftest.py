"""A database for each command, and users in it."""

from pathlib import Path

import pytest

from ftlserver.cli import main
from tests.helpers import DATA


@pytest.fixture(autouse=True)
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "ftl.sqlite3"
    monkeypatch.setenv("DATABASE_URL", str(path))
    return path


@pytest.fixture
def egon(capsys: pytest.CaptureFixture[str]) -> None:
    main(["import", "slack", str(DATA / "slack-users-list.json")])
    capsys.readouterr()
