"""The command team."""

from pathlib import Path

import pytest

from ftlserver.domain.user import User
from ftlserver.storage import Storage
from tests.helpers import EGON, GLINDA, make_token, run, usage_error

PEOPLE = [EGON, GLINDA, User("jonas", "Jonas Weber", "UTC"), User("jon", "Jon Snow", "UTC")]


@pytest.fixture
def people(database: Path) -> Path:
    with Storage.open(str(database)) as storage:
        storage.bulk_import.store(PEOPLE, [])
    return database


def test_a_team_is_made_shown_changed_and_deleted(capsys: pytest.CaptureFixture[str], people: Path) -> None:
    assert run(capsys, "team", "list") == (
        0,
        "",
        "ftlserver: there is no team; make one with: ftlserver team create ID USER ...\n",
    )
    status, out, _ = run(capsys, "team", "create", "backend", "egon", "jonas,jon", "--name", "Back end")
    assert (status, out) == (0, "team backend has 3 members\n")
    assert run(capsys, "team", "list")[1].split()[-4:] == ["backend", "Back", "end", "3"]
    shown = run(capsys, "team", "show", "back")[1]
    assert [line.split()[0] for line in shown.splitlines()[3:] if line.strip()] == ["W012A3CDE", "jon", "jonas"]
    with Storage.open(str(people)) as storage:
        make_token(storage, "read", team_id="backend")
    added = run(capsys, "team", "add", "BACKEND", "Glinda Southgood")[1]
    assert added == "added 1 member to backend; 1 token can see more now\n"
    assert run(capsys, "team", "remove", "backend", "egon", "jon")[1] == "removed 2 members from backend\n"
    assert run(capsys, "team", "rename", "backend", "B")[1] == "team backend is now called B\n"
    deleted = run(capsys, "team", "delete", "backend")[1]
    assert deleted == "team backend is deleted; 1 token of it can see no one now\n"


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("argv", "status", "message"),
    [
        (["show", "absent"], 1, 'Team "absent" not found !'),
        (["show", "frontent"], 1, 'Team "frontent" not found ! Did you mean frontend?'),
        (["add", "frontend", "jonass"], 1, 'User "jonass" not found ! Did you mean jonas?'),
        (["add", "frontend", "o"], 2, "o may be Egon Spengler (W012A3CDE) or "),
        (["create", "frontend", "jon"], 1, 'Team "frontend" exists already, with another name or other members'),
    ],
)
def test_a_name_that_is_unknown_or_ambiguous_is_refused(
    capsys: pytest.CaptureFixture[str], argv: list[str], status: int, message: str
) -> None:
    run(capsys, "team", "create", "frontend", "jonas")
    found, out, err = run(capsys, "team", *argv)
    assert (found, out, len(err.splitlines())) == (status, "", 1)
    assert message in err


def test_an_id_or_a_name_that_cannot_be_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert "expected 1 to 120 characters" in usage_error(capsys, "team", "create", "a b")
    assert "expected 1 to 200 characters" in usage_error(capsys, "team", "rename", "a", "")
    assert usage_error(capsys, "team", "add", "a")


def test_a_token_can_be_bound_to_a_team(capsys: pytest.CaptureFixture[str], people: Path) -> None:
    run(capsys, "team", "create", "backend", "egon")
    create = ("token", "create", "--name", "n", "--scope", "read")
    assert run(capsys, *create, "--team", "Backend")[0] == 0
    with Storage.open(str(people)) as storage:
        (token,) = storage.tokens.all()
        assert (token.user_ids, token.team_id) == ((), "backend")
    assert "team backend" in run(capsys, "token", "list")[1]
    assert run(capsys, "token", "rotate", token.id)[0] == 0
    with Storage.open(str(people)) as storage:
        assert [(token.user_ids, token.team_id) for token in storage.tokens.all()] == [((), "backend")] * 2
    assert run(capsys, *create, "--team", "absent")[0] == 1
    assert run(capsys, *create, "--team", "backend", "--user", "jonas")[0] == 2
