"""prune: what is older than needed is deleted everywhere, and does not come back."""

from pathlib import Path

import pytest

from ftlserver.domain.instants import HOUR
from ftlserver.domain.period import ActivityPeriod
from ftlserver.domain.token import EVERYTHING
from ftlserver.domain.user import User
from ftlserver.errors import ResyncError
from ftlserver.storage import Storage
from ftlserver.storage.changes import unpack_spans
from ftlserver.storage.database import transaction
from tests.helpers import all_rows, at, run, usage_error

ANN = User("ann", "Ann", "UTC")
LIMIT = at("2026-01-01T00:00:00Z")
OLD = ActivityPeriod("ann", LIMIT - 9 * HOUR, LIMIT - 8 * HOUR, 0, 0)
UNTIL = ActivityPeriod("ann", LIMIT - HOUR, LIMIT, 0, 0)
OVER = ActivityPeriod("ann", LIMIT - HOUR + 1, LIMIT + 1, 0, 0)
NEW = ActivityPeriod("ann", LIMIT + HOUR, LIMIT + 2 * HOUR, 0, 0)


def fill(storage: Storage) -> None:
    storage.bulk_import.store([ANN], [OLD, UNTIL, OVER, NEW])
    storage.recording.delete([OVER])
    storage.recording.record([OVER])


def held(storage: Storage) -> set[int]:
    """Return the ends of all periods that are held anywhere."""
    with transaction(storage.database) as connection:
        rows = connection.exec_driver_sql("SELECT before, after, gone FROM changes").all()
    spans = [span for row in rows for packed in row for span in unpack_spans(packed)]
    return {span[1] for span in spans} | {row[2] for row in all_rows(storage)}


def test_prune_deletes_what_is_older_and_stores_none_again(storage: Storage) -> None:
    fill(storage)
    cursor = storage.mirroring.now()
    assert storage.pruning.count(LIMIT) == 2
    assert storage.pruning.prune(LIMIT) == 2
    assert [row[:5] for row in all_rows(storage)] == [OVER, NEW]
    assert min(held(storage)) > LIMIT
    assert storage.bulk_import.store([], [OLD, UNTIL, OVER]).periods_too_old == 2
    assert [s.status for s in storage.recording.record([OLD, OVER], partial=True).statuses] == [
        "rejected",
        "duplicate",
    ]
    with pytest.raises(ResyncError):
        storage.mirroring.since(cursor)
    assert storage.pruning.prune(LIMIT - HOUR) == 0  # an earlier date changes nothing
    assert storage.oldest() == LIMIT


def test_what_is_left_of_a_change_can_be_undone(storage: Storage) -> None:
    fill(storage)
    number = storage.recording.record(
        [ActivityPeriod("ann", LIMIT - 7 * HOUR, LIMIT - 6 * HOUR, 0, 0), NEW._replace(started_at=LIMIT + 1)]
    ).change
    assert number is not None
    storage.pruning.prune(LIMIT)
    storage.changes.undo(number, EVERYTHING)
    assert [row[:5] for row in all_rows(storage)] == [OVER, NEW]


def test_the_file_keeps_nothing_of_what_was_pruned(sqlite_storage: Storage, tmp_path: Path) -> None:
    fill(sqlite_storage)
    old = OLD.started_at.to_bytes(8, "little"), OLD.started_at.to_bytes(8, "big")
    content = b"".join(path.read_bytes() for path in tmp_path.glob("ftl.sqlite3*"))
    assert any(text in content for text in old)
    sqlite_storage.pruning.prune(LIMIT)
    content = b"".join(path.read_bytes() for path in tmp_path.glob("ftl.sqlite3*"))
    assert not any(text in content for text in old)


def test_the_command_counts_asks_and_deletes(capsys: pytest.CaptureFixture[str], database: Path) -> None:
    with Storage.open(str(database)) as storage:
        fill(storage)
    status, out, _ = run(capsys, "prune", "--before", "2026-01-01", "--dry-run")
    assert (status, out) == (0, "2 periods ended before 2026-01-01; nothing was deleted\n")
    status, out, err = run(capsys, "prune", "--before", "2026-01-01")
    assert (status, out, "--yes" in err) == (2, "", True)
    status, out, _ = run(capsys, "prune", "--before", "2026-01-01", "--yes")
    assert status == 0
    assert out == "deleted 2 periods that ended before 2026-01-01; from now on none that old is stored\n"
    assert "--before" in usage_error(capsys, "prune")
    assert "expected one day" in usage_error(capsys, "prune", "--before", "2026-01")


def test_a_day_that_has_not_begun_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Nothing could be recorded until then."""
    with Storage.open(str(tmp_path / "x.sqlite3")) as storage:
        fill(storage)
    status, out, err = run(
        capsys, "--database", str(tmp_path / "x.sqlite3"), "prune", "--before", "2999-01-01", "--yes"
    )
    assert (status, out, "2999-01-01 lies in the future" in err) == (2, "", True)
