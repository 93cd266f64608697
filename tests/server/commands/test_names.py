"""Names of users and teams on the command line of the server."""

from pathlib import Path

import pytest

from ftlserver.storage import Storage
from tests.helpers import DATA, EGON, GLINDA, all_rows, run


@pytest.fixture
def people(database: Path) -> Path:
    with Storage.open(str(database)) as storage:
        storage.bulk_import.store([EGON, GLINDA], [])
    return database


def test_users_are_changed_by_name_and_deleted_without_a_question_by_id(
    capsys: pytest.CaptureFixture[str], people: Path
) -> None:
    assert run(capsys, "user", "rename", "EGON", "E. Spengler")[0] == 0
    assert run(capsys, "user", "zone", "Glinda Southgood", "UTC")[0] == 0
    status, _, err = run(capsys, "user", "leave", "glnda")
    assert (status, 'User "glnda" not found ! Did you mean Glinda Southgood (W07QCRPA4)?' in err) == (1, True)
    assert run(capsys, "user", "leave", "w0")[0] == 2
    assert run(capsys, "user", "delete", "glinda", "--yes")[0] == 1
    assert run(capsys, "user", "merge", "glinda", "spengler")[0] == 0
    with Storage.open(str(people)) as storage:
        assert [user.real_name for user in storage.users.all()] == ["E. Spengler"]
    assert run(capsys, "user", "delete", EGON.id, "--yes")[0] == 0


def test_users_are_exported_and_imported_by_name(capsys: pytest.CaptureFixture[str], people: Path) -> None:
    assert people.exists()
    exported = run(capsys, "export", "spengler,glinda")[1]
    assert exported.index(EGON.id) < exported.index(GLINDA.id)
    assert GLINDA.id not in run(capsys, "export", "egon")[1]
    assert run(capsys, "export", ",") == (2, "", "ftlserver: name at least one user\n")
    status, out, err = run(capsys, "export", "egno")
    assert (status, out, "Did you mean Egon Spengler (W012A3CDE)?" in err) == (1, "", True)
    assert run(capsys, "import", "timewarrior", "--user", "egon", str(DATA / "timewarrior-export.json"))[0] == 0
    with Storage.open(str(people)) as storage:
        assert {row[0] for row in all_rows(storage)} == {EGON.id}
