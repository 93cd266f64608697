"""Teams from the client: the command team, --team, and what a shell offers."""

import json
import os
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator

import pytest

from ftlclient import cli
from ftlclient.commands._completion import complete_members, complete_teams, complete_zones
from ftlserver.domain.team import Team
from ftlserver.domain.user import User
from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests.client.conftest import make_token, run, unavailable_server, wsgi
from tests.conftest import EGON, GLINDA, serving

JONAS = User("jonas", "Jonas Weber", "UTC")


@pytest.fixture
def people(sqlite_storage: Storage, monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    sqlite_storage.bulk_import.store([EGON, GLINDA, JONAS], [])
    with serving(create_app(sqlite_storage)) as url:
        monkeypatch.setenv("FTL_URL", url)
        yield sqlite_storage


def ids_of(out: str) -> list[str]:
    return [member["id"] for member in json.loads(out)["members"]]


@pytest.mark.usefixtures("people")
def test_a_team_is_made_shown_changed_and_deleted(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "team", "list")
    expected = "ftlclient: there is no team; an admin makes one with: ftlclient team create\n"
    assert (status, out, err) == (0, "", expected)
    made = run(capsys, "team", "create", "backend", "egon", "jonas,JONAS", "--name", "Back end")
    assert made == (0, "team backend has 2 members\n", "")
    assert "backend" in run(capsys, "team", "list")[1]
    shown = run(capsys, "team", "show", "back")[1]
    assert "Egon Spengler" in shown
    assert "Glinda" not in shown
    assert run(capsys, "team", "add", "backend", "glinda")[1] == "added 1 member to backend\n"
    assert run(capsys, "team", "remove", "backend", "egon", "glinda")[1] == "removed 2 members from backend\n"
    assert run(capsys, "team", "rename", "backend", "B")[1] == "team backend is now called B\n"
    assert run(capsys, "team", "delete", "B")[1] == "the team is deleted\n"


@pytest.mark.usefixtures("people")
def test_unknown_and_ambiguous_names_change_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "team", "create", "backend", "jonas")
    for argv, message in (
        (["add", "backent", "egon"], "ftlclient: no such team: backent; did you mean backend?\n"),
        (["add", "backend", "jonass"], "ftlclient: no such member: jonass; did you mean jonas?\n"),
        (["add", "backend", "o"], "ftlclient: o may be Egon Spengler (W012A3CDE) or "),
    ):
        status, out, err = run(capsys, "team", *argv)
        assert (status, out) == (2, "")
        assert err.startswith(message)
    assert run(capsys, "team", "create", "backend", "egon")[0] == 1


def test_whoever_adds_a_member_is_told_which_tokens_see_more(
    capsys: pytest.CaptureFixture[str], people: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.teams.add(Team("backend", "Back end"), [JONAS.id])
    reader = make_token(people, "read", team_id="backend")
    monkeypatch.setenv("FTL_TOKEN", make_token(people, "admin"))
    added = run(capsys, "team", "add", "backend", "egon")[1]
    assert added == "added 1 member to backend; 1 token can see more now\n"
    monkeypatch.setenv("FTL_TOKEN", reader)
    assert ids_of(run(capsys, "members", "--format", "json")[1]) == [EGON.id, JONAS.id]
    assert ids_of(run(capsys, "who", "egon", "--format", "json")[1]) == [EGON.id]
    assert run(capsys, "team", "add", "backend", "jonas")[0] == 1
    monkeypatch.setenv("FTL_TOKEN", make_token(people, "admin"))
    assert "1 token of it can see no one now" in run(capsys, "team", "delete", "backend")[1]


def test_a_question_is_about_a_team(
    capsys: pytest.CaptureFixture[str], people: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.teams.add(Team("backend", "Back end"), [JONAS.id, GLINDA.id])
    people.teams.add(Team("front", "Front end"), [EGON.id])
    for typed in ("backend", "Back end", "BACK"):
        status, out, err = run(capsys, "members", "--team", typed, "--format", "json")
        assert (status, ids_of(out), err) == (0, [GLINDA.id, JONAS.id], "")
    status, _, err = run(capsys, "members", "--team", "end")
    assert (status, err) == (
        2,
        "ftlclient: end may be Back end (backend) or Front end (front); name one by its id\n",
    )
    status, _, err = run(capsys, "members", "--team", "bakend")
    assert (status, err) == (2, "ftlclient: no such team: bakend; did you mean backend?\n")
    assert ids_of(run(capsys, "who", "--team", "backend", "--empty", "--format", "json")[1]) == [
        GLINDA.id,
        JONAS.id,
    ]
    monkeypatch.setenv("FTL_TEAM", "backend")
    assert len(ids_of(run(capsys, "members", "--format", "json")[1])) == 2
    assert len(ids_of(run(capsys, "members", "--all", "--format", "json")[1])) == 3
    assert ids_of(run(capsys, "members", "egon", "--format", "json")[1]) == [EGON.id]
    assert ids_of(run(capsys, "members", "--team", "front", "--format", "json")[1]) == [EGON.id]


def test_a_shell_offers_members_and_teams(people: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    people.teams.add(Team("backend", "Back end"), [JONAS.id])
    args = Namespace(url=None)
    assert complete_members("eg", args) == ["egon Spengler"]
    assert complete_members("W0", args) == ["W012A3CDE", "W07QCRPA4"]
    assert complete_members("jonas,gl", args) == ["jonas,glinda Southgood"]
    assert set(complete_members("", args)) == {u.id for u in (EGON, GLINDA, JONAS)} | {
        u.real_name for u in (EGON, GLINDA, JONAS)
    }
    assert complete_members("zzz", args) == []
    assert complete_teams("b", args) == ["backend"]
    monkeypatch.setenv("FTL_TOKEN", make_token(people, "read", user_ids=(JONAS.id,)))
    assert complete_members("", args) == ["jonas", "Jonas Weber"]
    monkeypatch.setenv("FTL_TOKEN", make_token(people, "write"))
    assert complete_members("", args) == []


def test_a_shell_offers_zones() -> None:
    assert complete_zones("Europe/Berl") == ["Europe/Berlin"]
    assert complete_zones("mem") == ["member"]
    assert complete_zones("Mars") == []


@pytest.mark.slow
def test_bash_completes_a_member(people: Storage) -> None:
    environ = os.environ | {
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_IFS": "\n",
        "_ARGCOMPLETE_SUPPRESS_SPACE": "1",
        "COMP_LINE": "ftlclient summary jo",
        "COMP_POINT": "20",
        "COMP_TYPE": "9",
    }
    assert people.users.find("jonas")
    code = "import os, sys; os.dup2(1, 8); from ftlclient.cli import main; main([])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environ, timeout=30)
    assert (result.stderr, result.stdout.splitlines()) == ("", ["jonas", "jonas\\ Weber"])


def test_a_shell_waits_for_no_server(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with unavailable_server() as url:
        assert complete_members("j", Namespace(url=url)) == []
    with serving(wsgi("200 OK", b"[1]")) as url:
        monkeypatch.setenv("FTL_URL", url)
        assert complete_teams("", Namespace()) == []
    assert complete_members("", Namespace(url="nonsense")) == []
    assert capsys.readouterr() == ("", "")


def test_the_options_of_all_commands_precede_or_follow_an_action(
    people: Storage, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    people.teams.add(Team("backend", "Back end"))
    url = os.environ["FTL_URL"]
    monkeypatch.delenv("FTL_URL")
    for argv in (["list", "--url", url], ["--url", url, "list"], ["--url", url, "list", "--timeout", "5"]):
        assert "backend" in run(capsys, "team", *argv)[1]
    with pytest.raises(SystemExit):
        cli.main(["team", "list", "--help"])
    assert "(default: 30)" in capsys.readouterr().out


def test_a_question_about_nobody_says_why(
    capsys: pytest.CaptureFixture[str], people: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.teams.add(Team("empty", "Empty"))
    status, _, err = run(capsys, "summary", "--team", "empty")
    assert (status, err) == (3, "ftlclient: the team empty has no members\n")
    status, _, err = run(capsys, "summary", "--exclude", "*")
    assert (status, err) == (3, "ftlclient: --exclude leaves no members; drop a pattern\n")
    monkeypatch.setenv("FTL_TEAM", "empty")
    assert run(capsys, "members")[2] == "ftlclient: the team empty has no members\n"
