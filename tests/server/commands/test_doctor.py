"""doctor: it finds each fault that was planted and nothing else, and corrects what loses nothing."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from ftlserver.domain import instants
from ftlserver.domain.instants import DAY, HOUR, MINUTE, SECOND
from ftlserver.domain.period import ActivityPeriod
from ftlserver.domain.user import User
from ftlserver.storage import Storage, sqlite_file
from tests.helpers import run

NOW = instants.now() // HOUR * HOUR
ADA = User("ada", "Ada Lovelace", "Europe/London")
BEN = User("ben", "Ben", "Asia/Kolkata")


def hours(user: User, *starts: int) -> list[ActivityPeriod]:
    """Return periods of half an hour that began so many hours ago."""
    return [ActivityPeriod.in_zone(user, NOW - n * HOUR, NOW - n * HOUR + 30 * MINUTE) for n in starts]


@pytest.fixture
def sound(database: Path) -> Path:
    """Give a database without faults: periods that overlap or touch, a member who left, one without activity."""
    with Storage.open(str(database)) as storage:
        gone = User("gone", "Gone Person", "UTC")
        storage.bulk_import.store([ADA, BEN, User("new", "New Person", "UTC"), gone], [])
        storage.bulk_import.store([], hours(ADA, *range(1, 40)) + hours(BEN, *range(2, 50, 3)))
        overlapping = ActivityPeriod.in_zone(ADA, NOW - HOUR + 20 * MINUTE, NOW - HOUR + 50 * MINUTE)
        touching = ActivityPeriod.in_zone(ADA, NOW - 2 * HOUR + 30 * MINUTE, NOW - 2 * HOUR + 31 * MINUTE)
        storage.bulk_import.store([], [overlapping, touching])
        storage.bulk_import.store([], hours(gone, 20_000))
        storage.users.change("gone", {"left_at": NOW - 300 * DAY})
    return database


def sql(statement: str) -> Callable[[Path], None]:
    def plant(path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(statement)

    return plant


def store(users: list[User], periods: list[ActivityPeriod]) -> Callable[[Path], None]:
    def plant(path: Path) -> None:
        with Storage.open(str(path)) as storage:
            storage.bulk_import.store(users, periods)

    return plant


SHIFTED = ActivityPeriod.in_zone(BEN, NOW - 2 * HOUR + 7 * SECOND, NOW - 2 * HOUR + 30 * MINUTE + 9 * SECOND)
IN_TOKYO = [period._replace(start_offset=32_400, end_offset=32_400) for period in hours(ADA, *range(400, 500))]
LATER_IN_TOKYO = [ActivityPeriod("tok", *period[1:]) for period in (p._replace(user_id="tok") for p in IN_TOKYO)]
FAULTS: dict[str, tuple[Callable[[Path], None], str]] = {
    "contained": (
        store([], [ActivityPeriod.in_zone(BEN, NOW - 5 * HOUR + MINUTE, NOW - 5 * HOUR + 2 * MINUTE)]),
        "ben has 1 period within a longer one of theirs",
    ),
    "seconds": (store([], [SHIFTED]), "ben has 2 periods that differ by seconds from another"),
    "zone": (
        store([User("tok", "Tok", "Europe/London")], LATER_IN_TOKYO),
        "the zone Europe/London of tok disagrees with most of their latest periods:"
        " ftlserver user zone tok Asia/Tokyo  (fits 20 of the latest 20)",
    ),
    "unknown zone": (
        sql("UPDATE users SET tz = 'Mars/Olympus' WHERE id = 'ben'"),
        "the zone Mars/Olympus of ben is unknown to this zone data:"
        " ftlserver user zone ben Asia/Kolkata  (fits 16 of the latest 16)",
    ),
    "same person": (
        store([User("ada2", "ada  LOVELACE", "UTC")], []),
        "ada, ada2 have the same full name, and may be one person: ftlserver user merge ada2 ada",
    ),
    "inactive": (
        store([User("old", "Old", "UTC")], [ActivityPeriod("old", 1_600_000_000 * SECOND, 1_600_000_060 * SECOND, 0, 0)]),
        "old was last active on 2020-09-13: ftlserver user leave old",
    ),
    "index": (
        sql("DROP INDEX teams_of_user"),
        "the table team_members lacks the index teams_of_user:"
        " restore a backup, or make it as a new database has it",
    ),
    "orphans": (
        sql("INSERT INTO team_members VALUES ('none', 'nobody')"),
        "references to users or teams that are gone: 2: restore a backup",
    ),
}  # fmt: skip


def examined(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, list[str], str]:
    status, out, err = run(capsys, "doctor", *options)
    first, *found = out.splitlines()
    assert first.startswith("ftlserver ")
    assert sqlite3.sqlite_version in first
    return status, found, err


@pytest.mark.usefixtures("sound")
def test_a_sound_database_has_no_faults(capsys: pytest.CaptureFixture[str]) -> None:
    assert examined(capsys) == (0, ["no faults found"], "")
    status, found, err = examined(capsys, "--fix")
    assert (status, found, err) == (0, ["no faults found"], "ftlserver: nothing was changed\n")


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_found_and_nothing_else(capsys: pytest.CaptureFixture[str], sound: Path, name: str) -> None:
    plant, expected = FAULTS[name]
    plant(sound)
    status, found, _ = examined(capsys)
    assert (status, found) == (1, [expected])


def test_all_faults_are_found_together_and_the_correction_is_taken_back(
    capsys: pytest.CaptureFixture[str], sound: Path
) -> None:
    for name, (plant, _) in FAULTS.items():
        if name != "unknown zone":
            plant(sound)
    status, found, err = examined(capsys)
    assert (status, set(found)) == (1, {text for name, (_, text) in FAULTS.items() if name != "unknown zone"})
    assert err == "ftlserver: correct redundant periods with: ftlserver doctor --fix\n"
    before = run(capsys, "export")[1]
    status, found, _ = examined(capsys, "--fix")
    assert found[0] == "redundant periods deleted: 2, joined with others: 1"
    assert len(found) == len(FAULTS) - 2
    after = run(capsys, "export")[1]
    assert before.count("start_time") - after.count("start_time") == 2
    assert not [line for line in examined(capsys)[1] if line.startswith("ben ")]
    with Storage.open(str(sound)) as storage:
        (entry, *_) = storage.changes.newest(1)
        assert (entry.action, entry.user_ids, entry.deleted) == ("doctor", ["ben"], 2)
    assert run(capsys, "undo", str(entry.number))[0] == 0
    assert run(capsys, "export")[1] == before


def test_many_faults_of_a_kind_are_counted(capsys: pytest.CaptureFixture[str], sound: Path) -> None:
    users = [User(f"old{number:02}", "Old", "UTC") for number in range(12)]
    store(users, [period for user in users for period in hours(user, 10_000)])(sound)
    status, found, _ = examined(capsys)
    assert (status, len(found), found[-1]) == (1, 11, "and 2 more like this; --all shows them")
    assert len(examined(capsys, "--all")[1]) == 12


def test_a_log_that_this_sqlite_can_corrupt_is_a_fault(
    capsys: pytest.CaptureFixture[str], sound: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_file, "wal_is_sound", lambda _version: True)
    with Storage.open(str(sound)):
        pass  # uses the write-ahead log from now on
    assert examined(capsys)[0] == 0


def test_damage_is_found(capsys: pytest.CaptureFixture[str], sound: Path) -> None:
    size = sound.stat().st_size
    with sound.open("r+b") as file:
        file.seek(file_of_users(sound, size))
        file.write(b"\xff" * 4096)
    status, out, err = run(capsys, "doctor")
    assert (status, "damaged" in out or "cannot be used" in err) == (status, True)
    assert status in (1, 3)


def file_of_users(path: Path, size: int) -> int:
    """Return where the page of the table of periods begins."""
    content = path.read_bytes()
    assert len(content) == size
    return content.rindex(b"ada") // 4096 * 4096


@pytest.mark.slow
def test_doctor_examines_postgresql(
    capsys: pytest.CaptureFixture[str], postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", postgresql_url)
    with Storage.open(postgresql_url) as storage:
        storage.bulk_import.store([BEN], [*hours(BEN, *range(2, 50, 3)), SHIFTED])
    status, out, _ = run(capsys, "doctor")
    assert (status, "PostgreSQL " in out) == (1, True)
    assert out.splitlines()[1:] == ["ben has 2 periods that differ by seconds from another"]
    assert run(capsys, "doctor", "--fix")[0] == 0
