"""The command import, for each format."""

import json
import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ftlserver.domain import instants
from tests.helpers import DATA, EGON, at, query, run


def test_import_of_the_assignments_answer(capsys: pytest.CaptureFixture[str], database: Path) -> None:
    status, out, err = run(capsys, "import", "members", str(DATA / "members.json"))
    assert (status, err) == (0, "")
    assert out == "users: 2 added, 0 updated; periods: 6 added, 0 already known; skipped: nothing\n"
    row = query(
        database,
        "SELECT started_at, session_date, start_time FROM activity_periods WHERE user_id='W012A3CDE' ORDER BY 1",
    )[0]
    assert row == (at("2020-02-01T21:33:00Z"), "2020-02-01", "13:33:00")


@pytest.mark.usefixtures("egon")
def test_import_of_activitywatch_and_timewarrior_again_changes_nothing(
    capsys: pytest.CaptureFixture[str], database: Path
) -> None:
    activitywatch = (
        "import",
        "activitywatch",
        "--user",
        "W012A3CDE",
        str(DATA / "activitywatch-export.json"),
    )
    timewarrior = ("import", "timewarrior", "--user", "W07QCRPA4", str(DATA / "timewarrior-export.json"))
    users = "users: 0 added, 0 updated; periods: "
    assert run(capsys, *activitywatch)[1] == f"{users}84 added, 0 already known; skipped: 13 with zero length\n"
    assert run(capsys, *activitywatch)[1] == f"{users}0 added, 84 already known; skipped: 13 with zero length\n"
    assert query(database, "SELECT sum(ended_at - started_at) FROM activity_periods") == [(238_044_131_000,)]
    assert run(capsys, *timewarrior)[1] == f"{users}4 added, 0 already known; skipped: 1 still running\n"
    assert run(capsys, *timewarrior)[1] == f"{users}0 added, 4 already known; skipped: 1 still running\n"


@pytest.mark.usefixtures("egon")
def test_import_reads_timewarriors_compact_times_as_instants(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, database: Path
) -> None:
    path = tmp_path / "export.json"
    path.write_text('[{"start": "20261024T233000Z", "end": "20261025T033000Z"}, {"start": "x", "end": "y"}]')
    assert run(capsys, "import", "timewarrior", "--user", EGON.id, str(path))[2].startswith(
        "ftlserver: /1: expected a time"
    )
    run(capsys, "import", "timewarrior", "--skip-bad", "--user", EGON.id, str(path))
    rows = query(database, "SELECT started_at, ended_at, start_offset FROM activity_periods")
    assert rows == [(at("2026-10-24T23:30:00Z"), at("2026-10-25T03:30:00Z"), -7 * 3600)]


def test_import_keeps_a_given_offset(capsys: pytest.CaptureFixture[str], tmp_path: Path, database: Path) -> None:
    period = {"start_time": "2020-02-01T13:33:00.000001-05:00", "end_time": "2020-02-01T21:54:00Z"}
    member = {"id": "a", "real_name": "A", "tz": "America/Los_Angeles", "activity_periods": [period]}
    path = tmp_path / "members.json"
    path.write_text(json.dumps({"members": [member]}))
    run(capsys, "import", "members", str(path))
    assert query(database, "SELECT * FROM activity_periods")[0][:5] == (
        *("a", at("2020-02-01T18:33:00.000001Z"), at("2020-02-01T21:54:00Z")),
        *(-18000, -28800),
    )


def test_import_of_ndjson_and_csv(capsys: pytest.CaptureFixture[str], tmp_path: Path, database: Path) -> None:
    lines = tmp_path / "lines"
    lines.write_text(
        '{"id":"a","real_name":"A","tz":"Asia/Tokyo"}\n'
        '{"user_id":"a","start_time":"2020-02-01T10:00Z","end_time":"2020-02-01T11:00Z"}\n'
        '{"ok":true,"count":2}\n'
    )
    table = tmp_path / "table.csv"
    table.write_text(
        "user_id;real_name;tz;start_time;end_time\na;A;Asia/Tokyo;2020-02-01T19:00:00+09:00;2020-02-01T20:00\n"
        "b;B;UTC;2020-02-01T10:00;2020-02-01T09:00\n"
    )
    assert run(capsys, "import", "ndjson", str(lines))[1].startswith("users: 1 added, 0 updated; periods: 1 added")
    assert run(capsys, "import", "csv", str(table))[2] == "ftlserver: line 3: a period must end after it starts\n"
    out = run(capsys, "import", "--skip-bad", "csv", str(table))[1]
    assert out == "users: 1 added, 0 updated; periods: 0 added, 1 already known; skipped: 1 bad\n"


@pytest.mark.usefixtures("egon")
def test_import_of_a_calendar_reads_floating_times_on_the_users_clock(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, database: Path
) -> None:
    events = [
        "DTSTART:20260302T090000\nDTEND:20260302T100000",
        "DTSTART:20260303T090000Z\nDTEND:20260303T100000Z",
        "DTSTART;TZID=Asia/Tokyo:20260304T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY",
        "DTSTART;VALUE=DATE:20260305",
        "UID:gap\nDTSTART:20260308T023000\nDTEND:20260308T040000",
    ]
    text = "".join(f"BEGIN:VEVENT\n{event}\nEND:VEVENT\n" for event in events)
    path = tmp_path / "calendar.ics"
    path.write_text(f"BEGIN:VCALENDAR\n{text}END:VCALENDAR\n")
    argv = ("--user", EGON.id, "--from", "2026-03-01", "--to", "2026-03-05", str(path))
    out = run(capsys, "import", "ical", *argv)[1]
    assert out.endswith("periods: 4 added, 0 already known; skipped: 1 all-day, 1 outside the requested dates\n")
    rows = query(database, "SELECT started_at, start_offset FROM activity_periods ORDER BY 1")
    assert rows == [
        (at("2026-03-02T17:00:00Z"), -8 * 3600),
        (at("2026-03-03T09:00:00Z"), -8 * 3600),
        (at("2026-03-04T00:00:00Z"), 9 * 3600),
        (at("2026-03-05T00:00:00Z"), 9 * 3600),
    ]
    err = run(capsys, "import", "ical", "--user", EGON.id, "--to", "March 2026", str(path))[2]
    assert err.startswith("ftlserver: event gap: ")
    assert "does not exist in America/Los_Angeles" in err


def test_import_of_slack_marks_members_as_gone_and_adds_none(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, database: Path
) -> None:
    people = [
        {"id": "U1", "name": "a", "tz": "UTC"},
        {"id": "U2", "name": "b", "tz": None},
        {"id": "U3", "name": "c", "deleted": True},
    ]
    path = tmp_path / "users.json"
    path.write_text(json.dumps({"members": people, "response_metadata": {"next_cursor": "dXNlcjp"}}))
    status, out, err = run(capsys, "import", "slack", str(path))
    assert (status, "skipped: 1 deleted, 1 without a time zone" in out) == (0, True)
    assert err.startswith("ftlserver: the list goes on: this file has a next_cursor")
    people[0]["deleted"] = True
    path.write_text(json.dumps({"members": people}))
    before = instants.now()
    out = run(capsys, "import", "slack", str(path))[1]
    assert out.startswith("users: 0 added, 0 updated, 1 left; periods: 0 added")
    [(id_, left_at)] = query(database, "SELECT id, left_at FROM users")
    assert id_ == "U1"
    assert before <= left_at <= instants.now()
    assert "left" not in run(capsys, "import", "slack", str(path))[1]
    assert query(database, "SELECT id, left_at FROM users") == [(id_, left_at)]


def test_import_of_toggl_and_clockify_reads_the_clock_of_the_report(
    capsys: pytest.CaptureFixture[str], database: Path
) -> None:
    out = run(capsys, "import", "toggl", "--zone", "Europe/Berlin", str(DATA / "toggl-detailed.csv"))[1]
    assert out.startswith("users: 2 added, 0 updated; periods: 3 added, 0 already known; ")
    assert "skipped: 1 with zero length" in out
    assert query(database, "SELECT id, real_name, tz FROM users") == [
        ("egon@example.org", "Egon Spengler", "Europe/Berlin"),
        ("glinda@example.org", "Glinda Southgood", "Europe/Berlin"),
    ]
    run(capsys, "user", "zone", "egon@example.org", "America/New_York")
    out = run(capsys, "import", "clockify", "--zone", "UTC", str(DATA / "clockify-detailed.csv"))[1]
    assert out.startswith("users: 0 added, 0 updated; periods: 2 added, ")
    last = "SELECT started_at, session_date, start_time FROM activity_periods WHERE user_id = '{}' ORDER BY 1 DESC"
    assert query(database, last.format("egon@example.org"))[0] == (
        *(at("2026-03-13T23:30:00Z"), "2026-03-13", "19:30:00"),
    )
    assert [tz for (tz,) in query(database, "SELECT tz FROM users ORDER BY id")] == [
        "America/New_York",
        "Europe/Berlin",
    ]


def test_without_a_zone_a_report_is_of_known_users_on_their_clocks(
    capsys: pytest.CaptureFixture[str], database: Path
) -> None:
    path = str(DATA / "clockify-detailed.csv")
    assert run(capsys, "import", "clockify", path)[2] == (
        "ftlserver: line 2: glinda@example.org is not known here; add --zone ZONE, the zone of new users\n"
    )
    run(capsys, "user", "add", "glinda@example.org", "Glinda", "Asia/Kolkata")
    out = run(capsys, "import", "clockify", "--skip-bad", path)[1]
    assert out.startswith("users: 0 added, 0 updated; periods: 1 added, ")
    assert query(database, "SELECT started_at FROM activity_periods") == [(at("2026-03-02T03:30:00Z"),)]
    assert query(database, "SELECT real_name, tz FROM users") == [("Glinda", "Asia/Kolkata")]


def test_periods_of_an_alias_are_of_its_user(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, database: Path
) -> None:
    run(capsys, "user", "add", "a", "Ada", "Asia/Tokyo")
    run(capsys, "user", "add", "old", "Ada L", "UTC")
    run(capsys, "user", "merge", "old", "a")
    times = '"start_time":"2020-02-01T10:00","end_time":"2020-02-01T11:00"'
    lines = tmp_path / "lines"
    lines.write_text(f'{{"id":"old","real_name":"Ada L","tz":"UTC"}}\n{{"user_id":"old",{times}}}\n')
    assert run(capsys, "import", "ndjson", str(lines))[1].startswith("users: 0 added, 0 updated; periods: 1 added")
    lines.write_text(f'{{"user_id":"old",{times}}}\n{{"user_id":"a",{times}}}\n')
    assert run(capsys, "import", "ndjson", str(lines))[1].startswith("users: 0 added, 0 updated; periods: 0 added")
    path = tmp_path / "timew.json"
    path.write_text('[{"start":"20200201T010000Z","end":"20200201T020000Z"}]')
    assert "1 already known" in run(capsys, "import", "timewarrior", "--user", "old", str(path))[1]
    assert query(database, "SELECT id, real_name, tz FROM users") == [("a", "Ada", "Asia/Tokyo")]
    assert query(database, "SELECT user_id, started_at FROM activity_periods") == [
        ("a", at("2020-02-01T01:00:00Z"))
    ]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    path = tmp_path / "repository"
    subprocess.run(["git", "init", "-q", str(path)], check=True)
    commit = "commit refs/heads/main\nauthor Ada <Ada@x> %d %s\ncommitter C <c@x> 1 +0000\ndata 0\n\n"
    history = "".join(commit % moment for moment in [(1583139600, "+0100"), (1583146799, "+0100"), (0, "+0000")])
    subprocess.run(["git", "-C", str(path), "fast-import", "--quiet"], input=history, text=True, check=True)
    return path


def test_import_of_a_repository(capsys: pytest.CaptureFixture[str], repository: Path, database: Path) -> None:
    counts = "periods: {} added, {} already known; skipped: 1 without a usable date\n"
    out = run(capsys, "import", "git", str(repository))[1]
    assert out == "users: 1 added, 0 updated; " + counts.format(1, 0)
    assert query(database, "SELECT id, real_name, tz FROM users") == [("ada@x", "Ada", "Europe/Berlin")]
    shown = query(database, "SELECT session_date, start_time, end_time, start_offset FROM activity_periods")
    assert shown == [("2020-03-02", "09:30:00", "11:59:59", 3600)]
    assert run(capsys, "import", "git", str(repository))[1].endswith(counts.format(0, 1))
    options = ("--gap", "90m", "--lead", "45s", "--tz", "ada@x=Europe/Paris")
    assert run(capsys, "import", "git", *options, str(repository))[1].endswith(counts.format(2, 0))
    assert query(database, "SELECT tz FROM users") == [("Europe/Paris",)]
    assert (
        "ada@x: a time zone is an IANA name"
        in run(capsys, "import", "git", "--tz", "ada@x=Mars", str(repository))[2]
    )


@pytest.mark.slow
@pytest.mark.parametrize("format_", ["members", "git"])
def test_import_shows_a_progress_bar_on_a_terminal(
    tmp_path: Path, database: Path, format_: str, request: pytest.FixtureRequest
) -> None:
    file = DATA / "members.json" if format_ == "members" else request.getfixturevalue("repository")
    main_end, terminal = pty.openpty()
    command = [sys.executable, "-m", "ftlserver", "import", format_, str(file)]
    result = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=terminal, check=True, env=os.environ | {"TERM": "xterm"}
    )
    os.close(terminal)
    shown = os.read(main_end, 65536).decode()
    os.close(main_end)
    assert (b"6 added" if format_ == "members" else b"1 added") in result.stdout
    assert "reading" in shown
