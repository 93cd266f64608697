"""The command migrate."""

import sqlite3
from pathlib import Path

import pytest

from ftlserver.cli import main
from ftlserver.storage import schema
from tests.helpers import run


def test_migrate_updates_the_tables_and_may_be_repeated(capsys: pytest.CaptureFixture[str], url: str) -> None:
    for _ in range(2):
        status, out, err = run(capsys, "--database", url, "migrate")
        assert (status, err) == (0, "")
        assert out.endswith(f" is at version {len(schema.MIGRATIONS)}\n")
    assert run(capsys, "--database", url, "users")[0] == 0


def test_migrate_refuses_a_database_of_a_newer_version(capsys: pytest.CaptureFixture[str], database: Path) -> None:
    main(["migrate"])
    connection = sqlite3.connect(database)
    with connection:
        connection.execute("INSERT INTO migrations (number, name, applied_at) VALUES (999, 'of tomorrow', 0)")
    connection.close()
    capsys.readouterr()
    status, out, err = run(capsys, "migrate")
    assert (status, out, "newer ftlserver" in err) == (3, "", True)
