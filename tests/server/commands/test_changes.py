"""The commands user, audit and undo: a slip of an operator is taken back."""

import csv
import io
import json
import re
from pathlib import Path

import pytest

from ftlserver.cli import main
from ftlserver.storage import Storage
from tests.helpers import DATA, EGON, GLINDA, run, usage_error


@pytest.fixture(autouse=True)
def team(capsys: pytest.CaptureFixture[str], database: Path) -> None:
    main(["import", "members", str(DATA / "members.json")])
    capsys.readouterr()


def exported(capsys: pytest.CaptureFixture[str]) -> str:
    return run(capsys, "export")[1]


def undo_hint(err: str) -> list[str]:
    """Return the command that a message names."""
    found = re.search(r"undo with: ftlserver (undo \d+)", err)
    assert found is not None, err
    return found[1].split()


@pytest.mark.parametrize(
    "command",
    [
        ["user", "add", "ada", "Ada Lovelace", "Europe/London"],
        ["user", "rename", EGON.id, "E. Spengler"],
        ["user", "zone", EGON.id, "Europe/Berlin"],
        ["user", "leave", EGON.id],
        ["user", "leave", EGON.id, "--on", "2026-01-31"],
        ["user", "merge", EGON.id, GLINDA.id],
        ["import", "csv", "-"],
    ],
)
def test_what_a_command_changed_is_taken_back(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    before = exported(capsys)
    text = f"user_id,start_time,end_time\n{EGON.id},2026-01-05T09:00,2026-01-05T10:00\n"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    status = main(command)
    out, err = capsys.readouterr()
    assert (status, out != "") == (0, True)
    number = undo_hint(err)
    status, out, _ = run(capsys, *number)
    assert (status, re.sub(r"\d+", "N", out.splitlines()[0])) == (0, "change N is undone, by change N")
    assert exported(capsys) == before
    status, _, err = run(capsys, *number)
    assert (status, "changed since" in err) == (2, True)


def test_a_command_that_changes_nothing_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "user", "rename", EGON.id, EGON.real_name)[2] == "ftlserver: nothing was changed\n"


def test_wrong_users_names_and_zones_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    for command in (
        ["user", "rename", "unknown", "N"],
        ["user", "rename", EGON.id, ""],
        ["user", "zone", EGON.id, "Bogus/Zone"],
        ["user", "add", EGON.id, "N", "UTC"],
        ["user", "add", "a b", "N", "UTC"],
        ["user", "merge", EGON.id, EGON.id],
        ["user", "leave", "unknown"],
        ["undo", "99"],
    ):
        status, out, err = run(capsys, *command)
        assert (status in (1, 2), out, err.count("\n")) == (True, "", 1), command
    assert "CHANGE" in usage_error(capsys, "undo", "x")


def test_audit_lists_changes_of_all_or_of_one_user(capsys: pytest.CaptureFixture[str], database: Path) -> None:
    main(["user", "rename", EGON.id, "E."])
    main(["user", "zone", GLINDA.id, "UTC"])
    capsys.readouterr()
    out = run(capsys, "audit")[1]
    assert re.search(r"\d+ +\d{4}-\d\d-\d\d .* change_user +W07QCRPA4", out)
    assert re.search(r"1 +\d{4}-\d\d-\d\d .* import +W012A3CDE, W07QCRPA4 +6 added", out)
    lines = [json.loads(line) for line in run(capsys, "audit", "--user", EGON.id, "--json")[1].splitlines()]
    assert [line["action"] for line in lines] == ["change_user", "import"]
    assert lines[1]["periods"] == {"added": 6, "changed": 0, "deleted": 0}
    assert len(run(capsys, "audit", "--user", "glinda", "--json")[1].splitlines()) == 2
    with Storage.open(str(database)) as storage:
        storage.users.delete(EGON.id)
    assert run(capsys, "audit", "--user", EGON.id)[0] == 1


def test_users_are_listed_for_people_and_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert "Egon Spengler" in run(capsys, "user", "list")[1]
    rows = json.loads(run(capsys, "user", "list", "--format", "json")[1])
    assert rows[0] == {
        "id": EGON.id,
        "real_name": EGON.real_name,
        "tz": EGON.tz,
        "periods": 3,
        "last_active_at": "2020-03-16T20:02:00-07:00",
        "left_at": None,
    }
    assert "Left" not in run(capsys, "user", "list")[1]
    main(["user", "leave", EGON.id, "--on", "2020-03-31"])
    capsys.readouterr()
    assert re.search(r"Egon Spengler .* 2020-03-31 *$", run(capsys, "users")[1], re.MULTILINE)
    table = list(csv.reader(io.StringIO(run(capsys, "user", "list", "--format", "csv")[1])))
    assert [row[0] for row in table] == ["id", EGON.id, GLINDA.id]


def test_who_leaves_later_has_not_left_yet(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "user", "leave", EGON.id, "--on", "2999-01-31")[1]
    assert out == f"{EGON.id} leaves on 2999-01-31; their activity stays\n"


def test_deleting_offers_the_export_and_cannot_be_undone(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "user", "delete", EGON.id, "--yes")
    assert (status, out, err) == (0, f'User "{EGON.id}" deleted !\n', "")
    assert EGON.id not in exported(capsys)
    assert run(capsys, "audit", "--user", EGON.id)[0] == 1
