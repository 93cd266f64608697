"""Importing files through the API."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from ftlserver import cli as server_cli
from ftlserver.domain import instants
from ftlserver.domain.instants import SECOND
from ftlserver.domain.token import EVERYTHING
from ftlserver.domain.user import User
from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests.client.conftest import run, type_in, wsgi
from tests.conftest import DATA, EGON, GLINDA, all_rows, serving
from tests.repositories import HOUR, MONDAY, commit, make_repository


def test_client_and_server_import_the_same(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, url: str, storage: Storage
) -> None:
    files = [
        ("slack", str(DATA / "slack-users-list.json")),
        ("members", str(DATA / "members.json")),
        ("activitywatch", str(DATA / "activitywatch-export.json"), "--user", EGON.id),
        ("timewarrior", str(DATA / "timewarrior-export.json"), "--user", GLINDA.id),
        ("toggl", str(DATA / "toggl-detailed.csv"), "--zone", "Europe/Berlin"),
        ("clockify", str(DATA / "clockify-detailed.csv")),
    ]
    other = str(tmp_path / "other.sqlite3")
    for argv in files:
        assert run(capsys, "import", *argv)[0] == 0
        assert server_cli.main(["--database", other, "import", *argv]) == 0
    with Storage.open(other) as by_server:
        assert all_rows(storage) == all_rows(by_server)
        assert list(storage.users.all()) == list(by_server.users.all())
    capsys.readouterr()
    assert (
        "periods: 0 added, 84 already known; skipped: 13 with zero length" in run(capsys, "import", *files[2])[1]
    )


def test_an_import_without_user_is_for_the_default_user(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, url: str, storage: Storage
) -> None:
    type_in(monkeypatch, "\n")
    assert run(capsys, "login", "--user", GLINDA.id)[0] == 0
    assert run(capsys, "import", "timewarrior", str(DATA / "timewarrior-export.json"))[0] == 0
    assert {row[0] for row in all_rows(storage)} == {GLINDA.id}


def test_an_import_without_the_columns_of_a_user_keeps_the_stored_ones(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, url: str, storage: Storage
) -> None:
    table = tmp_path / "table.csv"
    table.write_text(f"user_id,start_time,end_time\n{GLINDA.id},2026-11-16T09:00,2026-11-16T10:00\n")
    before = list(storage.users.all())
    assert run(capsys, "import", "csv", str(table))[0] == 0
    assert list(storage.users.all()) == before
    assert server_cli.main(["--database", str(tmp_path / "ftl.sqlite3"), "import", "csv", str(table)]) == 0
    assert list(storage.users.all()) == before
    assert [row[0] for row in all_rows(storage)] == [GLINDA.id]


def test_an_import_replaces_no_name_or_zone_unless_it_is_to_update_them(
    capsys: pytest.CaptureFixture[str], url: str, storage: Storage
) -> None:
    egon = User("egon@example.org", "Dr. Egon Spengler", "America/New_York")
    storage.users.put(egon)
    argv = ("import", "toggl", str(DATA / "toggl-detailed.csv"), "--zone", "Europe/Berlin")
    assert run(capsys, *argv)[1].startswith("users: 1 added, 1 known; periods: 3 added")
    assert storage.users.find(egon.id) == egon
    assert run(capsys, *argv, "--update")[1].startswith("users: 0 added, 2 known; periods: 0 added")
    assert storage.users.find(egon.id) == User(egon.id, "Egon Spengler", "Europe/Berlin")


def test_a_report_without_a_zone_is_of_known_users(
    capsys: pytest.CaptureFixture[str], url: str, storage: Storage
) -> None:
    status, _, err = run(capsys, "import", "clockify", str(DATA / "clockify-detailed.csv"))
    assert (status, 'User "glinda@example.org" not found' in err) == (2, True)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_repository_becomes_members_with_the_address_that_commits_most(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, url: str, storage: Storage
) -> None:
    shown = ["+0100", "+0100", "+0900", "-0500"]
    history = [commit("Ada L <work@x>", MONDAY + n * HOUR, zone) for n, zone in enumerate(shown)]
    path = str(make_repository(tmp_path / "r", *history, commit("Ada L <home@x>", MONDAY)))
    status, out, err = run(capsys, "import", "git", path)
    assert (status, out.startswith("users: 1 added, 0 known; aliases: 1 added; periods: 1 added")) == (0, True)
    assert "ftlclient: work@x: Europe/Berlin fits 40% of 5 times\n" in err
    assert storage.users.find("work@x") == User("work@x", "Ada L", "Europe/Berlin")
    assert storage.users.find("home@x") is None
    assert run(capsys, "import", "git", "--tz", "home@x=Asia/Tokyo", path)[0] == 0
    assert storage.users.find("work@x") == User("work@x", "Ada L", "Asia/Tokyo")
    storage.merging.merge("work@x", EGON.id, EVERYTHING)
    status, out, err = run(capsys, "import", "git", "--tz", "home@x=Asia/Seoul", path)
    assert (status, out.startswith("users: 0 added, 1 known; periods: 0 added"), err) == (0, True, "")
    assert storage.users.find(EGON.id) == replace(EGON, tz="Asia/Seoul")


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_later_repository_joins_an_address_to_the_member_with_that_name(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, url: str, storage: Storage
) -> None:
    first = make_repository(tmp_path / "first", commit("Ada Lovelace <work@x>", MONDAY))
    second = make_repository(tmp_path / "second", commit("Ada Lovelace <home@x>", MONDAY + 24 * HOUR))
    third = make_repository(tmp_path / "third", commit("ada <home@x>", MONDAY + 48 * HOUR))
    assert run(capsys, "import", "git", str(first))[1].startswith("users: 1 added, 0 known; periods: 1 added")
    _, out, err = run(capsys, "import", "git", str(second))
    assert out.startswith("users: 0 added, 1 known; aliases: 1 added; periods: 1 added")
    assert "ftlclient: home@x joins work@x, who is known, as an alias\n" in err
    assert run(capsys, "import", "git", str(third))[1].startswith("users: 0 added, 1 known; periods: 1 added")
    assert {row[0] for row in all_rows(storage)} == {"work@x"}
    assert storage.aliases.all() == {"home@x": "work@x"}


def test_notices_are_shown_and_who_has_left_is_not_added(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, url: str, storage: Storage
) -> None:
    people = [{"id": "U1", "name": "a", "tz": "UTC"}, {"id": "U2", "deleted": True}]
    path = tmp_path / "users.json"
    path.write_text(json.dumps({"members": people, "response_metadata": {"next_cursor": "dXNlcjp"}}))
    status, out, err = run(capsys, "import", "slack", str(path))
    assert (status, "skipped: 1 deleted" in out) == (0, True)
    assert err.startswith("ftlclient: the list goes on: ")
    assert (storage.users.find("U1"), storage.users.find("U2")) == (User("U1", "a", "UTC"), None)


def test_import_of_slack_marks_members_as_gone_and_brings_no_one_back(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, url: str, storage: Storage
) -> None:
    path = tmp_path / "users.json"

    def imported(*people: dict[str, object]) -> str:
        path.write_text(json.dumps({"members": people}))
        status, out, err = run(capsys, "import", "slack", str(path))
        assert (status, err) == (0, "")
        return out

    ada = {"id": "U1", "name": "a", "tz": "UTC"}
    imported(ada)
    before = instants.now()
    gone = [{"id": id_, "deleted": True} for id_ in ("U1", "U2")]
    assert imported(*gone).startswith("users: 0 added, 0 known, 1 left; periods: 0 added")
    left = storage.users.departures()
    assert list(left) == ["U1"]
    assert before - SECOND <= left["U1"] <= instants.now()
    assert "left" not in imported(*gone)
    imported(ada)
    assert storage.users.departures() == left


def test_periods_that_grow_are_counted(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, url: str, storage: Storage
) -> None:
    table = tmp_path / "table.csv"
    for end, counts in (("10:00", "1 added, 0"), ("10:00", "0 added, 1"), ("10:30", "0 added, 1 extended, 0")):
        table.write_text(f"user_id,start_time,end_time\n{GLINDA.id},2026-11-16T09:00,2026-11-16T{end}\n")
        assert f"periods: {counts} already known; skipped: nothing" in run(capsys, "import", "csv", str(table))[1]


def test_an_interrupted_import_continues(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, storage: Storage
) -> None:
    monkeypatch.setattr("ftlclient.commands.import_file._BATCH", 10)
    posts = 0

    def breaks_off(environ: dict[str, str], start_response: object) -> object:
        nonlocal posts
        posts += environ["REQUEST_METHOD"] == "POST"
        if posts == 4:
            return wsgi("500 Internal Server Error", b'{"ok":false,"error":"internal_error"}')(
                environ, start_response
            )
        return application(environ, start_response)

    application = create_app(storage)
    argv = ("import", "activitywatch", str(DATA / "activitywatch-export.json"), "--user", EGON.id)
    with serving(breaks_off) as url:
        monkeypatch.setenv("FTL_URL", url)
        assert run(capsys, *argv)[0] == 1
        before = posts
        status, _, err = run(capsys, *argv)
        assert (status, "continuing after the first 30 items" in err) == (0, True)
        assert posts - before == 7
        assert "continuing" not in run(capsys, *argv)[2]
    assert len(all_rows(storage)) == 84


def test_a_bad_item_ends_an_import_unless_it_is_skipped(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, url: str, storage: Storage
) -> None:
    good = {"start_time": "Feb 01 2020 01:33PM", "end_time": "Feb 01 2020 01:54PM"}
    backwards = {"start_time": good["end_time"], "end_time": good["start_time"]}
    document = {
        "members": [
            {"id": "a", "real_name": "A", "tz": "UTC", "activity_periods": [good, backwards]},
            {"id": "b", "real_name": "B", "tz": "Mars", "activity_periods": [good]},
        ]
    }
    path = tmp_path / "members.json"
    path.write_text(json.dumps(document))
    status, _, err = run(capsys, "import", "members", str(path))
    assert (status, "/members/0/activity_periods/1: a period must end after it starts" in err) == (2, True)
    assert all_rows(storage) == []
    status, out, err = run(capsys, "import", "members", "--skip-bad", str(path))
    assert (status, "periods: 1 added, 0 already known; skipped: 2 bad" in out) == (0, True)
    assert "skipped: /members/1: " in err


def test_an_import_of_an_unusable_file_is_refused(capsys: pytest.CaptureFixture[str], url: str) -> None:
    for argv in (
        ("members", "/nowhere"),
        ("members", str(DATA / "timewarrior-export.json")),
        ("timewarrior", "-"),
    ):
        status, _, err = run(capsys, "import", *argv)
        assert (status, err.startswith("ftlclient: ")) == (2, True)
