"""The members of a question: ids, names and parts of names, from arguments, files and standard input."""

import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ftlclient.commands._members import read_members
from ftlclient.config import Config, write_login
from ftlserver.domain import instants
from ftlserver.domain.user import User
from ftlserver.storage import Storage
from ftlserver.storage.database import transaction
from ftlserver.web.app import create_app
from tests.client.conftest import make_token, run
from tests.conftest import serving
from tests.helpers import EGON, GLINDA, make_period

PEOPLE = [
    EGON,
    GLINDA,
    User("jonas", "Jonas Weber", "Europe/Berlin"),
    User("maya", "Maya Chen", "Asia/Singapore"),
    User("maya.b", "Maya Brandt", "Europe/Berlin"),
    User("x.jonas@example.org", "Xaver Holm", "UTC"),
    User("y@example.org", "José Ünal", "UTC"),
    User("left", "Zoë Straße", "UTC"),
    User("me", "Someone Else", "UTC"),
    User("1984", "George", "UTC"),
]

# What a person types as members, and the ids that are meant; a text is what is said instead.
EXPRESSIONS: list[tuple[list[str], list[str] | str]] = [
    (["W012A3CDE"], ["W012A3CDE"]),
    (["w012a3cde"], ["W012A3CDE"]),
    (["Egon Spengler"], ["W012A3CDE"]),
    (["egon spengler"], ["W012A3CDE"]),
    (["EGON"], ["W012A3CDE"]),
    (["egon"], ["W012A3CDE"]),
    (["Spengl"], ["W012A3CDE"]),
    (["gon Sp"], ["W012A3CDE"]),
    (["jonas"], ["jonas"]),  # an exact id, although it is a part of another
    (["Jonas"], ["jonas"]),
    (["jonas,maya"], ["jonas", "maya"]),
    (["maya,", "jonas"], ["maya", "jonas"]),
    (["jonas, Egon Spengler ,maya.b"], ["jonas", "W012A3CDE", "maya.b"]),
    (["jonas", "JONAS", "jonas weber"], ["jonas"]),
    (["maya b"], ["maya.b"]),
    (["chen"], ["maya"]),
    (["ünal"], ["y@example.org"]),
    (["jose\u0301"], ["y@example.org"]),
    (["STRASSE"], ["left"]),
    (["y@example"], ["y@example.org"]),
    (["1984"], ["1984"]),
    (["Maya"], ["maya"]),  # an id but for its case
    (["May"], "May may be Maya Chen (maya) or Maya Brandt (maya.b); name one by its id"),
    (["jonas", "b"], "b may be "),
    (
        ["example.org"],
        "example.org may be Xaver Holm (x.jonas@example.org) or José Ünal (y@example.org); name one by",
    ),
    (["jonass"], "no such member: jonass; did you mean jonas?"),
    (["Egno Spengler"], "no such member: Egno Spengler; did you mean Egon Spengler (W012A3CDE)?"),
    (["glinda southgod"], "no such member: glinda southgod; did you mean Glinda Southgood (W07QCRPA4)?"),
    (["zzzzz"], "no such member: zzzzz"),
    (["%"], "no such member: %"),
    (["../x"], "no such member: ../x"),
    (["a\x1bb"], "no such member: a\N{REPLACEMENT CHARACTER}b"),
    (["x" * 300], "no such member: xxx"),
    ([","], "name at least one member, or use --all"),
    ([""], "name at least one member, or use --all"),
]


@pytest.fixture
def people(sqlite_storage: Storage) -> Storage:
    """Give a storage of PEOPLE, of whom some have been active within the last hours, Egon the most."""
    now = instants.now() // instants.HOUR * instants.HOUR
    periods = [
        make_period(user_id, now - (start + length) * instants.HOUR, now - start * instants.HOUR)
        for user_id, start, length in (("maya", 0, 2), (EGON.id, 1, 3), ("jonas", 1, 1))
    ]
    sqlite_storage.bulk_import.store(PEOPLE, periods)
    return sqlite_storage


@pytest.fixture
def asked() -> list[tuple[str, str, Any]]:
    """Give the requests that the server gets: method, path with query string, and document."""
    return []


@pytest.fixture
def people_url(
    people: Storage, asked: list[tuple[str, str, Any]], monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    application = create_app(people)

    def listening(environ: Any, start_response: Callable[..., object]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        path = environ["PATH_INFO"] + (f"?{environ['QUERY_STRING']}" if environ.get("QUERY_STRING") else "")
        asked.append((environ["REQUEST_METHOD"], path, json.loads(body) if body else None))
        return application(environ, start_response)

    with serving(listening) as url:
        monkeypatch.setenv("FTL_URL", url)
        yield url


def ids_of(out: str) -> list[str]:
    return [member["id"] for member in json.loads(out)["members"]]


@pytest.mark.usefixtures("people_url")
@pytest.mark.parametrize(("typed", "meant"), EXPRESSIONS, ids=lambda value: str(value)[:40])
def test_what_a_person_types_names_the_members_that_they_mean(
    capsys: pytest.CaptureFixture[str], typed: list[str], meant: list[str] | str
) -> None:
    status, out, err = run(capsys, "summary", *typed, "--format", "json")
    if isinstance(meant, list):
        assert (status, err) == (0, "")
        assert ids_of(out) == meant
    else:
        assert status == (3 if meant.startswith("no such") else 2)
        assert err.startswith(f"ftlclient: {meant}")
        assert len(err.splitlines()) == 1


@pytest.mark.usefixtures("people_url")
def test_ids_that_the_server_knows_take_one_request(
    capsys: pytest.CaptureFixture[str], asked: list[tuple[str, str, Any]]
) -> None:
    run(capsys, "summary", "jonas", "W012A3CDE")
    assert [(method, path) for method, path, _ in asked] == [("POST", "/api/summary/")]
    assert asked[0][2]["id_list"] == ["jonas", "W012A3CDE"]


@pytest.mark.usefixtures("people_url")
def test_a_name_takes_one_request_more_and_is_no_id_of_a_request(
    capsys: pytest.CaptureFixture[str], asked: list[tuple[str, str, Any]]
) -> None:
    assert run(capsys, "summary", "Egon Spengler", "jonas")[0] == 0
    assert [path.split("&")[0] for _, path, _ in asked] == ["/api/users/?query=Egon%20Spengler", "/api/summary/"]
    assert asked[1][2]["id_list"] == ["W012A3CDE", "jonas"]
    asked.clear()
    assert run(capsys, "summary", "egon", "jonas")[0] == 0
    assert [path.split("&")[0] for _, path, _ in asked] == [
        "/api/summary/",
        "/api/users/?query=egon",
        "/api/summary/",
    ]


@pytest.mark.usefixtures("people_url")
def test_an_unknown_member_among_others_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "summary", "jonass", "Egon Spengler", "No One", "--format", "json")
    assert (status, ids_of(out)) == (0, ["W012A3CDE"])
    assert err.splitlines() == [
        "ftlclient: no such member: No One",
        "ftlclient: no such member: jonass; did you mean jonas?",
    ]


@pytest.mark.slow
@pytest.mark.usefixtures("people_url")
def test_without_members_the_question_is_about_those_who_were_active(
    capsys: pytest.CaptureFixture[str], asked: list[tuple[str, str, Any]]
) -> None:
    window = ["--from", "2000-01-01", "--format", "json"]
    for name in ("activity", "timeline", "summary", "hours", "overlap", "meeting", "clock-changes"):
        status, out, err = run(capsys, name, *window)
        assert (status, err) == (0, "")
        assert ids_of(out) == ["W012A3CDE", "maya", "jonas"], name
        assert json.loads(out)["omitted"] == {"inactive": 7, "beyond_limit": 0}
    assert ids_of(run(capsys, "who", "--format", "json")[1])[0] == "maya"
    asked.clear()
    run(capsys, "summary", "--all", *window)
    assert asked[0][2].keys() == {"all", "from", "tz"} - {"tz"}


@pytest.mark.usefixtures("people_url")
@pytest.mark.parametrize(
    ("argv", "ids"),
    [
        (["--top", "1"], ["W012A3CDE"]),
        (["--sort", "name"], ["W012A3CDE", "jonas", "maya"]),
        (["--sort", "id", "--top", "2"], ["W012A3CDE", "jonas"]),
        (["--exclude", "W0*", "--exclude", "MAYA*"], ["jonas"]),
        (["--exclude", "* spengler"], ["maya", "jonas"]),
        (["--empty", "--top", "4"], ["W012A3CDE", "maya", "jonas", "1984"]),
        (["--all", "--top", "2"], ["W012A3CDE", "maya"]),
        (["jonas", "maya", "left", "--sort", "active"], ["maya", "jonas", "left"]),
        (["jonas", "maya", "left"], ["jonas", "maya", "left"]),
    ],
    ids=" ".join,
)
def test_options_select_and_sort_members(
    capsys: pytest.CaptureFixture[str], argv: list[str], ids: list[str]
) -> None:
    status, out, _ = run(capsys, "summary", *argv, "--from", "2000-01-01", "--per", "total", "--format", "json")
    assert (status, ids_of(out)) == (0, ids)


@pytest.mark.usefixtures("people_url")
def test_a_window_without_activity_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "summary", "--on", "2001-01-01")[0] == 0
    assert run(capsys, "summary", "zzz", "--top", "1", "--on", "2001-01-01")[0] == 3


@pytest.mark.usefixtures("people_url")
def test_the_list_of_members_is_by_name_unless_sorted_otherwise(capsys: pytest.CaptureFixture[str]) -> None:
    def order(*argv: str) -> list[str]:
        shown = run(capsys, "members", *argv)[1]
        return [line.split()[0] for line in shown.splitlines() if line.startswith(("W0", "maya", "1984"))]

    assert order() == ["W012A3CDE", "1984", "W07QCRPA4", "maya.b", "maya"]
    assert order("--sort", "id") == ["1984", "W012A3CDE", "W07QCRPA4", "maya", "maya.b"]
    assert order("--top", "3") == ["W012A3CDE", "1984", "W07QCRPA4"]


@pytest.mark.usefixtures("people_url")
def test_members_alone_lists_all(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "members")
    assert (status, err) == (0, "")
    assert all(user.id in out for user in PEOPLE)


def test_me_is_the_user_whom_login_saved(
    capsys: pytest.CaptureFixture[str], people_url: str, asked: list[tuple[str, str, Any]]
) -> None:
    assert ids_of(run(capsys, "summary", "me", "--format", "json")[1]) == ["me"]  # a user with that id
    write_login(Config(people_url, None, "jonas"))
    assert ids_of(run(capsys, "summary", "me,maya", "--format", "json")[1]) == ["jonas", "maya"]
    assert ids_of(run(capsys, "activity", "--format", "json")[1]) == ["jonas"]
    assert len(ids_of(run(capsys, "activity", "--all", "--format", "json")[1])) == 10
    asked.clear()
    assert len(ids_of(run(capsys, "timeline", "--from", "2000-01-01", "--format", "json")[1])) == 3
    assert asked[0][2]["active_only"] is True


def test_a_bound_token_finds_its_own_users_and_asks_about_them(
    capsys: pytest.CaptureFixture[str], people: Storage, people_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert people_url
    monkeypatch.setenv("FTL_TOKEN", make_token(people, "read", user_ids=("jonas", EGON.id)))
    window = ["--from", "2000-01-01", "--format", "json"]
    assert ids_of(run(capsys, "summary", "egon", "JONAS", *window)[1]) == [EGON.id, "jonas"]
    assert ids_of(run(capsys, "summary", *window)[1]) == [EGON.id, "jonas"]
    for typed in (["maya"], ["--all"], ["egon", "maya"]):
        status, out, err = run(capsys, "summary", *typed, *window)
        assert (status, out) == (1, "")
        assert "bound to some users" in err
    status, _, err = run(capsys, "summary", "Maya Chen", *window)
    assert (status, err) == (3, "ftlclient: no such member: Maya Chen\n")


def test_contradictions_are_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    for argv in (["--all", "jonas"], ["--team", "x", "jonas"], ["--team", "x", "--all"]):
        status, out, err = run(capsys, "who", *argv)
        assert (status, out, len(err.splitlines())) == (2, "", 1)


@pytest.mark.usefixtures("team_url")
def test_ids_come_from_files_and_from_standard_input(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "team").write_text("# the team\nW012A3CDE, W07QCRPA4 # both\n\n")
    monkeypatch.setattr(sys, "stdin", io.StringIO("W07QCRPA4\nx\n"))
    status, out, err = run(capsys, "activity", f"@{tmp_path / 'team'}", "-", "W012A3CDE", "--format", "json")
    assert ids_of(out) == [EGON.id, GLINDA.id]
    assert (status, err) == (0, "ftlclient: no such member: x\n")


@pytest.mark.parametrize("word", ["@none", "@.", "@empty", "@latin"])
def test_an_unreadable_file_of_members_is_reported(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    (tmp_path / "empty").write_text("# absent\n")
    (tmp_path / "latin").write_bytes(b"\xe9")
    monkeypatch.chdir(tmp_path)
    status, out, err = run(capsys, "activity", word)
    assert (status, out, len(err.splitlines())) == (2, "", 1)


def test_members_that_are_not_text_are_reported(tmp_path: Path) -> None:
    for line in ("printf '\\377' | %s -", "%s - <&-"):
        command = line % f"PYTHONIOENCODING=utf-8:strict {sys.executable} -m ftlclient activity"
        result = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
        assert (result.returncode, len(result.stderr.splitlines())) == (2, 1), result.stderr
    (tmp_path / "team").write_bytes(b"\xef\xbb\xbfa\n")
    assert read_members([f"@{tmp_path / 'team'}"], None) == ["a"]


@pytest.mark.slow
def test_who_left_is_out_of_the_default_but_not_of_all(
    capsys: pytest.CaptureFixture[str], people: Storage, people_url: str
) -> None:
    assert people_url
    with transaction(people.database, write=True):
        people.users.table.update({"id": "jonas", "left_at": 0}, ["id"])
        people.users.table.update({"id": "maya", "left_at": instants.now() + instants.HOUR}, ["id"])
    shown = run(capsys, "members")[1]
    assert shown.startswith("9 members, local times at ")
    assert "UTC, 1 who left not shown (--all)" in shown
    assert "jonas\N{SPACE}" not in shown
    assert "maya" in shown
    assert "Jonas Weber" in run(capsys, "members", "--all")[1]
    assert "Jonas Weber" in run(capsys, "members", "jonas")[1]
    week = ["--from", "2000-01-01", "--format", "json"]
    assert ids_of(run(capsys, "summary", *week)[1]) == ["W012A3CDE", "maya"]
    assert len(ids_of(run(capsys, "summary", "--all", *week)[1])) == 10
    assert ids_of(run(capsys, "summary", "jonas", *week)[1]) == ["jonas"]


def test_an_alias_names_the_member_who_had_it(
    capsys: pytest.CaptureFixture[str], people: Storage, people_url: str
) -> None:
    assert people_url
    with transaction(people.database, write=True):
        people.aliases.table.insert({"alias": "jonas@old.example", "user_id": "jonas"})
    for typed in ("jonas@old.example", "old.example"):
        assert ids_of(run(capsys, "summary", typed, "--format", "json")[1]) == ["jonas"]


@pytest.mark.usefixtures("people_url")
def test_many_unknown_names_take_few_requests(
    capsys: pytest.CaptureFixture[str], asked: list[tuple[str, str, Any]], tmp_path: Path
) -> None:
    (tmp_path / "names").write_text("\n".join([f"absent{number}" for number in range(300)] + ["jonass", "egon"]))
    status, out, err = run(capsys, "summary", f"@{tmp_path / 'names'}", "--format", "json")
    assert (status, ids_of(out), len(err.splitlines())) == (0, [EGON.id], 301)
    assert len(asked) == 4
