"""The command export."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from ftlserver.cli import main
from ftlserver.domain import instants
from ftlserver.domain.period import ActivityPeriod
from ftlserver.storage import Storage
from tests.helpers import DATA, EGON, query, run


def test_an_export_can_be_imported_into_an_equal_database(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, database: Path
) -> None:
    with Storage.open(str(database)) as storage:
        periods = [
            ActivityPeriod.in_zone(EGON, n * 10**13 + n, n * 10**13 + n + instants.HOUR + 1) for n in range(1, 170)
        ]
        storage.bulk_import.store([EGON], [*periods, ActivityPeriod(EGON.id, 5, 6, 3600, -3600)])
    main(["import", "members", str(DATA / "members.json")])
    capsys.readouterr()
    exported = tmp_path / "out.json"
    assert run(capsys, "export", "--output", str(exported))[:2] == (0, "")
    assert exported.stat().st_mode & 0o077 == 0
    other = str(tmp_path / "other.sqlite3")
    assert run(capsys, "--database", other, "import", "members", str(exported))[0] == 0
    everything = "SELECT * FROM users, activity_periods ORDER BY 1, 4, 5, 6"
    assert query(Path(other), everything) == query(database, everything)
    assert [path.name for path in tmp_path.iterdir() if "part" in path.name] == []


def test_export_of_some_users_writes_only_those(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    main(["import", "members", str(DATA / "members.json")])
    capfdbinary.readouterr()
    assert main(["export", "W07QCRPA4"]) == 0
    document = json.loads(capfdbinary.readouterr().out)
    assert document["ok"] is True
    assert [member["id"] for member in document["members"]] == ["W07QCRPA4"]
    assert document["members"][0]["activity_periods"][0]["start_time"] == "2020-02-01T13:33:00+05:30"
    assert main(["export", "unknown"]) == 1
    assert capfdbinary.readouterr().out == b""


def test_export_writes_through_links_and_into_pipes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    main(["import", "members", str(DATA / "members.json")])
    target, link, fifo = tmp_path / "target.json", tmp_path / "link.json", tmp_path / "fifo"
    target.write_text("old")
    link.symlink_to(target)
    assert run(capsys, "export", "--output", str(link))[0] == 0
    assert link.is_symlink()
    assert len(json.loads(target.read_text())["members"]) == 2
    os.mkfifo(fifo)
    reader = subprocess.Popen(["cat", str(fifo)], stdout=subprocess.PIPE)
    assert run(capsys, "export", "--output", str(fifo))[0] == 0
    assert reader.communicate()[0] == target.read_bytes()
    assert fifo.is_fifo()


def test_export_to_a_missing_directory_fails(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    main(["migrate"])
    status, _, err = run(capsys, "export", "--output", str(tmp_path / "none" / "out.json"))
    assert (status, "cannot write" in err) == (2, True)
