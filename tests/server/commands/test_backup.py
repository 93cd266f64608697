"""The command backup."""

import threading
import time
from pathlib import Path

import pytest

from ftlserver.cli import main
from ftlserver.domain import instants
from ftlserver.domain.period import ActivityPeriod
from ftlserver.domain.user import User
from ftlserver.storage import Storage
from tests.helpers import DATA, query, run


def saved(path: Path) -> set[tuple[str, int]]:
    assert query(path, "PRAGMA integrity_check") == [("ok",)]
    return set(query(path, "SELECT user_id, started_at FROM activity_periods"))


def test_a_backup_holds_all_that_was_acknowledged_before_it_began(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, database: Path
) -> None:
    acknowledged: set[tuple[str, int]] = set()
    done = threading.Event()

    def write(user: User) -> None:
        for number in range(1, 5_000):
            period = ActivityPeriod.in_zone(user, number * instants.HOUR, number * instants.HOUR + instants.MINUTE)
            storage.bulk_import.store([user], [period])
            acknowledged.add((user.id, period.started_at))
            if done.is_set():
                break

    copy = tmp_path / "copy.sqlite3"
    with Storage.open(str(database), threads=4) as storage:
        threads = [threading.Thread(target=write, args=[User(id_, "A", "UTC")]) for id_ in ("a", "b")]
        for thread in threads:
            thread.start()
        for round_ in range(1, 5):
            while len(acknowledged) < 10 * round_:
                time.sleep(0.001)
            before = acknowledged.copy()
            status, out, _ = run(capsys, "backup", str(copy))
            assert (status, out) == (0, f"{copy} holds {copy.stat().st_size:,} bytes\n")
            assert before <= saved(copy)
        done.set()
        for thread in threads:
            thread.join()
    assert copy.stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.glob("*.part*"))
    assert run(capsys, "--database", str(copy), "users")[0] == 0


def test_a_backup_replaces_an_old_file_and_a_failed_one_leaves_it_alone(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, database: Path
) -> None:
    target, link = tmp_path / "old", tmp_path / "link"
    target.write_text("old")
    target.chmod(0o644)
    link.symlink_to(target)
    main(["import", "members", str(DATA / "members.json")])
    assert run(capsys, "backup", str(link))[0] == 0
    assert (link.is_symlink(), target.stat().st_mode & 0o777, len(saved(target))) == (True, 0o600, 6)
    good = target.read_bytes()
    with database.open("r+b") as file:  # all pages after the first are lost
        file.truncate(4096)
    status, out, err = run(capsys, "backup", str(target))
    assert (status, out, len(err.splitlines())) == (3, "", 1)
    assert target.read_bytes() == good
    assert not list(tmp_path.glob("*.part*"))


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("ftl.sqlite3", "the copy would replace the database itself"),
        (".", "is no file"),
        ("/dev/null", "is no file"),
        ("none/copy", "cannot write"),
        ("ftl.sqlite3/copy", "cannot write"),
    ],
)
def test_a_backup_to_an_unusable_path_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, words: str
) -> None:
    main(["import", "members", str(DATA / "members.json")])
    capsys.readouterr()
    monkeypatch.chdir(tmp_path)
    status, out, err = run(capsys, "backup", target)
    assert (status, out, len(err.splitlines()), words in err) == (2, "", 1, True)
    assert len(saved(tmp_path / "ftl.sqlite3")) == 6


def test_a_backup_of_a_missing_database_creates_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, database: Path
) -> None:
    status, _, err = run(capsys, "backup", str(tmp_path / "copy"))
    assert (status, "there is no database at" in err) == (2, True)
    assert not database.exists()
    assert not (tmp_path / "copy").exists()


def test_a_backup_of_postgresql_is_refused_and_names_pg_dump(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, postgresql_url: str
) -> None:
    run(capsys, "--database", postgresql_url, "migrate")
    status, _, err = run(capsys, "--database", postgresql_url, "backup", str(tmp_path / "copy"))
    assert (status, "use pg_dump" in err) == (2, True)
    assert not (tmp_path / "copy").exists()
